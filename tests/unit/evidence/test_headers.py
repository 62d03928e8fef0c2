"""Headers and their seals: those of public networks, and those of keys that are known here."""

from dataclasses import replace
from typing import Any

import pytest
from recorded_bundle import RecordedBundle
from sealing import address, as_clique, as_qbft, hash_of, keys, london, qbft_sealed, with_fields

from dataledger.contracts.identifiers import keccak256
from dataledger.errors import EvidenceError, InvalidArgument, NodeError, ProofInvalid
from dataledger.evidence.node_headers import consensus_of, header_of
from dataledger.evidence.verifier import Consensus, Pins, ValidatorSet, rlp
from dataledger.evidence.verifier.header import FIELDS, Header
from dataledger.evidence.verifier.seals import (
    QBFT_MIX_HASH,
    QbftExtraData,
    block_hash,
    check_seals,
    clique_signer,
    own_validators,
    qbft_signers,
)

EMPTY_ROOT = "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"
NO_OMMERS = "0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347"

# Block 30,000 of Rinkeby, a checkpoint, as geth's console gave it.
RINKEBY: dict[str, Any] = {
    "difficulty": "0x2",
    "extraData": "0xd783010600846765746887676f312e372e33856c696e757800000000000000"
    "0042eb768f2244c8811c63729a21a3569731535f067ffc57839b00206d1ad20c69a1981b489f772031"
    "b279182d99e65703f0076e4812653aab85fca0f0c5bc40d0535af16266714ccb26fc49448c10bdf296"
    "9411514707d7442956b3397b09a980f4bea9347f70eea52183326247a0239b6d01fa0b07afc44e8a05"
    "463301",
    "gasLimit": hex(4_712_388),
    "gasUsed": "0x0",
    "logsBloom": "0x" + "00" * 256,
    "miner": "0x" + "00" * 20,
    "mixHash": "0x" + "00" * 32,
    "nonce": "0x" + "00" * 8,
    "number": hex(30_000),
    "parentHash": "0xff570bb9893cb9bac64e346419fb9ad51e203c1cf6da5cfcc0c0dff3351b454b",
    "receiptsRoot": EMPTY_ROOT,
    "sha3Uncles": NO_OMMERS,
    "stateRoot": "0x829b58faacea7b0aa625617ba90c93e08150bed160364a7a96505e8205043d34",
    "timestamp": hex(1_492_460_444),
    "transactionsRoot": EMPTY_ROOT,
}
RINKEBY_HASH = bytes.fromhex("8b27a29300811af926039b90288d3d384dcb55931049c17c4f762e45c116776e")
RINKEBY_SIGNERS = (
    "0x42EB768f2244C8811C63729A21A3569731535f06",
    "0x7ffC57839B00206D1ad20c69A1981b489f772031",
    "0xB279182D99E65703F0076E4812653aaB85FCA0f0",
)


