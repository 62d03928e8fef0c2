"""A store that speaks S3, on this machine alone."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from moto.server import ThreadedMotoServer

KEY_ID = "AKIAEXAMPLEEXAMPLE"
SECRET = "secret/of+the=store"  # noqa: S105 - nobody else's
BUCKET = "data"

Environ = dict[str, Any]
Answer = tuple[str, bytes]
"""A status line, and a body."""


class Store:
    """The store, and what goes on before it answers."""

    def __init__(self, server: "ThreadedMotoServer") -> None:
        inner: Any = server._server
        host, port = server.get_host_and_port()
        self.endpoint = f"http://{host}:{port}"
        self._moto = inner.app
        inner.app = self._answer
        self.client: Any = None
        self.on_request: Callable[[Environ], Answer | None] = lambda _environ: None
        """Called with each request; its answer, if any, takes the place of the store's."""

    def put(self, key: str, content: bytes) -> None:
        """Write an object. Its key may be whatever S3 allows, which is more than paths may be."""
        self.client.put_object(Bucket=BUCKET, Key=key, Body=content)

    def delete(self, key: str) -> None:
        """Remove an object."""
        self.client.delete_object(Bucket=BUCKET, Key=key)

    def reset(self) -> None:
        """Begin anew, with one empty bucket."""
        from moto.s3.models import s3_backends

        s3_backends.reset()
        self.on_request = lambda _environ: None
        self.client.create_bucket(Bucket=BUCKET)

    def _answer(self, environ: Environ, start_response: Any) -> Any:
        answer = self.on_request(environ)
        if answer is None:
            return self._moto(environ, start_response)
        status, body = answer
        start_response(status, [("Content-Length", str(len(body)))])
        return [body]
