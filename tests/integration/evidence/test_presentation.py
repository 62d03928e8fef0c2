"""Presentations on a real chain: made by an owner's account, and held against what is recorded."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from command_line import CommandLine
from consortium import Consortium, manifest, new_signer, org_of
from disclosed_dataset import COURT, DisclosedDataset, check
from record_files import SECRET
from uses import Parties

from dataledger.chain.signers import open_signer
from dataledger.contracts.identifiers import DatasetId
from dataledger.contracts.types import Capability, Role, Severity
from dataledger.errors import (
    CommitmentMismatch,
    InvalidArgument,
    NotFound,
    PresentationRefused,
    ProofInvalid,
    WrongChain,
)
from dataledger.evidence.presentation import (
    AnswerItem,
    Basis,
    Item,
    Presentation,
    ProvenItem,
    Standing,
    StatisticItem,
    Verified,
    verify_presentation,
)
from dataledger.evidence.presenting import check_on_chain, make, present
from dataledger.evidence.presenting.make import sign
from dataledger.hashing import Digest
from dataledger.ledger import Ledger, new_run_id

NUMBER = StatisticItem("rows", "300")
ANSWER = b'{"mean":"41.5"}'
ORG = "north-court"


def never() -> str:
    raise AssertionError


@pytest.fixture(scope="module")
def owner(consortium: Consortium) -> Ledger:
    """The ledger of an organisation whose administrator the command line can be, too."""
    signer = open_signer("dev7", never, home=consortium.home)
    consortium.root.organisations.admit(
        "roadworks", "Road works", admin=signer.address, capabilities=Capability.CUSTODIAN
    )
    return consortium.open(signer)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> DisclosedDataset:
    return DisclosedDataset.write(tmp_path_factory.mktemp("files"))


@pytest.fixture(scope="module")
def roads(owner: Ledger, files: DisclosedDataset) -> DatasetId:
    return owner.datasets.register("presented", files.manifest).event.dataset


@pytest.fixture
def dataledger(
    consortium: Consortium, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> CommandLine:
    monkeypatch.chdir(tmp_path)
    return CommandLine(consortium.home)


def made(ledger: Ledger, dataset: DatasetId, *items: Item, **named: Any) -> Presentation:
    """Return a presentation for the court."""
    recorded = ledger.proofs.recorded(dataset)
    return present(ledger, recorded, items, audience=COURT, purpose="Case 4", **named)


def checked(ledger: Ledger, presentation: Presentation, *, after_seconds: int = 0) -> Verified:
    """Verify a presentation as the court, some time from now, and ask the chain."""
    now = int(time.time()) + after_seconds
    data = presentation.to_bytes()
    return check_on_chain(ledger, verify_presentation(data, COURT, now_unix=now))


@pytest.mark.usefixtures("roads")
def test_an_owner_presents_and_a_verifier_checks_by_the_commands(
    dataledger: CommandLine, files: DisclosedDataset, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text(f"{SECRET.reveal()}\n")
    (tmp_path / "secret").chmod(0o600)
    (tmp_path / "person.jsonl").write_text('{"id":-1}\n')
    lines = (
        "--data",
        files.folder / "data",
        "--secret",
        tmp_path / "secret",
        "--file",
        "lines.jsonl",
    )
    envelope = ("--for", "org:roadworks", "--purpose", "Audit \u00a717", "--account", "dev7")
    what = ("--record", "17", "--range", "3:5", "--absent", "person.jsonl", "--field", "4", "text")
    written = dataledger.ok(
        *(
            "presentation",
            "create",
            "roadworks/presented",
            *envelope,
            *lines,
            *what,
            "--statistic",
            "rows",
            "300",
        ),
        *("--challenge", "8c1f", "-o", "p.json"),
    )
    assert written["presentation"] == "p.json"
    assert [shown["standing"] for shown in written["shown"]] == [
        *("proven", "proven", "attested", "attested", "attested"),
    ]
    ask = ("presentation", "verify", "p.json", "--challenge", "8c1f", "--as", "org:roadworks")
    offline, online = dataledger.ok(*ask), dataledger.ok(*ask, "--on-chain")
    assert (offline["on_chain"], online["on_chain"]) == (False, True)
    assert len(offline["leaves_open"]) == len(online["leaves_open"]) + 1
    assert offline["shown"] == online["shown"] == written["shown"]
    assert (online["shown"][3]["kind"], online["shown"][3]["fields"]) == (
        "fields",
        {"text": "née 4"},
    )
    assert online["warnings"] == []
    drawn = dataledger(*ask).out
    assert "née 4" in drawn
    assert "text (the owner's word)" in drawn
    assert "rows (the owner's word)" in drawn
    for other in (
        ("presentation", "verify", "p.json", "--as", "org:north"),
        (*ask, "--at", "+2h"),
        ("presentation", "verify", "p.json", "--as", "org:roadworks", "--challenge", "8c20"),
    ):
        refused = dataledger(*other, "--json")
        assert (refused.code, refused.error["code"]) == (1, "presentation-refused")
    again = dataledger(
        "presentation", "create", "roadworks/presented", *envelope, *lines, "-o", "p.json"
    )
    assert again.code == 2
    assert dataledger("presentation", "verify", "p.json").code == 2


@pytest.mark.usefixtures("roads")
def test_columns_and_given_proofs_are_presented_by_the_commands(
    dataledger: CommandLine, files: DisclosedDataset, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text(f"{SECRET.reveal()}\n")
    (tmp_path / "secret").chmod(0o600)
    table = (
        "--data",
        files.folder / "data",
        "--secret",
        tmp_path / "secret",
        "--file",
        "table.csv",
    )
    name = "roadworks/presented"
    dataledger.ok("prove", name, "--file", "z.bin", "-o", "z.json")
    envelope = ("--for", "North court", "--purpose", "Case 4", "--account", "dev7", "-o", "p.json")
    what = ("--column", "name", "--schema", "--proof", "z.json", "--expires", "+7d")
    shown = dataledger.ok("presentation", "create", name, *envelope, *table, *what)["shown"]
    assert [one["kind"] for one in shown] == ["proof", "column", "proof"]
    assert {one["standing"] for one in shown} == {"proven"}
    assert shown[1]["values"][:3] == ["né0", "né1", "né2"]
    block = ("--column", "id", "--block", "0", "--force")
    (shown,) = dataledger.ok("presentation", "create", name, *envelope, *table, *block)["shown"]
    assert (shown["kind"], shown["begin"], shown["values"][-1]) == ("column-block", 0, "299")
    drawn = dataledger("presentation", "verify", "p.json", "--as", "North court").out
    assert "280 more; --json has all" in drawn
    for wrong in (
        ("--block", "0"),
        (),
        ("--statistic", "rows", "1", "--for", "org:nobody"),
        ("--statistic", "rows", "1", "--expires", "+31d"),
        ("--statistic", "rows", "1", "--challenge", "two words"),
    ):
        assert dataledger("presentation", "create", name, *envelope, *wrong, "--force").code == 2, (
            wrong
        )


def test_a_stranger_cannot_present_another_organisations_data(
    consortium: Consortium, owner: Ledger, roads: DatasetId
) -> None:
    other = consortium.join(Capability.CUSTODIAN)
    for ledger in (other, consortium.open(new_signer())):
        with pytest.raises(PresentationRefused, match="does not act for the organisation"):
            made(ledger, roads, NUMBER)
    with pytest.raises(InvalidArgument, match="without an account"):
        made(consortium.open(), roads, NUMBER)
    genuine = made(owner, roads, NUMBER)
    assert other.signer is not None
    forged = sign(replace(genuine.content, signer=other.signer.address), other.signer)
    with pytest.raises(PresentationRefused, match="never a member of the organisation"):
        checked(other, forged)
    nobody = new_signer()
    forged = sign(replace(genuine.content, signer=nobody.address), nobody)
    with pytest.raises(PresentationRefused, match="never a member of the organisation"):
        checked(other, forged)


def test_a_key_that_was_ended_presents_nothing(
    consortium: Consortium, owner: Ledger, roads: DatasetId
) -> None:
    signer = new_signer()
    owner.members.add("roadworks", signer.address, Role.OPERATOR)
    presentation = made(consortium.open(signer), roads, NUMBER)
    assert checked(owner, presentation).warnings == ()
    owner.members.end(signer.address)
    with pytest.raises(PresentationRefused, match="that key cannot act"):
        checked(owner, presentation, after_seconds=1_000)


def test_a_key_that_is_not_yet_valid_presents_nothing(
    consortium: Consortium, owner: Ledger, roads: DatasetId
) -> None:
    signer = new_signer()
    begins = int(time.time()) + 5_000
    owner.members.add("roadworks", signer.address, Role.OPERATOR, valid_from_unix=begins)
    with pytest.raises(PresentationRefused, match="does not act for the organisation"):
        made(consortium.open(signer), roads, NUMBER)
    content = replace(made(owner, roads, NUMBER).content, signer=signer.address)
    with pytest.raises(PresentationRefused, match="that key cannot act"):
        checked(owner, sign(content, signer))


def test_a_version_that_is_not_recorded_so_is_refused(
    owner: Ledger, files: DisclosedDataset, roads: DatasetId
) -> None:
    assert owner.signer is not None
    content = made(owner, roads, ProvenItem(files.file())).content
    record = {**content.anchor.record, "size_bytes": 1}
    changed = replace(content, anchor=replace(content.anchor, record=record))
    with pytest.raises(CommitmentMismatch, match="records something else of version 1"):
        checked(owner, sign(changed, owner.signer))
    missing = replace(content, anchor=replace(content.anchor, version=9))
    with pytest.raises(NotFound):
        checked(owner, sign(missing, owner.signer))
    with pytest.raises(WrongChain, match="on chain 2026"):
        check_on_chain(owner, check(files.present(NUMBER)))


def test_what_no_verifier_could_read_is_not_presented(
    owner: Ledger, roads: DatasetId, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(make, "MAX_PRESENTATION_BYTES", 500)
    with pytest.raises(InvalidArgument, match="at most 500 can be read"):
        made(owner, roads, NUMBER)


def test_a_recall_and_suspensions_are_told(
    consortium: Consortium, dataledger: CommandLine, tmp_path: Path
) -> None:
    regulator, owner = consortium.join(Capability.REGULATOR), consortium.join(Capability.CUSTODIAN)
    dataset = owner.datasets.register("told", manifest("one")).event.dataset
    presentation = made(owner, dataset, NUMBER)
    regulator.lifecycle.suspend(dataset, "looked into")
    (warning,) = checked(owner, presentation).warnings
    assert "The dataset is suspended" in warning
    regulator.lifecycle.recall(dataset, 1, Severity.SERIOUS, "a fault")
    consortium.root.organisations.suspend(org_of(owner), "misuse")
    recalled, _, suspended = checked(owner, presentation).warnings
    assert "recalled, as SERIOUS" in recalled
    assert "its organisation, or one above, is suspended" in suspended
    with pytest.raises(PresentationRefused, match="does not act for the organisation"):
        made(owner, dataset, NUMBER)
    (tmp_path / "p.json").write_bytes(presentation.to_bytes())
    drawn = dataledger("presentation", "verify", "p.json", "--as", str(COURT), "--on-chain")
    assert drawn.code == 0
    assert recalled in drawn.out


def test_a_released_answer_is_proven_by_its_receipt_and_nothing_else_is(
    consortium: Consortium,
) -> None:
    parties = Parties.join(consortium)
    ledger, dataset = parties.owner, parties.dataset()
    grant = parties.grant(parties.project(), dataset)
    run = parties.run(grant, output=Digest.of(ANSWER))
    answer = AnswerItem(grant, run, ANSWER)
    presentation = made(ledger, dataset, answer)
    offline = verify_presentation(presentation.to_bytes(), COURT, now_unix=int(time.time()))
    assert offline.shown[0].standing is Standing.ATTESTED
    (shown,) = checked(ledger, presentation).shown
    assert [(finding.standing, finding.by) for finding in shown.findings] == [
        (Standing.PROVEN, Basis.RECEIPT)
    ]
    with pytest.raises(ProofInvalid, match="no receipt by which the run"):
        checked(ledger, made(ledger, dataset, replace(answer, content=b"another")))
    with pytest.raises(NotFound):
        checked(ledger, made(ledger, dataset, replace(answer, run=new_run_id())))
    other = parties.dataset()
    with pytest.raises(ProofInvalid, match="did not read version 1 of the dataset"):
        checked(ledger, made(ledger, other, answer))
