"""Bundles whose blocks carry the seals of validators whose keys are known here."""

from collections.abc import Sequence
from dataclasses import replace

from eth_keys.datatypes import PrivateKey

from dataledger.contracts.identifiers import Address, address_of
from dataledger.evidence.verifier import Bundle, Consensus, rlp
from dataledger.evidence.verifier.header import FIELDS, Header
from dataledger.evidence.verifier.seals import QBFT_MIX_HASH, block_hash
from dataledger.hashing import Hash32

NO_OMMERS = bytes.fromhex("1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347")
LONDON_FIELDS = 16
VANITY = b"dataledger".ljust(32, b"\0")


def keys(count: int, *, first: int = 1) -> list[PrivateKey]:
    """Return the keys 1, 2, 3, …, in the order of their addresses."""
    made = [PrivateKey(number.to_bytes(32)) for number in range(first, first + count)]
    return sorted(made, key=lambda key: key.public_key.to_canonical_address())


def address(key: PrivateKey) -> Address:
    return address_of(key.public_key.to_canonical_address())


def with_fields(header: Header, **values: bytes) -> Header:
    """Return a header with other values, by their names in JSON-RPC."""
    names = [field.name for field in FIELDS]
    assert not values.keys() - set(names)
    return Header(
        tuple(values.get(name, value) for name, value in zip(names, header.fields, strict=False))
    )


def london(header: Header, **values: bytes) -> Header:
    """Return a header as chains without stake have it, up to the base fee."""
    fields = header.fields[:LONDON_FIELDS]
    common = {"sha3Uncles": NO_OMMERS, "mixHash": bytes(32), "nonce": bytes(8)}
    return with_fields(Header(fields), **{**common, "difficulty": b"\x01", **values})


def following(header: Header, digest: Hash32, **values: bytes) -> Header:
    """Return an unsealed header on top of one."""
    return with_fields(
        header,
        parentHash=digest,
        number=rlp.integer(header.number + 1),
        timestamp=rlp.integer(header.timestamp_unix + 1),
        stateRoot=bytes(32),
        **values,
    )


# ------------------------------------------------------------------------------------------ Clique


def clique_sealed(header: Header, key: PrivateKey, *, listed: Sequence[PrivateKey] = ()) -> Header:
    """Return the header with the seal of one signer."""
    names = b"".join(signer.public_key.to_canonical_address() for signer in listed)
    unsealed = VANITY + names
    return with_fields(header, extraData=unsealed + _seal(key, header.keccak(extra_data=unsealed)))


def as_clique(
    bundle: Bundle, validators: Sequence[PrivateKey], signers: Sequence[PrivateKey]
) -> Bundle:
    """Return the bundle of a Clique chain, whose block and followers these signers sealed."""
    headers: list[Header] = []
    header = london(bundle.header)
    for signer in signers:
        if headers:
            header = following(headers[-1], headers[-1].keccak())
        turn = validators[header.number % len(validators)]
        difficulty = b"\x02" if turn == signer else b"\x01"
        headers.append(clique_sealed(with_fields(header, difficulty=difficulty), signer))
    return with_headers(bundle, Consensus.CLIQUE, headers)


# -------------------------------------------------------------------------------------------- QBFT


def qbft_sealed(
    header: Header,
    validators: Sequence[PrivateKey],
    signers: Sequence[PrivateKey],
    *,
    number: int = 0,
    seal_number: int | None = None,
) -> Header:
    """Return the header with the seals of these signers, of round `number`."""
    names: list[rlp.Item] = [key.public_key.to_canonical_address() for key in validators]
    of_round = number if seal_number is None else seal_number
    signed: list[rlp.Item] = [VANITY, names, [], rlp.integer(of_round), []]
    header = with_fields(header, mixHash=QBFT_MIX_HASH)
    digest = header.keccak(extra_data=rlp.encode(signed))
    seals: list[rlp.Item] = [_seal(signer, digest) for signer in signers]
    extra: list[rlp.Item] = [VANITY, names, [], rlp.integer(number), seals]
    return with_fields(header, extraData=rlp.encode(extra))


def as_qbft(
    bundle: Bundle,
    validators: Sequence[PrivateKey],
    signers: Sequence[PrivateKey],
    *,
    number: int = 0,
    seal_number: int | None = None,
) -> Bundle:
    """Return the bundle of a QBFT chain, whose block these signers sealed."""
    header = qbft_sealed(
        london(bundle.header, mixHash=QBFT_MIX_HASH),
        validators,
        signers,
        number=number,
        seal_number=seal_number,
    )
    return with_headers(bundle, Consensus.QBFT, [header])


def with_headers(bundle: Bundle, consensus: Consensus, headers: Sequence[Header]) -> Bundle:
    """Return the bundle with other headers."""
    written = tuple(header.to_bytes() for header in headers)
    return replace(bundle, consensus=consensus, headers=written)


def hash_of(bundle: Bundle, index: int = 0) -> Hash32:
    """Return the hash of one of a bundle's blocks."""
    return block_hash(Header.parse(bundle.headers[index]), bundle.consensus)


def _seal(key: PrivateKey, digest: Hash32) -> bytes:
    return bytes(key.sign_msg_hash(digest).to_bytes())
