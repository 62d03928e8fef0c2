"""URLs that name data: no credential in one is ever shown."""

from collections.abc import Callable, Iterator
from random import Random
from urllib.parse import unquote

from fuzzing import accepted

from dataledger.errors import InvalidArgument
from dataledger.manifest.locations.urls import (
    is_location,
    local_path,
    name_in_url,
    scheme_of,
    shown_location,
)

SECRET = "S3cr3t"  # noqa: S105


def check(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    shown = shown_location(text)
    assert shown.isprintable()
    scheme = accepted(scheme_of, text)
    assert is_location(text) or scheme is None
    if not is_location(text):
        return
    assert scheme is None or (scheme == scheme.lower() and "::" not in text)
    path = accepted(local_path, text)
    assert path is None or path.startswith("/")
    name = name_in_url(text)
    assert unquote(text).endswith(name) or "?" in text or "#" in text
    _check_secrets(text)


def _check_secrets(text: str) -> None:
    """Put a secret wherever a credential can stand; whatever is around it, it must not show."""
    scheme, _, rest = text.partition("://")
    rest = rest.replace(SECRET, "")
    # Where several are, none but the first can be known to end the password.
    before = rest.replace("@", "")
    for url in (
        f"{scheme}://user:{SECRET}@{rest}",
        f"{scheme}://{SECRET}@{rest}",
        f"{scheme}://user:{SECRET}{before}@host/path",
        f"{scheme}://user:{before}{SECRET}@host/path",
        f"{scheme}://{rest}?key={SECRET}",
        f"{scheme}://host/{rest}?{SECRET}",
        f"{scheme}://{rest}#{SECRET}",
    ):
        assert SECRET not in shown_location(url), url
        for function in (scheme_of, local_path):
            assert SECRET not in _refusal(function, url), url


def _refusal(function: Callable[[str], str], url: str) -> str:
    try:
        function(url)
    except InvalidArgument as error:
        return f"{error} {error.remedy}"
    return ""


def seeds() -> Iterator[bytes]:
    yield from (
        b"s3://bucket/folder", b"https://user:pass@host:8080/a/b.csv?sig=x#y", b"file:///a/b%20c",
        b"file://localhost/a", b"file://other/a", b"memory://x", b"a/b", b"", b"S3://B/\xff",
        b"zip://x::s3://b", b"C://x", b"s3://a@b@c/d@e", b"http://[::1]:80/x", b"s3://\n", b"a://",
        b"http://h/a%2fb", b"s3://b/k?versionId=1",
    )  # fmt: skip


def mutate(data: bytes, random: Random) -> bytes:
    changed = bytearray(data)
    at = random.randrange(len(changed) + 1)
    marks = (b"@", b":", b"/", b"//", b"?", b"#", b"::", b"://", b"%2f", b"%00", b"\n", b"[", b"\\")
    changed[at : at + random.randrange(3)] = random.choice(marks)
    return bytes(changed)