# A block that Besu made on a chain of four validators, in the second round (number 1), as
# https://github.com/datachainlab/besu-qbft-elc has it in its tests, with the hash that was sealed.
BESU_SEALS = (
    (
        "bc7633fd65570f610a595086e9a34e5bf6aacfb67b8f8cd01852e6b285147f04"
        "6a50577b49378b86723ac9b456ef59ef7ab57cda7139d807f10f58e8cb10c67600"
    ),
    (
        "ad1defc2b0b4a48158cff24778bb5ba4d9f373c171022ab0a42e37bdb0d40257"
        "18434d303a8d94df56ef9ad5219be9f27b2f67179a7fb82d3323dde29546f9f701"
    ),
    (
        "e233d3670dd97c715f72b440eeb1ccb1e22c8c23f6ab470c46c99c2d0ee6509f"
        "0341a42e0e4569782557e93c3815e8ca4294043595f69a90f73f135de8ecf41e00"
    ),
)
BESU_VALIDATORS = (
    "0x647bfdd19655e51e69d35454ff3a92f8828e6302",
    "0xa5c8416b9d13417b45b45ada76408f39d1e504ef",
    "0xb92e91f4dcc9d28503be521afa2a8fbf3c1acf60",
    "0xee3353e587cfa91625a1adaef308a726de3803d3",
)
BESU_EXTRA = (
    "f90144a0" + "00" * 32 + "f854"
    "94647bfdd19655e51e69d35454ff3a92f8828e630294a5c8416b9d13417b45b45ada76408f39d1e504ef"
    "94b92e91f4dcc9d28503be521afa2a8fbf3c1acf6094ee3353e587cfa91625a1adaef308a726de3803d3"
    "c001f8c9" + "".join(f"b841{seal}" for seal in BESU_SEALS)
)
BESU_HEADER = (
    "f9033fa00af93e70b1c6d3974a88a42eb70bb61adbd523bfac0c83027ba4637c52746a0f"
    "a01dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347"
    "94ee3353e587cfa91625a1adaef308a726de3803d3"
    "a0166ed98eea93ab2b6f6b1a425526994adc2d675bf9a0d77d600ed1e02d8f77df"
    "a056e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"
    "a056e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"
    "b90100" + "00" * 256 + "01821d688347b76080846640618b"
    "b90147" + BESU_EXTRA + "a0" + QBFT_MIX_HASH.hex() + "88" + "00" * 8
)
BESU_SEALED_HASH = "75ea184f58cd3f0ef89032a069df01f07ec524ef3a85cf6d3e424d62130c0a32"


def rinkeby(**values: Any) -> Header:
    return header_of({**RINKEBY, **values})


def validators(consensus: Consensus, *addresses: Any, quorum: int | None = None) -> ValidatorSet:
    return ValidatorSet(consensus, addresses, quorum)


def test_a_header_of_rinkeby_has_its_published_hash_and_signers() -> None:
    header = rinkeby()
    assert header.keccak() == RINKEBY_HASH
    assert consensus_of(header, header.keccak()) is Consensus.CLIQUE
    signers = validators(Consensus.CLIQUE, *RINKEBY_SIGNERS, quorum=1)
    assert check_seals([header], signers) == (clique_signer(header),)
    assert clique_signer(header) == RINKEBY_SIGNERS[30_000 % 3]
    with pytest.raises(ProofInvalid, match="1 of 3 validators sealed the blocks 30000 to 30000"):
        check_seals([header], replace(signers, quorum=None))


def test_a_checkpoint_lists_the_pinned_validators() -> None:
    fewer = validators(Consensus.CLIQUE, *RINKEBY_SIGNERS[:2], quorum=1)
    with pytest.raises(ProofInvalid):
        check_seals([rinkeby()], fewer)


@pytest.mark.parametrize(
    "values",
    [
        {"difficulty": "0x3"},
        {"nonce": "0x" + "00" * 7 + "01"},
        {"mixHash": "0x" + "01" * 32},
        {"sha3Uncles": EMPTY_ROOT},
        {"extraData": "0x" + "00" * 96},
    ],
)
def test_a_header_without_the_marks_of_clique_is_none(values: dict[str, Any]) -> None:
    header = rinkeby(**values)
    with pytest.raises(ProofInvalid):
        clique_signer(header)
    assert consensus_of(header, header.keccak()) is Consensus.NONE


@pytest.mark.parametrize(
    "seal", [b"\0" * 65, b"\xff" * 65, b"\1" * 64 + b"\2", b"\1" * 64 + b"\x1b"]
)
def test_a_seal_that_is_no_signature_is_refused(seal: bytes) -> None:
    header = with_fields(rinkeby(), extraData=bytes(32) + seal)
    with pytest.raises(ProofInvalid, match="A seal is no signature"):
        clique_signer(header)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7])
