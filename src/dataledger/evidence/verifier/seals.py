"""Seals of validators in block headers, and the hash that each consensus gives a block."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from dataledger.contracts.identifiers import Address, address_of, keccak256
from dataledger.evidence.verifier import rlp
from dataledger.evidence.verifier.header import Header
from dataledger.evidence.verifier.pins import Consensus, ValidatorSet
from dataledger.evidence.verifier.refusal import refused
from dataledger.hashing import Hash32

VANITY_BYTES = 32
SEAL_BYTES = 65
ADDRESS_BYTES = 20
QBFT_MIX_HASH = b"ctical byzantine fault tolerance"
"""In every header of the family of IBFT."""

_NO_OMMERS = keccak256(b"\xc0")
_NO_MIX_HASH = bytes(32)
_CLIQUE_NONCES = (bytes(8), b"\xff" * 8)
_IN_TURN, _OUT_OF_TURN = 2, 1
_ADD_VOTE = b"\xff"


def block_hash(header: Header, consensus: Consensus) -> Hash32:
    """Return the hash by which the chain knows the block.

    Raises:
        ProofInvalid: the header is not of that consensus.
    """
    if consensus is Consensus.QBFT and header.number:
        return header.keccak(extra_data=QbftExtraData.of(header).without_seals(0))
    return header.keccak()


# ------------------------------------------------------------------------------------------ Clique


def clique_signer(header: Header) -> Address:
    """Return who sealed a block of a Clique chain (EIP-225).

    Raises:
        ProofInvalid: the header is none of such a chain.
    """
    extra, difficulty = header.extra_data, header.integer_of("difficulty")
    if len(extra) < VANITY_BYTES + SEAL_BYTES or difficulty not in {_IN_TURN, _OUT_OF_TURN}:
        raise refused(f"The header of block {header.number} is not that of a Clique chain.")
    fixed = [header.bytes_of(name) for name in ("sha3Uncles", "mixHash")]
    if fixed != [_NO_OMMERS, _NO_MIX_HASH] or header.bytes_of("nonce") not in _CLIQUE_NONCES:
        raise refused(f"The header of block {header.number} is not that of a Clique chain.")
    return _signer(header.keccak(extra_data=extra[:-SEAL_BYTES]), extra[-SEAL_BYTES:])


def _check_clique(headers: Sequence[Header], validators: ValidatorSet) -> list[Address]:
    listed = b"".join(bytes.fromhex(address[2:]) for address in validators.addresses)
    pause = len(validators.addresses) // 2
    signers: list[Address] = []
    for header in headers:
        signer = clique_signer(header)
        _check_member(header, signer, validators)
        turn = validators.addresses[header.number % len(validators.addresses)]
        if (header.integer_of("difficulty") == _IN_TURN) != (signer == turn):
            raise refused(f"The difficulty of block {header.number} is not that of its signer.")
        if pause and signer in signers[-pause:]:
            raise refused(f"{signer} sealed block {header.number} too soon after another one.")
        names = header.extra_data[VANITY_BYTES:-SEAL_BYTES]
        if names not in {b"", listed}:
            raise refused(f"Block {header.number} lists other validators than the pinned ones.")
        signers.append(signer)
    return signers


# -------------------------------------------------------------------------------------------- QBFT


@dataclass(frozen=True, slots=True)
class QbftExtraData:
    """The extra data of a QBFT header: [vanity, validators, vote, round, seals]."""

    vanity: bytes
    validators: tuple[bytes, ...]
    """Empty where a contract names the validators."""
    vote: list[rlp.Item]
    round: int
    seals: tuple[bytes, ...]

    @classmethod
    def of(cls, header: Header) -> Self:
        """Read a header's extra data. Raises `ProofInvalid` where it is of another form."""
        problem = refused(f"The header of block {header.number} is not that of a QBFT chain.")
        if header.bytes_of("mixHash") != QBFT_MIX_HASH:
            raise problem
        match rlp.decode(header.extra_data):
            case [bytes(vanity), list(validators), list(vote), bytes(number), list(seals)]:
                pass
            case _:
                raise problem
        names = tuple(name for name in validators if isinstance(name, bytes))
        signatures = tuple(seal for seal in seals if isinstance(seal, bytes))
        if (
            len(vanity) != VANITY_BYTES
            or [len(name) for name in names] != [ADDRESS_BYTES] * len(validators)
            or [len(seal) for seal in signatures] != [SEAL_BYTES] * len(seals)
            or not _is_vote(vote)
        ):
            raise problem
        return cls(vanity, names, vote, rlp.to_integer(number), signatures)

    def without_seals(self, number: int) -> bytes:
        """Return the extra data with this round's number and no seals."""
        validators: list[rlp.Item] = list(self.validators)
        return rlp.encode([self.vanity, validators, self.vote, rlp.integer(number), []])


