"""The commands about the use of data: what they ask of the ledger, and what they answer."""

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from cli_runner import Run
from fake_ledger import ACME, KEY, RECORDED_AT_UNIX, ROADS, FakeLedger, confirmed
from fake_uses import (
    BUDGET,
    DOCUMENT,
    GRANT,
    GRANT_ID,
    PROJECT,
    PROJECT_ID,
    RECEIPT,
    REQUEST,
    RUN,
    TERMS,
    WHY_NOT,
)
from uses import FAR_UNIX

from dataledger.contracts.events import Event
from dataledger.contracts.identifiers import OrgId, Stage
from dataledger.contracts.use_events import (
    BudgetSet,
    DatasetClassified,
    ProjectApproved,
    ProjectEnded,
    ProjectProposed,
    UseCosigned,
    UseGranted,
    UseRefused,
    UseRequested,
    UseRevoked,
)
from dataledger.contracts.use_types import (
    NO_COST,
    NO_QUORUM,
    Composition,
    Cost,
    GrantState,
    Quorum,
    RunState,
)
from dataledger.errors import NotFound
from dataledger.hashing import Digest
from dataledger.ledger.project_document import ProjectDocument
from dataledger.ledger.purposes import Purpose, purpose
from dataledger.ledger.use_policy import UsePolicy

ACTOR: dict[str, Any] = {"org": OrgId(2), "by": KEY, "recorded_at_unix": RECORDED_AT_UNIX}
CODE = Digest.of(b"algorithm")
ASKED = UsePolicy.request(PROJECT_ID, ROADS, purpose(1), applicant="acme")
BUDGET_EVENT = BudgetSet(
    dataset=ROADS,
    composition=Composition.BASIC,
    total=Cost(500_000, 1_000),
    per_consumer=Cost(500_000, 1_000),
    **ACTOR,
)
GRANTED = UseGranted(grant=GRANT_ID, terms=TERMS, **ACTOR)


@dataclass(frozen=True)
class Write:
    """A command line, the call that it makes, and what that records."""

    line: str
    method: str
    event: Event
    positional: tuple[object, ...]
    named: dict[str, object]


def granting(**changed: object) -> dict[str, object]:
    """Return what `ledger.uses.grant` is called with."""
    return {
        "valid_until_unix": 1_830_297_600,
        "stages": [Stage(7)],
        "limit": NO_COST,
        "composition": Composition.NONE,
        "code": None,
        "quorum": NO_QUORUM,
        "terms": None,
        **changed,
    }


WRITES = [
    Write(
        "project propose --title Road --purpose 1 --purpose research --purpose 1 --reference R",
        "projects.propose",
        ProjectProposed(project=PROJECT_ID, document=DOCUMENT.digest, purposes=3, **ACTOR),
        (ProjectDocument("Road", "North University", (purpose(0), purpose(1)), reference="R"),),
        {},
    ),
    Write(
        f"project approve {PROJECT_ID} --until 2028-01-01",
        "projects.approve",
        ProjectApproved(project=PROJECT_ID, valid_until_unix=FAR_UNIX, **ACTOR),
        (str(PROJECT_ID),),
        {"valid_until_unix": 1_830_297_600},
    ),
    Write(
        f"project end {PROJECT_ID} --reason why",
        "projects.end",
        ProjectEnded(project=PROJECT_ID, reason="why", **ACTOR),
        (str(PROJECT_ID), "why"),
        {},
    ),
    Write(
        f"request acme/roads --project {PROJECT_ID} --purpose research --version 2 --code {CODE}",
        "uses.request",
        UseRequested(grant=GRANT_ID, request=REQUEST, **ACTOR),
        (ROADS, str(PROJECT_ID), "research"),
        {"version": 2, "code": CODE, "terms": None, "number": 0},
    ),
    Write(
        f"grant approve {GRANT_ID} --until 2028-01-01 --stage published --exact --code {CODE}",
        "uses.grant",
        GRANTED,
        (GRANT_ID,),
        granting(code=CODE),
    ),
    Write(
        f"grant approve {GRANT_ID} --until 2028-01-01 --stage PUBLISHED --epsilon 1 --delta 1e-9 "
        "--executor alice",
        "uses.grant",
        GRANTED,
        (GRANT_ID,),
        granting(
            limit=Cost(1_000_000, 1_000),
            composition=Composition.BASIC,
            quorum=Quorum.of(1, [KEY]),
        ),
    ),
    Write(
        f"grant approve {GRANT_ID} --until 2028-01-01 --stage PUBLISHED --rho 0.1",
        "uses.grant",
        GRANTED,
        (GRANT_ID,),
        granting(limit=Cost(100_000), composition=Composition.ZCDP),
    ),
    Write(
        f"grant refuse {GRANT_ID} --reason why",
        "uses.refuse",
        UseRefused(grant=GRANT_ID, reason="why", **ACTOR),
        (str(GRANT_ID), "why"),
        {},
    ),
    Write(
        f"grant revoke {GRANT_ID} --reason why",
        "uses.revoke",
        UseRevoked(grant=GRANT_ID, reason="why", **ACTOR),
        (str(GRANT_ID), "why"),
        {},
    ),
    Write(
        f"grant cosign {GRANT_ID}",
        "uses.cosign",
        UseCosigned(grant=GRANT_ID, **ACTOR),
        (str(GRANT_ID),),
        {},
    ),
    Write(
        "budget set acme/roads --epsilon 0.5 --delta 1e-9",
        "budgets.set",
        BUDGET_EVENT,
        (ROADS, Cost(500_000, 1_000)),
        {"per_consumer": None, "composition": Composition.BASIC},
    ),
    Write(
        "budget set acme/roads --rho 0.5 --per-consumer-rho 0.1",
        "budgets.set",
        BUDGET_EVENT,
        (ROADS, Cost(500_000)),
        {"per_consumer": Cost(100_000), "composition": Composition.ZCDP},
    ),
    Write(
        "budget classify acme/roads 2",
        "budgets.classify",
        DatasetClassified(dataset=ROADS, level=2, **ACTOR),
        (ROADS, 2),
        {},
    ),
]