def test_any_run_of_more_than_half_of_cliques_signers_is_a_majority(
    recorded: RecordedBundle, count: int
) -> None:
    signers = keys(count)
    majority = count // 2 + 1
    pinned = validators(Consensus.CLIQUE, *map(address, signers))
    for sealed in range(1, majority + 1):
        found = as_clique(recorded.bundle, signers, signers[:sealed])
        headers = [Header.parse(data) for data in found.headers]
        if sealed == majority:
            assert set(check_seals(headers, pinned)) == set(map(address, signers[:sealed]))
        else:
            with pytest.raises(ProofInvalid, match="are needed"):
                check_seals(headers, pinned)


@pytest.mark.parametrize(
    ("count", "needed"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 4), (6, 4), (7, 5)]
)
def test_qbft_needs_two_thirds(recorded: RecordedBundle, count: int, needed: int) -> None:
    signers = keys(count)
    pinned = validators(Consensus.QBFT, *map(address, signers))
    assert pinned.needed == needed
    enough = as_qbft(recorded.bundle, signers, signers[:needed]).header
    assert set(check_seals([enough], pinned)) == set(map(address, signers[:needed]))
    with pytest.raises(ProofInvalid, match=f"and {needed} are needed"):
        check_seals([as_qbft(recorded.bundle, signers, signers[: needed - 1]).header], pinned)


def test_the_seals_of_a_block_that_besu_made_are_its_validators() -> None:
    header = Header.parse(bytes.fromhex(BESU_HEADER))
    assert (header.number, header.timestamp_unix) == (7528, 1_715_495_307)
    extra = QbftExtraData.of(header)
    assert extra.round == 1
    assert [seal.hex() for seal in extra.seals] == list(BESU_SEALS)
    sealed = header.keccak(extra_data=extra.without_seals(1))
    assert sealed.hex() == BESU_SEALED_HASH
    pinned = validators(Consensus.QBFT, *BESU_VALIDATORS)
    assert own_validators(header) == pinned
    signers = check_seals([header], pinned)
    assert len(set(signers)) == 3
    assert set(signers) < set(pinned.addresses)
    with pytest.raises(ProofInvalid, match="3 of 4 validators sealed block 7528, and 4 are needed"):
        check_seals([header], replace(pinned, quorum=4))


def test_round_and_seals_are_no_part_of_a_qbft_blocks_hash(recorded: RecordedBundle) -> None:
    signers = keys(4)
    one = as_qbft(recorded.bundle, signers, signers[:3])
    another = as_qbft(recorded.bundle, signers, signers[1:], number=5)
    assert one.headers != another.headers
    assert hash_of(one) == hash_of(another) != one.header.keccak()
    assert consensus_of(one.header, hash_of(one)) is Consensus.QBFT
    assert set(qbft_signers(another.header)) == set(map(address, signers[1:]))
    # Of block 0, which nobody sealed, all is hashed.
    first = with_fields(one.header, number=b"")
    assert block_hash(first, Consensus.QBFT) == first.keccak()


def test_the_hash_of_a_qbft_block_is_spelled_out(recorded: RecordedBundle) -> None:
    [signer] = keys(1)
    name = signer.public_key.to_canonical_address()
    found = as_qbft(recorded.bundle, [signer], [signer], number=7).header
    extra = rlp.decode(found.extra_data)
    assert isinstance(extra, list)
    assert extra[1:4] == [[name], [], b"\7"]
    fields: list[rlp.Item] = list(found.fields)
    index = [field.name for field in FIELDS].index("extraData")
    fields[index] = rlp.encode([extra[0], [name], [], b"", []])
    assert block_hash(found, Consensus.QBFT) == keccak256(rlp.encode(fields))