def _is_vote(vote: list[rlp.Item]) -> bool:
    match vote:
        case []:
            return True
        case [bytes(recipient), bytes(kind)]:
            return len(recipient) == ADDRESS_BYTES and kind in {b"", _ADD_VOTE}
    return False


def own_validators(header: Header) -> ValidatorSet | None:
    """Return the validators that a QBFT header lists itself; None where it lists none.

    Raises:
        ProofInvalid: the header is none of such a chain, or lists one twice.
    """
    listed = [address_of(name) for name in QbftExtraData.of(header).validators]
    if len(set(listed)) < len(listed):
        raise refused(f"Block {header.number} lists a validator twice.")
    return ValidatorSet(Consensus.QBFT, tuple(listed)) if listed else None


def qbft_signers(header: Header) -> list[Address]:
    """Return who sealed a block of a QBFT chain. Raises `ProofInvalid` where it is none."""
    extra = QbftExtraData.of(header)
    signed = header.keccak(extra_data=extra.without_seals(extra.round))
    return [_signer(signed, seal) for seal in extra.seals]


def _check_qbft(headers: Sequence[Header], validators: ValidatorSet) -> list[Address]:
    for header in headers:
        own = own_validators(header)
        if own is not None and own.addresses != validators.addresses:
            raise refused(f"Block {header.number} lists other validators than the pinned ones.")
        # Before they are recovered, which takes its time: a header has room for a thousand.
        if (found := len(QbftExtraData.of(header).seals)) > len(validators.addresses):
            raise refused(f"Block {header.number} has {found} seals, more than validators.")
        signers = qbft_signers(header)
        for signer in signers:
            _check_member(header, signer, validators)
        if len(set(signers)) < len(signers):
            raise refused(f"A validator sealed block {header.number} twice.")
        _check_quorum(f"block {header.number}", signers, validators)
    return qbft_signers(headers[0])


# ------------------------------------------------------------------------------------------ either


def check_seals(headers: Sequence[Header], validators: ValidatorSet) -> tuple[Address, ...]:
    """Return the validators that sealed the first header, or what follows it on a Clique chain.

    Raises:
        ProofInvalid: one seal is by somebody else, breaks the rules of the consensus, or there are
            fewer distinct validators than needed.
    """
    if validators.consensus is Consensus.QBFT:
        return tuple(_check_qbft(headers, validators))
    signers = tuple(dict.fromkeys(_check_clique(headers, validators)))
    last = headers[-1].number
    _check_quorum(f"the blocks {headers[0].number} to {last}", signers, validators)
    return signers


def _check_member(header: Header, signer: Address, validators: ValidatorSet) -> None:
    if signer not in validators.addresses:
        raise refused(f"Block {header.number} is sealed by {signer}, who is no pinned validator.")


def _check_quorum(what: str, signers: Sequence[Address], validators: ValidatorSet) -> None:
    if len(signers) < validators.needed:
        raise refused(
            f"{len(signers)} of {len(validators.addresses)} validators sealed {what}, and "
            f"{validators.needed} are needed."
        )


def _signer(digest: Hash32, seal: bytes) -> Address:
    from eth_keys.datatypes import Signature
    from eth_keys.exceptions import BadSignature
    from eth_utils.exceptions import ValidationError

    try:
        signature = Signature(signature_bytes=seal)
        key = signature.recover_public_key_from_msg_hash(digest)
    except (BadSignature, ValidationError) as error:
        raise refused("A seal is no signature.") from error
    return address_of(key.to_canonical_address())
