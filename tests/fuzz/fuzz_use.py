"""Documents about the use of data: what is accepted is written again as the same bytes."""

from collections.abc import Iterator
from dataclasses import replace
from random import Random

from fuzzing import accepted, mutate_json
from uses import COST, MACHINE, QUERY, document

from dataledger.contracts.identifiers import (
    Commitment,
    DatasetId,
    GrantId,
    ProjectId,
    RunId,
    address_of,
)
from dataledger.contracts.use_types import Input, Outcome, Receipt
from dataledger.hashing import Digest, Hash32
from dataledger.ledger.environment import Environment
from dataledger.ledger.project_document import ProjectDocument
from dataledger.ledger.purposes import purpose
from dataledger.ledger.receipts import UnsignedReceipt
from dataledger.ledger.use_policy import UsePolicy

_WORD = Hash32(b"\x02" * 32)


_WRITTEN: tuple[type[ProjectDocument | UsePolicy], ...] = (ProjectDocument, UsePolicy)
_KEPT: tuple[type[ProjectDocument | UsePolicy | Environment | UnsignedReceipt], ...] = (
    *_WRITTEN,
    Environment,
    UnsignedReceipt,
)


def check(data: bytes) -> None:
    for kind in _KEPT:
        kept = accepted(kind.parse, data)
        if kept is not None:
            assert kept.to_bytes() == data
            assert kind.parse(data) == kept
        if isinstance(kept, UnsignedReceipt):
            kept.typed_data().check()
    for written in _WRITTEN:
        read = accepted(written.read, data)
        if read is not None:
            assert written.parse(read.to_bytes()) == read
            assert read.digest == Digest.of(read.to_bytes())


def seeds() -> Iterator[bytes]:
    yield replace(document(), description="Two\nlines", reference="17").to_bytes()
    yield replace(MACHINE, image=Digest.of(b"image")).to_bytes()
    dataset, grant = DatasetId(_WORD), GrantId(_WORD)
    yield UsePolicy.request(ProjectId(_WORD), dataset, purpose(0), applicant="a").to_bytes()
    yield UsePolicy.agreement(
        *(grant, dataset, purpose(0)), owner="a", applicant="b", valid_until_unix=1
    ).to_bytes()
    receipt = Receipt(
        grant=grant,
        run=RunId(_WORD),
        code=QUERY,
        environment=MACHINE.digest,
        inputs=(Input(dataset, 1, Commitment(_WORD)),),
        output=QUERY,
        spent=COST,
        outcome=Outcome.RELEASED,
    )
    yield UnsignedReceipt(31337, address_of(b"\x01" * 20), receipt).to_bytes()


def mutate(data: bytes, random: Random) -> bytes:
    return mutate_json(data, random)
