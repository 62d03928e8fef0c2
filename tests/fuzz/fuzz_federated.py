"""Questions to several owners, and offers of nodes: what is accepted is written again."""

import io
from collections.abc import Iterator
from random import Random

import queries
from fuzzing import accepted, mutate_json

from dataledger.chain.signer import Signer
from dataledger.contracts.identifiers import Address, GrantId, RunId
from dataledger.hashing import Digest, Hash32, canonical_bytes, parse_canonical
from dataledger.node.federated import (
    MIN_PARTIES,
    Offer,
    SignedOffer,
    federated_query,
    parse_federated_query,
    parties_of,
)
from dataledger.node.federated.frames import read_frame, write_frame
from dataledger.node.queries import to_json

_CONTRACT = Address("0x5FbDB2315678afecb367f032d93F642f64180aa3")
_GRANTS = [GrantId(Hash32(bytes([number]) * 32)) for number in range(1, 5)]
_HOSTS = ["localhost", "node-1.acme.example", "::1", "192.0.2.7"]


def check(data: bytes) -> None:
    parties = accepted(parties_of, data)
    work = accepted(parse_federated_query, data)
    if work is not None:
        assert work.parties == parties
        assert len(set(work.parties)) >= MIN_PARTIES
        again = federated_query(work.parties, canonical_bytes(to_json(work.query.query)))
        assert parse_federated_query(again).query.query == work.query.query
    value = accepted(parse_canonical, data)
    if value is not None:
        signed = accepted(SignedOffer.from_json, value)
        if signed is not None:
            assert canonical_bytes(signed.to_json()) == data
            signed.offer.typed_data(1, _CONTRACT).check()
    stream = io.BytesIO(data)
    message = accepted(read_frame, stream)
    if message is not None:
        written = io.BytesIO()
        write_frame(written, message)
        assert data.startswith(written.getvalue())


def seeds() -> Iterator[bytes]:
    signer = Signer(bytes([7]) * 32)
    mean = queries.bounded("mean")
    for count in (3, 4):
        for members in ({}, {"cost": {"rho": "0.5"}}, {"where": [{"column": "age", "from": "18"}]}):
            query = canonical_bytes(queries.document(mean, **members))
            yield federated_query(_GRANTS[:count], query)
    for port, host in enumerate(_HOSTS, 1):
        document = Digest.of(host.encode())
        run = RunId(document.value)
        offer = Offer(_GRANTS[0], run, document, host, port, b"DER of " + host.encode(), 2**40)
        signed = SignedOffer.sign(offer, signer, 31_337, _CONTRACT)
        yield canonical_bytes(signed.to_json())
        stream = io.BytesIO()
        write_frame(stream, signed.to_json())
        yield stream.getvalue()


def mutate(data: bytes, random: Random) -> bytes:
    if data.startswith(b"{"):
        return mutate_json(data, random)
    at = random.randrange(len(data))
    return data[:at] + bytes([random.randrange(256)]) + data[at + random.randrange(3) :]
