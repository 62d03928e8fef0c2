"""`dataledger evidence create`, on a real chain, and what its bundle is worth elsewhere."""

from pathlib import Path

import pytest
from command_line import CommandLine
from consortium import Consortium, evidence, manifest

from dataledger.chain.connection import connect
from dataledger.contracts.types import Capability
from dataledger.evidence import Bundle
from dataledger.ledger import Dataset, Ledger


@pytest.fixture(scope="module")
def owner(consortium: Consortium) -> Ledger:
    return consortium.join(Capability.CUSTODIAN)


@pytest.fixture(scope="module")
def roads(owner: Ledger) -> Dataset:
    dataset = owner.datasets.register("roads", manifest("one")).event.dataset
    owner.lifecycle.advance(dataset, "COLLECTED", evidence("elsewhere"))
    owner.datasets.add_version(dataset, manifest("one", "two"))
    connect(owner.profile).transport.request("anvil_mine", ["0x1"])
    return owner.datasets.get(dataset)


@pytest.fixture
def dataledger(
    consortium: Consortium, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> CommandLine:
    monkeypatch.chdir(tmp_path)
    return CommandLine(consortium.home)


def name_of(dataset: Dataset) -> str:
    return f"{dataset.owner_slug}/{dataset.slug}"


def test_a_bundle_is_written_beside_its_name_and_verified_by_its_hash(
    dataledger: CommandLine, roads: Dataset
) -> None:
    made = dataledger.ok("evidence", "create", name_of(roads), "--file", "1.txt")
    assert made["bundle"] == "roads.evidence.json"
    assert made["verified"] is True
    assert made["seconds"] > 0
    assert made["shows"]["proofs"][0]["path"] == "1.txt"
    assert [document["kind"] for document in made["shows"]["missing"]] == ["activity"]
    checked = dataledger.ok(
        *("evidence", "verify", made["bundle"], "--block-hash", made["pins"]["block_hash"])
    )
    assert checked["shows"] == made["shows"]
    assert checked["size_bytes"] == Path(made["bundle"]).stat().st_size
    assert dataledger("evidence", "verify", made["bundle"]).code == 1


def test_a_node_of_ones_own_tells_the_hash_of_the_bundles_block(
    dataledger: CommandLine, roads: Dataset
) -> None:
    made = dataledger.ok("evidence", "create", name_of(roads))
    bundle = Path(made["bundle"])
    checked = dataledger.ok("evidence", "verify", bundle, "--on-chain")
    assert checked["shows"] == made["shows"]
    both = ("--on-chain", "--block-hash", made["pins"]["block_hash"])
    assert dataledger("evidence", "verify", bundle, *both).code == 2
    bundle.write_bytes(bundle.read_bytes()[:-1])
    broken = dataledger("evidence", "verify", bundle, "--on-chain")
    assert broken.code == 1
    assert "format" in broken.out


def test_a_block_that_the_node_does_not_have_is_no_evidence(
    dataledger: CommandLine, owner: Ledger, roads: Dataset
) -> None:
    request = connect(owner.profile).transport.request
    before = request("evm_snapshot", [])
    request("anvil_mine", ["0x5"])
    made = dataledger.ok("evidence", "create", name_of(roads))
    assert request("evm_revert", [before])
    ended = dataledger("evidence", "verify", made["bundle"], "--on-chain")
    assert ended.code == 2
    assert "has no block" in ended.err


def test_words_for_people_say_how_to_verify_it(dataledger: CommandLine, roads: Dataset) -> None:
    ended = dataledger("evidence", "create", name_of(roads), "-o", "shown.json")
    assert ended.code == 0, ended.err
    assert "✓ Evidence written to shown.json (" in ended.out
    assert "manifest of version 2" in ended.out
    assert f"not included: activity {evidence('elsewhere')}" in ended.out
    [command] = [line for line in ended.out.splitlines() if "evidence verify" in line]
    words = command.partition("dataledger ")[2].split()
    assert dataledger(*words).code == 0


def test_a_version_and_proofs_of_any_other_go_into_it(
    dataledger: CommandLine, roads: Dataset
) -> None:
    name = name_of(roads)
    dataledger.ok("prove", name, "--file", "1.txt", "-o", "proof.json")
    made = dataledger.ok(
        *("evidence", "create", name, "--version", "1", "--file", "0.txt"),
        *("--proof", "proof.json", "--no-documents", "--descendants", "1", "-o", "one.json"),
    )
    bundle = Bundle.parse(Path("one.json").read_bytes())
    assert bundle.versions == (1,)
    assert bundle.documents == ()
    assert len(bundle.headers) == 2
    versions = {proof["path"]: proof["versions"] for proof in made["shows"]["proofs"]}
    assert versions == {"0.txt": [1], "1.txt": [2]}


def test_a_file_that_is_there_is_left_as_it_is(dataledger: CommandLine, roads: Dataset) -> None:
    there = Path("there.json")
    there.write_text("mine")
    create = ("evidence", "create", name_of(roads), "-o", there)
    refused = dataledger(*create)
    assert refused.code == 2
    assert "There is a file 'there.json' already." in refused.err
    assert there.read_text() == "mine"
    assert dataledger(*create, "--force").code == 0
    assert there.read_text() != "mine"
    assert sorted(path.name for path in Path().iterdir()) == ["there.json"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--version", "9"), "has 2 versions, and no version 9"),
        (("--file", "absent.txt"), "has no file 'absent.txt'"),
        (("--proof", "absent.json"), "There is no proof file"),
        (("--descendants", "1024"), "1024 is not in the range"),
        (("-o", "absent/bundle.json"), "cannot be written"),
    ],
)
def test_what_cannot_be_made_leaves_nothing_behind(
    dataledger: CommandLine, roads: Dataset, arguments: tuple[str, ...], message: str
) -> None:
    ended = dataledger("evidence", "create", name_of(roads), *arguments)
    assert ended.code == 2
    assert message in ended.err
    assert list(Path().iterdir()) == []


def test_a_dataset_that_is_not_there_is_named_with_the_nearest(
    dataledger: CommandLine, roads: Dataset
) -> None:
    ended = dataledger("evidence", "create", f"{roads.owner_slug}/raods")
    assert ended.code == 2
    assert f"Did you mean {name_of(roads)}?" in ended.err