@pytest.fixture(autouse=True)
def known(ledger: FakeLedger) -> None:
    """Let the ledger know one of each."""
    ledger.organisations.get.return_value = replace(ACME, name="North University")
    ledger.projects.get.return_value = PROJECT
    ledger.projects.list.return_value = (PROJECT,)
    ledger.uses.get.return_value = GRANT
    ledger.uses.list.return_value = (GRANT,)
    ledger.uses.why_not.return_value = WHY_NOT
    ledger.budgets.get.return_value = BUDGET
    ledger.runs.list.return_value = (RUN,)
    ledger.documents.project.return_value = DOCUMENT
    ledger.documents.terms.return_value = ASKED


def method(ledger: FakeLedger, path: str) -> Any:
    noun, _, verb = path.partition(".")
    return getattr(getattr(ledger, noun), verb)


@pytest.mark.parametrize("write", WRITES, ids=lambda write: write.line)
def test_a_write_makes_one_call_and_confirms_it(write: Write, run: Run, ledger: FakeLedger) -> None:
    call = method(ledger, write.method)
    call.return_value = confirmed(write.event)
    outcome = run(*write.line.split(), "--json")
    assert outcome.code == 0, outcome.err
    call.assert_called_once_with(*write.positional, **write.named)
    assert outcome.session.doors == ["writing"]
    assert outcome.document["event"] == type(write.event).__name__
    drawn = run(*write.line.split())
    assert drawn.out.startswith("✓ ")
    assert drawn.err == ""


READS = [
    (f"project show {PROJECT_ID}", {"project", "document"}, "Training a model"),
    ("project list", {"projects"}, "research, model-training, purpose-200"),
    ("project list --applicant acme", {"projects"}, "ENDED"),
    (f"grant show {GRANT_ID}", {"grant", "usable", "why_not", "policy"}, "cannot be used now"),
    ("grant list --state revoked", {"grants"}, "ε 0.5"),
    ("budget show acme/roads", {"budget"}, "2: grants need a co-signature"),
    ("receipts acme/roads", {"runs"}, "RELEASED"),
    (f"receipts {GRANT_ID}", {"runs"}, "0.5, δ 1e-9"),
    (f"receipts --output {RECEIPT.output}", {"runs"}, "acme/roads@1"),
]


@pytest.mark.parametrize(("line", "keys", "words"), READS, ids=[r[0] for r in READS])
def test_a_read_needs_no_account(line: str, keys: set[str], words: str, run: Run) -> None:
    outcome = run(*line.split(), "--json")
    assert outcome.code == 0, outcome.err
    assert set(outcome.document) == keys
    assert outcome.session.doors == ["reading"]
    drawn = run(*line.split())
    assert drawn.code == 0
    assert words in drawn.out
    assert "\x1b" not in drawn.out
    assert "\u202e" not in drawn.out


