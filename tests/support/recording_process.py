"""The process in which a node meets others, which keeps what it says and hears within TLS.

python recording_process.py FOLDER
"""

import sys
from pathlib import Path
from typing import Any

FOLDER = Path(sys.argv[1])
sys.argv = ["dataledger", "--no-log", "--no-uvloop"]

from dataledger.node.federated import links, process  # noqa: E402 - MPyC reads the arguments


class RecordingTransport:
    """A transport that keeps what is written to it."""

    def __init__(self, transport: Any, file: Path) -> None:
        self._transport = transport
        self._file = file

    def write(self, data: bytes) -> None:
        with self._file.open("ab") as file:
            file.write(data)
        self._transport.write(data)

    def writelines(self, parts: list[bytes]) -> None:
        self.write(b"".join(parts))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class RecordingLink(links.Link):
    """A connection that keeps both directions."""

    def connection_made(self, transport: Any) -> None:
        own = self._circle.identity.index
        shown = transport.get_extra_info("ssl_object").getpeercert(binary_form=True)
        other = [p.certificate for p in self._circle.parties].index(shown)
        self.heard = FOLDER / f"{own}-hears-{other}"
        super().connection_made(RecordingTransport(transport, FOLDER / f"{own}-tells-{other}"))

    def data_received(self, data: bytes) -> None:
        with self.heard.open("ab") as file:
            file.write(data)
        super().data_received(data)


links.Link = RecordingLink  # type: ignore[misc]
process.main()
