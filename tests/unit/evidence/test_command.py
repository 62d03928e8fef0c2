"""`dataledger evidence verify`, on a machine that has a bundle, and no chain."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from command_line import CommandLine, Ended
from recorded_bundle import VECTORS, RecordedBundle
from sealing import address, as_clique, as_qbft, keys

from dataledger.chain.identifiers import BlockHash, to_code_hash
from dataledger.chain.profile import ContractPin, Endpoint, Profile
from dataledger.evidence import Bundle, Consensus, ValidatorSet

BUNDLE = VECTORS / "recorded.json"


@pytest.fixture
def dataledger(tmp_path: Path, recorded: RecordedBundle) -> CommandLine:
    """Return the command line in a home whose profile `region` pins the recorded bundle's chain."""
    pins = recorded.pins
    pin = ContractPin(pins.contract, to_code_hash(f"0x{pins.code_hash.hex()}"), 1)
    Profile(
        name="region",
        chain_id=pins.chain_id,
        genesis_hash=BlockHash("0x" + "00" * 32),
        endpoints=(Endpoint("http://127.0.0.1:1/"),),
        contracts={"DatasetLedger": pin},
    ).save(tmp_path)
    return CommandLine(tmp_path)


@pytest.fixture
def verify(dataledger: CommandLine) -> Any:
    def run(*arguments: object, bundle: Path = BUNDLE) -> Ended:
        return dataledger("evidence", "verify", bundle, "--profile", "region", *arguments)

    return run


def block_hash(recorded: RecordedBundle) -> str:
    assert recorded.pins.block_hash is not None
    return f"0x{recorded.pins.block_hash.hex()}"


def written(folder: Path, bundle: Bundle) -> Path:
    path = folder / "bundle.json"
    path.write_bytes(bundle.to_bytes())
    return path


def test_a_profile_and_a_block_hash_verify_a_bundle(verify: Any, recorded: RecordedBundle) -> None:
    ended = verify("--block-hash", block_hash(recorded))
    assert ended.code == 0, ended.err
    assert "✓ the bundle holds (10.6 KiB, checked in 0." in ended.out
    for words in (
        "roads, of organisation 2",
        "recalled as SERIOUS by organisation 1",
        "file proof             version 2, notes.txt: The version has this file",
        "left open: What happened after block",
        "Which organisation an id stands for",
        "VersionRecalled",
    ):
        assert words in ended.out


def test_json_has_the_same(verify: Any, recorded: RecordedBundle) -> None:
    document = verify("--block-hash", block_hash(recorded), "--json").document
    assert document["verified"] is True
    assert document["failed"] is None
    assert [check["outcome"] for check in document["checks"]].count("passed") == 11
    shows = document["shows"]
    assert shows["events"][0]["name"] == "DatasetRegistered"
    assert shows["proofs"][0]["versions"] == [2]
    assert shows["versions"][0]["recall"]["severity"] == 1
    assert shows["block_hash"] == block_hash(recorded)
    assert document["size_bytes"] == BUNDLE.stat().st_size


def test_without_a_block_hash_or_validators_the_bundle_is_refused(verify: Any) -> None:
    ended = verify()
    assert ended.code == 1
    assert "✗ the bundle shows nothing: The block is unanchored" in ended.out
    assert "roads" not in ended.out
    document = verify("--json").document
    assert (document["verified"], document["failed"]) == (False, "anchor")
    assert document["shows"] is None


def test_validators_may_stand_in_a_file_or_on_the_line(
    verify: Any, recorded: RecordedBundle, tmp_path: Path
) -> None:
    signers = keys(4)
    path = written(tmp_path, as_qbft(recorded.bundle, signers, signers[:3]))
    names = [address(key) for key in signers]
    listed = tmp_path / "validators.txt"
    listed.write_text(
        "# of the region\n" + "\n".join(f"{name}  # a node" for name in names) + "\n\n"
    )
    ended = verify("--validators", listed, "--consensus", "qbft", bundle=path)
    assert ended.code == 0, ended.out
    assert "3 of 4 pinned validators sealed the block: it is final." in ended.out
    options = [word for name in names for word in ("--validators", name)]
    assert verify(*options, "--consensus", "qbft", bundle=path).code == 0
    assert verify(*options, "--consensus", "qbft", "--quorum", "4", bundle=path).code == 1
    assert verify(*options[2:], "--consensus", "qbft", bundle=path).code == 1
    assert verify(*options, "--consensus", "clique", bundle=path).code == 1


def test_pins_may_stand_in_a_file(
    dataledger: CommandLine, recorded: RecordedBundle, tmp_path: Path
) -> None:
    signers = keys(3)
    path = written(tmp_path, as_clique(recorded.bundle, signers, signers[:2]))
    validators = ValidatorSet(Consensus.CLIQUE, tuple(map(address, signers)))
    pins = tmp_path / "pins.json"
    pins.write_bytes(replace(recorded.pins, block_hash=None, validators=validators).to_bytes())
    ended = dataledger("evidence", "verify", path, "--pins", pins)
    assert ended.code == 0, ended.out
    assert "2 of 3 pinned validators, a majority, sealed the block" in ended.out
    # What is said on the line counts, too.
    other = ("--block-hash", "0x" + "00" * 32)
    assert dataledger("evidence", "verify", path, "--pins", pins, *other).code == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--consensus", "qbft"), "--consensus and --quorum need --validators."),
        (("--quorum", "1"), "--consensus and --quorum need --validators."),
        (("--validators", "0x" + "11" * 20), "--validators needs --consensus"),
        (("--validators", "0x12", "--consensus", "qbft"), "is not an address"),
        (("--validators", "absent.txt", "--consensus", "qbft"), "There is no list of validators"),
        (("--block-hash", "12"), "which begins with 0x"),
        (("--block-hash", "0x12"), "is not a hash"),
        (("--pins", "absent.json"), "There is no pins file"),
        (("--profile", "absent"), "There is no profile"),
    ],
)
def test_pins_that_cannot_be_read_are_usage_errors(
    verify: Any, arguments: tuple[str, ...], message: str
) -> None:
    ended = verify(*arguments)
    assert ended.code == 2
    assert message in ended.err


def test_files_that_are_no_bundles(verify: Any, recorded: RecordedBundle, tmp_path: Path) -> None:
    anchor = ("--block-hash", block_hash(recorded))
    path = tmp_path / "bundle.json"
    for data, reason in {
        b"": "it is not JSON",
        b'{"a":1,"a":2}': "has the key 'a' twice",
        b"[" * 200_000: "nests deeper than 64 levels",
        recorded.data[:-1]: "it is not JSON",
        recorded.data + b" ": "not in canonical form",
        b"{}": "lacks the member 'chain_id'",
        "\u202e\x1b[31m".encode(): "it is not JSON",
    }.items():
        path.write_bytes(data)
        ended = verify(*anchor, bundle=path)
        assert ended.code == 1
        assert reason in ended.out, ended.out
        assert "\x1b" not in ended.out
    assert verify(*anchor, bundle=tmp_path / "absent.json").code == 2
    assert verify(*anchor, bundle=tmp_path).code == 2


def test_a_hostile_document_is_no_danger_to_the_terminal(
    verify: Any, recorded: RecordedBundle, tmp_path: Path
) -> None:
    bundle = replace(recorded.bundle, documents=("\x1b]0;title\x07\u202e[bold]",))
    ended = verify("--block-hash", block_hash(recorded), bundle=written(tmp_path, bundle))
    assert ended.code == 1
    assert "No event of the dataset names the document sha256:" in ended.out
    assert not {"\x1b", "\x07", "\u202e"} & set(ended.out)
