"""Questions of audit: against the chain itself, and the same answers from both databases."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from consortium import Consortium, evidence, manifest, org_of
from index_rows import Filled, fill, key_of
from postgres import empty_database

from dataledger.cli.main import main
from dataledger.contracts.types import Capability, Severity
from dataledger.errors import NotFound
from dataledger.index.audit import ANOMALY_KINDS, Audit, DatasetFilter
from dataledger.index.index import Index
from dataledger.index.store import Store, sqlite_url
from dataledger.ledger import Ledger
from dataledger.manifest.description import Description

ROLES = Capability.CUSTODIAN | Capability.PROCESSOR | Capability.REGULATOR


@pytest.fixture(scope="module")
def acme(consortium: Consortium) -> Ledger:
    return consortium.join(ROLES)


@pytest.fixture(scope="module")
def roads(consortium: Consortium, acme: Ledger) -> str:
    """A dataset that was described, taken two steps, and recalled by the root authority."""
    slug = consortium.new_slug("roads")
    dataset = acme.datasets.register(slug, manifest("a")).event.dataset
    title = "Roads \x1b[31m of the \u202e north"
    acme.datasets.describe(dataset, Description(title=title, sector="transport"))
    acme.lifecycle.advance(dataset, "COLLECTED", evidence("collected"))
    acme.lifecycle.advance(dataset, "CLEANED", evidence("cleaned"))
    consortium.root.lifecycle.recall(dataset, 1, Severity.SERIOUS, "unlawful")
    owner = acme.organisations.get(org_of(acme)).slug
    return f"{owner}/{slug}"


@pytest.fixture
def index(consortium: Consortium, acme: Ledger, tmp_path: Path) -> Iterator[Index]:
    with Index.open(acme, sqlite_url(tmp_path / "index.sqlite3")) as opened:
        opened.sync()
        assert consortium.profile.chain_id
        yield opened


def test_a_timeline_is_the_history_that_the_contract_confirms(
    index: Index, acme: Ledger, roads: str
) -> None:
    history = acme.datasets.history(roads)
    page = index.audit.timeline(roads)
    assert [entry.event for entry in page.items] == [found.event for found in history.events]
    assert [entry.transaction_hash for entry in page.items] == [
        found.log.transaction_hash for found in history.events
    ]
    assert page.as_of_block == history.as_of_block


def test_states_are_those_of_the_contracts(index: Index, acme: Ledger, roads: str) -> None:
    dataset, state = acme.datasets.get(roads), index.audit.dataset_state(roads)
    assert (state.dataset, state.stage_name) == (dataset.id, dataset.stage_name)
    assert (state.version, state.owner) == (dataset.version_count, dataset.owner)
    duties = {holder.duty: holder.org for holder in state.duties}
    assert [duties.get(number) for number in (1, 2, 3)] == list(dataset.duties)
    assert [(r.version, r.severity) for r in state.recalled] == [(1, Severity.SERIOUS)]
    for organisation in acme.organisations.list():
        then = index.audit.organisation_state(organisation.id)
        assert then.standing.effective == organisation.effective
        assert (then.slug, then.parent) == (organisation.slug, organisation.parent)
    before = index.audit.dataset_state(
        roads, at=f"block:{index.audit.timeline(roads).items[2].block_number}"
    )
    assert (before.stage_name, before.recalled) == ("COLLECTED", ())


def test_roles_are_those_of_the_contracts(index: Index, acme: Ledger) -> None:
    for member in acme.members.list():
        (tenure,) = index.audit.roles(member.key, at=index.audit.summary().as_of_unix).items
        assert (tenure.role, tenure.org) == (member.role, member.org)
        assert tenure.in_force == member.is_active


def test_the_description_is_found_by_its_words(index: Index, roads: str) -> None:
    (found,) = index.audit.search("north roa", DatasetFilter(sector="transport")).items
    assert (found.name, found.recalled) == (roads, True)
    assert found.title == "Roads \x1b[31m of the \u202e north"


def test_a_command_syncs_first_and_shows_what_is_new(
    consortium: Consortium, acme: Ledger, roads: str, tmp_path: Path
) -> None:
    url = sqlite_url(tmp_path / "index.sqlite3")

    def ask(*arguments: str) -> Any:
        where = ["--home", str(consortium.home), "--index", url, "--json"]
        result = CliRunner(mix_stderr=False).invoke(main, ["audit", *arguments, *where])
        assert result.exit_code == 0, result.stderr
        return json.loads(result.stdout)

    before = ask("timeline", roads)
    dataset = acme.datasets.resolve(roads)
    acme.datasets.describe(dataset, Description(title="Roads, told anew"))
    after = ask("timeline", roads)
    assert after["events"][:-1] == before["events"]
    assert after["events"][-1]["kind"] == "DatasetDescribed"
    assert after["as_of_block"] > before["as_of_block"]
    assert ask("state", roads, "--no-sync")["dataset"]["title"] == "Roads, told anew"


# --------------------------------------------------------------------------------- both databases

QUESTIONS: dict[str, Callable[[Audit, Filled], Any]] = {
    "timeline": lambda a, f: a.timeline(f.names[9], kinds=["Advanced", "DatasetDescribed"]),
    "timeline of a version": lambda a, f: a.timeline(f"{f.names[8]}@1"),
    "activity": lambda a, _: a.activity("org-3", since="2024-02-01", limit=500),
    "activity of kinds": lambda a, _: a.activity("org-2", kinds=["VersionRecalled", "Advanced"]),
    "activity of a key": lambda a, _: a.activity(key_of(4, 1)),
    "roles": lambda a, _: a.roles("org-3", at="2024-06-01"),
    "dataset then": lambda a, f: a.dataset_state(f.names[3], at="block:1000"),
    "organisation then": lambda a, _: a.organisation_state("org-4", at="2024-06-01"),
    "datasets": lambda a, _: a.datasets(limit=300),
    "datasets by many": lambda a, _: a.datasets(
        DatasetFilter(stage="PUBLISHED", region="north", recalled=False), order="updated"
    ),
    "recalled datasets": lambda a, _: a.datasets(DatasetFilter(recalled=True, policy=1)),
    "datasets by words": lambda a, _: a.datasets(DatasetFilter(text="roads open")),
    "search": lambda a, _: a.search("records nor", limit=100),
    "search by slug": lambda a, _: a.search("roads-1"),
    "operators": lambda a, _: a.search("roads & !north | (health)"),
    "versions": lambda a, f: a.versions(f.names[7]),
    "recalls": lambda a, _: a.recalls(severity="SERIOUS"),
    "summary": lambda a, _: a.summary(),
    **{
        kind: lambda a, _, kind=kind: a.anomalies([kind], limit=1000)  # type: ignore[misc]
        for kind in ANOMALY_KINDS
    },
}


@pytest.fixture(scope="module")
def both(
    postgres: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Audit, Audit, Filled]]:
    """The same made-up index in SQLite and in PostgreSQL."""
    path = tmp_path_factory.mktemp("both") / "index.sqlite3"
    with (
        empty_database(postgres, "audit") as url,
        Store(sqlite_url(path)) as sqlite,
        Store(url) as server,
    ):
        filled = fill(sqlite, 150, owners=4)
        assert fill(server, 150, owners=4) == filled
        yield Audit(sqlite), Audit(server), filled


@pytest.mark.parametrize("name", QUESTIONS)
def test_both_databases_answer_alike(name: str, both: tuple[Audit, Audit, Filled]) -> None:
    sqlite, server, filled = both
    assert QUESTIONS[name](server, filled) == QUESTIONS[name](sqlite, filled)


@pytest.mark.parametrize("text", ["nul\0", "half\ud800", "\U0010ffff", "'; --", "\x1b[31m"])
def test_text_that_databases_refuse_is_nothing_that_there_is(
    both: tuple[Audit, Audit, Filled], text: str
) -> None:
    for audit in both[:2]:
        for ask in (audit.organisation_state, audit.dataset_state, audit.activity):
            for name in (text, f"org-2/{text}", f"{text}/roads"):
                with pytest.raises(NotFound):
                    ask(name)
        with pytest.raises(NotFound):
            audit.datasets(DatasetFilter(stage=text))
        for name in ("sector", "region", "quality", "licence"):
            assert audit.datasets(DatasetFilter(**{name: text})).items == ()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "typed",
    ["'", "\\", "roads' OR 1=1 --", ":* & (", "\0x", "écija", "\U0010ffff roads", "\u202eroads"],
)
def test_hostile_words_are_only_words_on_a_server(
    both: tuple[Audit, Audit, Filled], typed: str
) -> None:
    sqlite, server, _ = both

    def ask(audit: Audit) -> object:
        try:
            return audit.search(typed)
        except Exception as error:  # noqa: BLE001 - compared with the other database's
            return type(error), str(error)

    assert ask(server) == ask(sqlite)