@pytest.mark.parametrize(("line", "keys", "_words"), READS[:-3], ids=[r[0] for r in READS[:-3]])
def test_the_keys_of_answers_are_documented(line: str, keys: set[str], _words: str) -> None:
    noun, verb = line.split()[:2]
    rows = (Path(__file__).parents[3] / "docs" / "cli.md").read_text().splitlines()
    (row,) = [row for row in rows if row.startswith(f"| `{noun} {verb}`")]
    assert set(re.findall(r"`([a-z_]+)`", row.split("|")[2])) == keys


def test_filters_reach_the_ledger(run: Run, ledger: FakeLedger) -> None:
    line = f"grant list --dataset acme/roads --owner acme --project {PROJECT_ID} --state revoked"
    assert run(*line.split()).code == 0
    ledger.uses.list.assert_called_once_with(
        dataset=ROADS,
        project=str(PROJECT_ID),
        applicant=None,
        owner=OrgId(2),
        state=GrantState.REVOKED,
    )
    run("receipts", str(ROADS))
    ledger.runs.list.assert_called_with(output=None, grant=GRANT_ID)
    ledger.uses.get.side_effect = NotFound("No.", remedy="Look.")
    run("receipts", str(ROADS), "--output", str(CODE))
    ledger.runs.list.assert_called_with(output=CODE, dataset=ROADS)


def test_numbers_are_whole_in_json_and_decimal_on_the_screen(run: Run) -> None:
    budget = run("budget", "show", "acme/roads", "--json").document["budget"]
    assert budget["counted"] == {"micro": 500_000, "delta_pico": 1_000}
    assert budget["total"]["micro"] == str(2**60)
    assert budget["composition"] == "BASIC"
    grant = run("grant", "show", str(GRANT_ID), "--json").document
    assert grant["grant"]["request"]["project"] == str(PROJECT_ID)
    assert (grant["usable"], grant["why_not"]["error_name"]) == (False, "NotGranted")
    receipt = run("receipts", "acme/roads", "--json").document["runs"][0]["receipt"]
    assert receipt["inputs"][0]["dataset"] == str(ROADS)
    assert receipt["outcome"] == "RELEASED"


def test_what_can_be_used_says_so(run: Run, ledger: FakeLedger) -> None:
    ledger.uses.why_not.return_value = None
    ledger.documents.terms.side_effect = NotFound("No.", remedy="Ask.")
    ledger.uses.get.return_value = replace(GRANT, state=GrantState.GRANTED, reason=None)
    shown = run("grant", "show", str(GRANT_ID), "--json").document
    assert (shown["usable"], shown["why_not"], shown["policy"]) == (True, None, None)
    drawn = run("grant", "show", str(GRANT_ID)).out
    assert "It can be used now" in drawn
    assert "COLLECTED, PUBLISHED" in drawn
    assert "1 of 0x" in drawn


def test_a_request_that_nobody_answered_has_no_terms(run: Run, ledger: FakeLedger) -> None:
    waiting = replace(GRANT, state=GrantState.REQUESTED, terms=None, reason=None)
    ledger.uses.get.return_value = waiting
    ledger.uses.list.return_value = (waiting,)
    assert "asked terms" in run("grant", "show", str(GRANT_ID)).out
    assert "REQUESTED" in run("grant", "list").out
    ledger.documents.terms.assert_called_with(REQUEST.terms)


def test_an_open_run_shows_what_it_reserved(run: Run, ledger: FakeLedger) -> None:
    still = replace(RUN, state=RunState.RESERVED, receipt=None, settled_at_unix=None, signers=())
    ledger.runs.list.return_value = (still,)
    drawn = run("receipts", "acme/roads").out
    assert "OPEN" in drawn
    assert "0.5, δ 1e-9 reserved" in drawn


def test_empty_lists_say_what_there_is_not(run: Run, ledger: FakeLedger) -> None:
    for noun in (ledger.projects, ledger.uses, ledger.runs):
        noun.list.return_value = ()
    ledger.budgets.get.return_value = replace(
        BUDGET, composition=Composition.NONE, consumers=(), level=0, level_by=None
    )
    assert run("project", "list").out == "There are no projects.\n"
    assert run("grant", "list").out == "There are no requests and no grants.\n"
    assert run("receipts", "acme/roads").out == "There are no runs.\n"
    drawn = run("budget", "show", "acme/roads").out
    assert "no budget is set: nothing can be spent" in drawn
    assert "Nobody asked" in drawn


