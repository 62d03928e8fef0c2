"""Activity records: what is accepted is written again as the same bytes."""

from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random

from fuzzing import accepted, mutate_json

from dataledger.contracts.identifiers import DatasetId, Slug, address_of
from dataledger.hashing import Digest, Hash32
from dataledger.ledger.activity import Activity, Agent, Content, Tool

_MOMENT = datetime(2026, 1, 31, 11, 0, 0, 1, UTC)
_CONTENT = Content(
    content_root=Digest.of(b"root"),
    manifest_digest=Digest.of(b"manifest"),
    dataset=DatasetId(Hash32(b"\x02" * 32)),
    version=1,
)


def check(data: bytes) -> None:
    activity = accepted(Activity.parse, data)
    if activity is not None:
        assert activity.to_bytes() == data
        assert Activity.parse(data) == activity
        assert activity.evidence == Digest.of(data)
        assert activity.started_at <= activity.ended_at


def seeds() -> Iterator[bytes]:
    agents = (Agent(Slug("acme"), address_of(b"\x01" * 20), "OPERATOR"),)
    full = Activity(
        type="clean",
        tool=Tool("clean.py", "1.2", Digest.of(b"code")),
        agents=agents,
        started_at=_MOMENT,
        ended_at=_MOMENT.replace(microsecond=0, hour=12),
        inputs=(_CONTENT,),
        outputs=(_CONTENT, Content(Digest.of(b"a"), Digest.of(b"b"))),
        parameters={"drop": ["email"], "ratio": 0.5, "nested": {"deep": None}},
    )
    yield full.to_bytes()
    yield Activity("x", Tool("t", "1"), agents, _MOMENT, _MOMENT).to_bytes()


def mutate(data: bytes, random: Random) -> bytes:
    return mutate_json(data, random)
