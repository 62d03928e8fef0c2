"""The process in which a node meets others: `python -m dataledger.node.federated.process`.

It is told everything over standard input, and answers over standard output, in frames:

    {"certificate": …, "index": 1, "key": …, "listener": 5, "parties": […], "passphrase": …,
     "seconds": 120}                                         → {"met": 3}
    {"add": ["12", "-5", …]}                                 → {"sum": ["40", "7", …]}
    (end of input)                                           → (end)

or `{"detail": "", "failed": "party 2 left"}`, and the end: the detail is for the node's own log. Of
the node's data it is given what is to be added: vectors that carry their noise already. It is over
after `seconds`, whatever happens.
"""

import base64
import os
import resource
import signal
import socket
import sys
from typing import IO, TYPE_CHECKING

from dataledger.hashing import JsonValue, members, natural, string
from dataledger.node.federated.frames import read_frame, write_frame

if TYPE_CHECKING:
    from dataledger.node.federated.links import Identity, Party

_SETUP = ("certificate", "index", "key", "listener", "parties", "passphrase", "seconds")


def main() -> None:
    """Do one computation."""
    frames_in, frames_out = _own_streams()
    # What MPyC reads when it is imported: neither its words, nor another loop than Python's.
    sys.argv = ["dataledger", "--no-log", "--no-uvloop"]
    setup = members(read_frame(frames_in), *_SETUP)
    # What shares there are in memory must not come to lie on a disk.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    seconds = natural(setup["seconds"])
    signal.alarm(seconds)
    from dataledger.node.federated.links import BrokenOff
    from dataledger.node.federated.session import MEET_SECONDS, Session

    identity, parties = _identity(setup), _parties(setup["parties"])
    session = Session(identity, parties)
    try:
        with socket.socket(fileno=natural(setup["listener"])) as listener:
            session.meet(listener, seconds=min(MEET_SECONDS, seconds / 2))
        write_frame(frames_out, {"met": len(parties)})
        while (message := session.attend(lambda: read_frame(frames_in))) is not None:
            values = members(message, "add")["add"]
            totals = session.add([int(string(value)) for value in _list(values)])
            write_frame(frames_out, {"sum": [str(total) for total in totals]})
    except BrokenOff as error:
        write_frame(frames_out, {"detail": error.detail, "failed": str(error)})
    session.leave()


def _own_streams() -> tuple[IO[bytes], IO[bytes]]:
    """Return input and output for frames alone: whatever prints, prints somewhere else."""
    frames_in = os.fdopen(os.dup(0), "rb")
    frames_out = os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    return frames_in, frames_out


def _identity(setup: dict[str, JsonValue]) -> "Identity":
    from dataledger.node.federated.links import Identity

    return Identity(
        index=natural(setup["index"]),
        certificate=base64.b64decode(string(setup["certificate"])),
        key_pem=string(setup["key"]),
        passphrase=string(setup["passphrase"]),
    )


def _parties(value: JsonValue) -> list["Party"]:
    from dataledger.node.federated.links import Party

    found = []
    for item in _list(value):
        party = members(item, "certificate", "host", "port")
        certificate = base64.b64decode(string(party["certificate"]))
        found.append(Party(string(party["host"]), natural(party["port"]), certificate))
    return found


def _list(value: JsonValue) -> list[JsonValue]:
    if not isinstance(value, list):
        raise TypeError("an array belongs here")
    return value


if __name__ == "__main__":
    main()