@pytest.mark.parametrize(
    "extra",
    [
        b"\x80",
        [b"\0" * 32, [], [], b""],
        [b"\0" * 31, [], [], b"", []],
        [b"\0" * 32, [b"\0" * 19], [], b"", []],
        [b"\0" * 32, [[]], [], b"", []],
        [b"\0" * 32, [], [b"\0" * 20], b"", []],
        [b"\0" * 32, [], [b"\0" * 20, b"\1"], b"", []],
        [b"\0" * 32, [], [], b"\0", []],
        [b"\0" * 32, [], [], b"", [b"\0" * 64]],
        [b"\0" * 32, [], [], b"", [], []],
        [b"\0" * 32, b"", b"", b"", b""],
    ],
)
def test_extra_data_of_another_form_is_no_qbft(recorded: RecordedBundle, extra: rlp.Item) -> None:
    signers = keys(1)
    header = as_qbft(recorded.bundle, signers, signers).header
    data = extra if isinstance(extra, bytes) else rlp.encode(extra)
    with pytest.raises(ProofInvalid):
        QbftExtraData.of(with_fields(header, extraData=data))


def test_a_vote_is_part_of_extra_data(recorded: RecordedBundle) -> None:
    signers = keys(1)
    header = as_qbft(recorded.bundle, signers, signers).header
    for kind in (b"\xff", b""):
        extra: list[rlp.Item] = [b"\0" * 32, [], [b"\1" * 20, kind], b"", []]
        voting = with_fields(header, extraData=rlp.encode(extra))
        assert QbftExtraData.of(voting).without_seals(0) == rlp.encode(extra)
        assert own_validators(voting) is None


def test_a_list_that_names_a_validator_twice_is_refused(recorded: RecordedBundle) -> None:
    [signer] = keys(1)
    header = qbft_sealed(london(recorded.bundle.header), [signer, signer], [signer])
    with pytest.raises(ProofInvalid, match="lists a validator twice"):
        own_validators(header)


def test_a_header_of_a_development_chain_is_made_from_the_nodes_answer(
    recorded: RecordedBundle,
) -> None:
    header = recorded.bundle.header
    answer = {
        field.name: f"0x{value.hex()}" if field.size is not None else hex(int.from_bytes(value))
        for field, value in zip(FIELDS, header.fields, strict=False)
    }
    assert header_of(answer) == header
    assert len(header.fields) > 16
    without = {name: value for name, value in answer.items() if name != "stateRoot"}
    with pytest.raises(NodeError):
        header_of(without)


def test_a_header_with_an_unknown_rule_is_not_taken(recorded: RecordedBundle) -> None:
    with pytest.raises(NodeError, match="no known rule"):
        consensus_of(recorded.bundle.header, keccak256(b"another"))


@pytest.mark.parametrize(
    ("consensus", "addresses", "quorum"),
    [
        (Consensus.NONE, RINKEBY_SIGNERS, None),
        (Consensus.CLIQUE, (), None),
        (Consensus.CLIQUE, (RINKEBY_SIGNERS[0], RINKEBY_SIGNERS[0].lower()), None),
        (Consensus.QBFT, RINKEBY_SIGNERS, 0),
        (Consensus.QBFT, RINKEBY_SIGNERS, 4),
    ],
)
def test_a_set_of_validators_that_is_none_is_refused(
    consensus: Consensus, addresses: tuple[Any, ...], quorum: int | None
) -> None:
    with pytest.raises(InvalidArgument):
        ValidatorSet(consensus, addresses, quorum)


@pytest.mark.parametrize(
    "change",
    [
        {"format": "dataledger/pins/2"},
        {"chain_id": 0},
        {"chain_id": 2**53 - 1, "another": 1},
        {"contract": "0x1"},
        {"code_hash": "00" * 32},
        {"block_hash": None},
        {"validators": []},
        {"validators": {"addresses": {}, "consensus": "qbft"}},
        {"validators": {"addresses": [], "consensus": "qbft"}},
        {"validators": {"addresses": [RINKEBY_SIGNERS[0]], "consensus": "poet"}},
    ],
)
def test_pins_that_are_none_are_refused(recorded: RecordedBundle, change: dict[str, Any]) -> None:
    with pytest.raises(EvidenceError, match="These are no pins"):
        Pins.from_json({**recorded.pins.to_json(), **change})
    with pytest.raises(EvidenceError, match="These are no pins"):
        Pins.parse(b"[")
