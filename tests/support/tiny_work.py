"""Work for tests of the node itself: it counts a file's lines, without noise, for a price."""

import time
from dataclasses import dataclass

from dataledger.contracts.use_types import NO_COST, Composition, Cost
from dataledger.errors import AnswerWithheld, QueryError, UsageError
from dataledger.hashing import (
    Digest,
    canonical_bytes,
    members,
    natural,
    parse_canonical,
    string,
)
from dataledger.node.kinds import KINDS, Kind
from dataledger.node.work import Answer, Holding

FORMAT = "dataledger/tiny/1"


def tiny(
    micro: int = 100_000, *, file: str = "people.csv", millis: int = 0, then: str = ""
) -> bytes:
    """Return a document. `then` is `fail`, `break` or nothing: how it ends."""
    return canonical_bytes(
        {"file": file, "format": FORMAT, "micro": micro, "millis": millis, "then": then}
    )


@dataclass(frozen=True, slots=True)
class TinyWork:
    """Counts lines. `micro` of 0 asks for what cannot be bounded."""

    code: Digest
    file: str
    micro: int
    millis: int
    then: str
    kind: str = "tiny"
    is_declared: bool = True
    purposes: frozenset[int] | None = frozenset({0, 3})
    packages: tuple[str, ...] = ()
    isolation: str = "none"

    def cost(self, composition: Composition) -> Cost:
        """Return its price."""
        if self.micro == 0:
            raise QueryError("What one person changes is not bounded.", remedy="Bound it.")
        return NO_COST if composition is Composition.NONE else Cost(self.micro)

    def check(self, holding: Holding) -> None:
        """Return only if the manifest has the file."""
        if self.file not in {entry.path for entry in holding.manifest.entries}:
            raise QueryError("There is no such file.", remedy="Name one of the manifest's.")

    def compute(self, holding: Holding) -> Answer:
        """Count."""
        time.sleep(self.millis / 1000)
        lines = (holding.folder / self.file).read_bytes().count(b"\n")
        if self.then == "fail":
            raise AnswerWithheld("It must not leave.", remedy="Nothing.")
        if self.then == "break":
            raise RuntimeError(f"{holding.folder} has {lines} lines")
        return Answer(canonical_bytes({"lines": lines}))


def parse_tiny(document: bytes) -> TinyWork:
    """Return the work that a document describes."""
    try:
        body = members(parse_canonical(document), "file", "format", "micro", "millis", "then")
        return TinyWork(
            code=Digest.of(document),
            file=string(body["file"]),
            micro=natural(body["micro"]),
            millis=natural(body["millis"]),
            then=string(body["then"]),
        )
    except UsageError as error:
        raise QueryError(str(error), remedy="Use `tiny`.") from error


def register() -> None:
    """Let this process know the format."""
    KINDS[FORMAT] = Kind("tiny_work:parse_tiny")
