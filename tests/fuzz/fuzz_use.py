"""Documents about the use of data: what is accepted is written again as the same bytes."""

from collections.abc import Callable, Iterator
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


_ByHand = ProjectDocument | UsePolicy
_Document = _ByHand | Environment | UnsignedReceipt
_BY_HAND: tuple[Callable[[bytes], _ByHand], ...] = (ProjectDocument.read, UsePolicy.read)
_AS_KEPT: tuple[Callable[[bytes], _Document], ...] = (
    ProjectDocument.parse,
    UsePolicy.parse,
    Environment.parse,
    UnsignedReceipt.parse,
)


def check(data: bytes) -> None:
    for parse in _AS_KEPT:
        kept = accepted(parse, data)
        if kept is not None:
            assert kept.to_bytes() == data
            assert parse(data) == kept
        if isinstance(kept, UnsignedReceipt):
            kept.typed_data().check()
    for read in _BY_HAND:
        written = accepted(read, data)
        if written is not None:
            assert type(written).parse(written.to_bytes()) == written
            assert written.digest == Digest.of(written.to_bytes())


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
