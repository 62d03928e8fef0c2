"""What travels between nodes and their clients, and the configuration: read, and written again."""

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random

from consortium import new_signer
from fuzzing import Scratch, accepted, mutate_json

from dataledger.contracts.identifiers import GrantId, OrgId, RunId
from dataledger.contracts.use_types import Cost, Outcome, Receipt
from dataledger.errors import NodeRefused
from dataledger.hashing import Digest, Hash32, canonical_bytes
from dataledger.ledger import DatasetId, UnsignedReceipt
from dataledger.node.answers import (
    AnswerDocument,
    Asked,
    NodeInfo,
    joined_bytes,
    parse_joined,
    parse_start,
    start_bytes,
)
from dataledger.node.config import NodeConfig
from dataledger.node.holdings import HeldDataset
from dataledger.node.kinds import parse_any_work
from dataledger.node.problems import Problem, error_in
from dataledger.node.requests import NodeRequest, SignedRequest
from dataledger.node.starter import starter

MOST_BYTES = 1024 * 1024
CONFIGURATION = Scratch("node.toml")


def check(data: bytes) -> None:
    asked = accepted(lambda body: Asked.parse(body, max_bytes=MOST_BYTES), data)
    if asked is not None:
        assert Asked.parse(asked.to_bytes(), max_bytes=2 * MOST_BYTES) == asked
        accepted(asked.signed.check, 1, asked.signed.by)
        accepted(parse_any_work, asked.document)
        accepted(parse_start, asked.document)
    answer = accepted(AnswerDocument.parse, data)
    if answer is not None:
        assert AnswerDocument.parse(answer.to_bytes()) == answer
    info = accepted(NodeInfo.parse, data)
    if info is not None:
        assert NodeInfo.parse(info.to_bytes()) == info
    offer = accepted(parse_joined, data)
    if offer is not None:
        assert parse_joined(joined_bytes(offer)) == offer
    told = error_in(403, data, "https://node.example")
    assert str(told).isprintable()
    assert told.remedy.isprintable()
    accepted(NodeConfig.load, Path(CONFIGURATION.write(data)))


def seeds() -> Iterator[bytes]:
    signer, grant, run = new_signer(), GrantId(Hash32(bytes(32))), RunId(Hash32(bytes(32)))
    query = {"format": "dataledger/query/1"}
    for document in (b"", canonical_bytes(query), start_bytes([{"port": 1}])):
        request = NodeRequest.new("run", grant, run, document, now_unix=1_790_000_000)
        yield Asked(SignedRequest.sign(request, signer, 1, signer.address), document).to_bytes()
    receipt = Receipt(
        *(grant, run, Digest.of(b"c"), Digest.of(b"e"), (), Digest.of(b"a"), Cost(1)),
        Outcome.RELEASED,
    )
    unsigned = UnsignedReceipt(1, signer.address, receipt)
    yield AnswerDocument(b"a", "application/json", unsigned, "0x" + "00" * 32).to_bytes()
    held = HeldDataset(DatasetId(Hash32(bytes(32))), "acme/roads", (1,))
    yield NodeInfo(
        *(OrgId(2), "acme", signer.address, 1, signer.address, (held,), ("dataledger/query/1",)),
        *(1024, 300, 1_790_000_000),
    ).to_bytes()
    yield joined_bytes({"host": "node.example", "port": 1})
    yield Problem.of(NodeRefused("No.", remedy="Ask.", reason="replayed")).to_bytes()
    yield starter(
        account="owner", listen="127.0.0.1:0", profile=None, datasets=[("acme/roads", "/data")]
    ).encode()


def mutate(data: bytes, random: Random) -> bytes:
    try:
        json.loads(data)
    except ValueError:
        at = random.randrange(len(data) + 1)
        return data[:at] + random.randbytes(random.randrange(4)) + data[at + random.randrange(4) :]
    return mutate_json(data, random)