def test_a_projects_document_may_be_elsewhere(run: Run, ledger: FakeLedger) -> None:
    ledger.documents.project.side_effect = NotFound("No.", remedy="Ask.")
    assert run("project", "show", str(PROJECT_ID), "--json").document["document"] is None
    assert "ask the applicant for it" in run("project", "show", str(PROJECT_ID)).out


def test_the_chains_purposes_count_whatever_the_document_says(run: Run, ledger: FakeLedger) -> None:
    ledger.documents.project.return_value = replace(
        DOCUMENT,
        purposes=(Purpose(0, "fun", "Anything at all."), Purpose(200, "own", "As agreed.")),
    )
    drawn = run("project", "show", str(PROJECT_ID)).out
    assert "research" in drawn
    assert "Anything at all" not in drawn
    assert "As agreed." in drawn
    assert "model-training" in drawn
    assert "The document names other purposes; those of the chain count." in drawn


def test_a_project_is_read_from_its_file(run: Run, ledger: FakeLedger, tmp_path: Path) -> None:
    file = tmp_path / "project.json"
    file.write_text(json.dumps(DOCUMENT.to_json(), indent=2))
    ledger.projects.propose.return_value = confirmed(WRITES[0].event)
    assert run("project", "propose", str(file)).code == 0
    ledger.projects.propose.assert_called_once_with(DOCUMENT)
    file.write_text('{"title": "\x1b"}')
    refused = run("project", "propose", str(file), "--json")
    assert (refused.code, refused.error["code"]) == (2, "use-document-error")


def test_terms_are_read_from_a_file(run: Run, ledger: FakeLedger, tmp_path: Path) -> None:
    file = tmp_path / "terms.jsonld"
    file.write_text(json.dumps(dict(ASKED.document), indent=2))
    ledger.uses.grant.return_value = confirmed(GRANTED)
    line = f"grant approve {GRANT_ID} --until never --stage PUBLISHED --exact --terms {file}"
    assert run(*line.split()).code == 0
    assert ledger.uses.grant.call_args.kwargs["terms"] == ASKED
    file.write_text("{}")
    assert run(*line.split()).code == 2


def test_purposes_are_listed_offline(run: Run) -> None:
    outcome = run("project", "purposes", "--json")
    assert outcome.session.doors == []
    assert outcome.document["purposes"][1]["name"] == "model-training"
    assert "decontamination" in run("project", "purposes").out


APPROVE = f"grant approve {GRANT_ID} --until never --stage PUBLISHED"
MISUSED = [
    (APPROVE, "Give one of --epsilon, --rho and --exact"),
    (f"{APPROVE} --exact --epsilon 1", "Give one of --epsilon, --rho and --exact"),
    (f"{APPROVE} --rho 1 --epsilon 1", "--rho excludes --epsilon and --delta"),
    (f"{APPROVE} --delta 1", "--delta needs --epsilon"),
    (f"{APPROVE} --epsilon 0.0000001", "finer than"),
    (f"{APPROVE} --epsilon=-1", "is no amount of"),
    (f"{APPROVE} --exact --code 12", "digest"),
    (f"{APPROVE} --exact --executor a --executor b", "stands twice"),
    (f"{APPROVE} --exact --threshold 1", "1 of 0 executors cannot sign"),
    (f"grant approve {GRANT_ID} --until never --stage X --exact", "has no stage 'X'"),
    ("budget set acme/roads", "Give --epsilon"),
    ("budget set acme/roads --epsilon 1 --per-consumer-rho 1", "must count the same"),
    ("budget set acme/roads --epsilon 1 --per-consumer-delta 1", "--per-consumer-delta needs"),
    ("budget classify acme/roads 256", "256"),
    ("project propose", "Give FILE; or --title"),
    ("project propose --title X", "Give FILE; or --title"),
    ("project propose --title X --purpose fun", "'fun' is not a purpose"),
    ("project propose f.json --title X", "Give FILE; or --title"),
    ("grant list --state open", "'open' is not a state"),
    ("receipts", "Give DATASET or GRANT, or --output"),
]


@pytest.mark.parametrize(("line", "words"), MISUSED, ids=[m[0] for m in MISUSED])
def test_what_cannot_be_meant_is_refused_before_anything_is_sent(
    line: str, words: str, run: Run, ledger: FakeLedger
) -> None:
    outcome = run(*line.split())
    assert outcome.code == 2
    assert words in outcome.err
    for call in (ledger.uses.grant, ledger.budgets.set, ledger.projects.propose):
        call.assert_not_called()
