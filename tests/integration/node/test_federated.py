"""Three owners' nodes and a consumer, each a process with its own key, home and data."""

import json
import random
import re
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations
from pathlib import Path
from typing import Any

import nodes
import pytest
from consortium import Consortium
from federation import Federation, Withheld, free_port
from queries import document, found_in
from sharing import FIELD
from wire import Wire

from dataledger.contracts.use_types import Cost, Outcome
from dataledger.hashing import Digest
from dataledger.ledger import GrantId

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="wires between nodes need more addresses of this machine"
)

SEED = 20_261_123
ROWS = 24_000
TOP = 10**9
MEAN = {
    "column": "income",
    "kind": "mean",
    "name": "mean",
    "from": "0",
    "step": "1",
    "to": str(TOP),
}
HISTOGRAM = {
    "column": "income",
    "kind": "histogram",
    "name": "incomes",
    "edges": ["0", str(TOP // 2), str(TOP)],
}
SURE = "0.999999"
"""Of the intervals: the noise cannot be seeded, and this test is not to fail by chance."""
RECORDER = Path(__file__).parents[2] / "support" / "recording_node.py"


@dataclass
class Shared:
    """A federation whose every wire is kept."""

    federation: Federation
    incomes: list[list[int]]
    between: list[Wire]
    """Those to each node, from other nodes."""
    asked: list[Wire]
    """Those to each node, from the consumer."""
    folders: list[Path]
    """What each node said within TLS."""

    def ask(self, **members: Any) -> bytes:
        """Return one answer."""
        urls = [f"http://{host}:{port}" for host, port in (wire.address for wire in self.asked)]
        question = document(MEAN, HISTOGRAM, confidence=SURE, cost={"epsilon": "4"}, **members)
        return self.federation.ask(question, urls=urls)


@pytest.fixture(scope="module")
def shared(consortium: Consortium, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    folder = tmp_path_factory.mktemp("federation")
    rng = random.Random(SEED)  # noqa: S311 - data of a test
    incomes = [[rng.randrange(TOP) for _ in range(ROWS + 1000 * at)] for at in range(3)]
    rows = [[f"person-{rng.getrandbits(40):x},{income}" for income in own] for own in incomes]
    tables = [{"people.csv": "\n".join(["name,income", *own]) + "\n"} for own in rows]
    ports = [free_port() for _ in tables]
    rules = [
        f'[federated]\nadvertise = "127.0.0.{11 + at}"\nfirst_port = {port}\nlast_port = {port}\n'
        "seconds = 60\n"
        for at, port in enumerate(ports)
    ]
    with ExitStack() as stack:
        built = Federation.build(consortium, folder, tables, rules=rules)
        federation = stack.enter_context(built)
        between = [
            stack.enter_context(Wire((f"127.0.0.{11 + at}", port), lambda p=port: ("127.0.0.1", p)))  # type: ignore[misc]
            for at, port in enumerate(ports)
        ]
        asked = [
            stack.enter_context(Wire(("127.0.0.1", 0), lambda at=at: _place(federation, at)))  # type: ignore[misc]
            for at in range(3)
        ]
        folders = [folder / f"said-{at}" for at in range(3)]
        for each in folders:
            each.mkdir()
        yield Shared(federation, incomes, between, asked, folders)


@pytest.fixture(scope="module")
def answered(shared: Shared) -> Iterator[bytes]:
    """One answer. The nodes serve until the last test of this file is done."""
    environments = [{"DATALEDGER_TEST_RECORD": str(folder)} for folder in shared.folders]
    with shared.federation.serving(program=RECORDER, environments=environments):
        yield shared.ask()


def _place(federation: Federation, at: int) -> tuple[str, int]:
    host, port = federation.running[at].url.removeprefix("http://").split(":")
    return host, int(port)


def test_the_answer_is_true_within_its_intervals(shared: Shared, answered: bytes) -> None:
    everybody = [income for own in shared.incomes for income in own]
    [mean] = found_in(answered, "mean")
    truth = Decimal(sum(everybody)) / len(everybody)
    assert Decimal(mean["low"]) <= truth <= Decimal(mean["high"])
    below = sum(income < TOP // 2 for income in everybody)
    counts = [below, len(everybody) - below]
    for number, count in zip(found_in(answered, "incomes"), counts, strict=True):
        assert int(number["low"]) <= count <= int(number["high"])
    assert json.loads(answered)["parties"] == 3


def test_each_owner_has_a_receipt_that_says_who_took_part(shared: Shared, answered: bytes) -> None:
    federation = shared.federation
    runs = [site.owner.runs.list(grant=grant) for site, grant in _owners(federation)]
    receipts = [run.receipt for [run] in runs]
    question = document(MEAN, HISTOGRAM, confidence=SURE, cost={"epsilon": "4"})
    for receipt, site in zip(receipts, federation.sites, strict=True):
        assert receipt is not None
        assert receipt.outcome is Outcome.RELEASED
        assert receipt.code == Digest.of(federation.document(question))
        assert receipt.output == Digest.of(answered)
        assert [read.dataset for read in receipt.inputs] == [site.dataset]
        assert receipt.spent == Cost(4_000_000)
    assert federation.counted() == [Cost(4_000_000)] * 3


def test_no_wire_holds_a_record_or_a_part(shared: Shared, answered: bytes) -> None:
    parts = [_parts(shared, at) for at in range(3)]
    forbidden = {str(number).encode() for part in parts for number in part}
    incomes = {str(income).encode() for own in shared.incomes for income in own}
    said = list(_said(shared))
    # From 0 to 1 and 2, and from 1 to 2; each of the consumer's requests; and all within TLS.
    assert [len(wire.captures) for wire in shared.between] == [0, 1, 2]
    assert all(wire.captures for wire in shared.asked)
    assert len(said) >= 3 * 2 * 3
    for data in [*said, answered]:
        assert len(data) > 0
        assert b"person-" not in data
        numbers = set(re.findall(rb"(?<![0-9A-Za-z+/.])-?[0-9]{4,}(?![0-9A-Za-z+/=])", data))
        assert not numbers & forbidden
        assert not numbers & incomes
        for number in {number for part in parts for number in part}:
            for written in _binary(number):
                assert written not in data


@pytest.mark.usefixtures("answered")
def test_nodes_speak_with_one_another_by_tls_alone(shared: Shared) -> None:
    for wire in shared.between:
        for capture in wire.captures:
            for data in capture.both:
                assert data[:2] == b"\x16\x03"
                # No certificate is seen, nor what MPyC says first: the party's number.
                assert b"dataledger" not in data


@pytest.mark.usefixtures("answered")
def test_where_one_node_refuses_the_others_give_up_and_nobody_pays(shared: Shared) -> None:
    federation = shared.federation
    before = federation.counted()
    last, grant = federation.sites[2], federation.grants[2]
    last.owner.uses.revoke(grant, "the people in the data said no")
    with pytest.raises(Withheld) as withheld:
        federation.ask(document(cost={"epsilon": "1"}))
    assert (withheld.value.kind, withheld.value.reason) == ("NodeRefused", "NotGranted")
    assert federation.counted() == before
    for site, own in list(_owners(federation))[:2]:
        [_, given_up] = site.owner.runs.list(grant=own)
        assert given_up.receipt is not None
        assert (given_up.receipt.outcome, given_up.receipt.spent) == (Outcome.FAILED, Cost(0))


def _owners(federation: Federation) -> Iterator[tuple[nodes.Site, GrantId]]:
    yield from zip(federation.sites, federation.grants, strict=True)


def _parts(shared: Shared, at: int) -> list[int]:
    """Return what one node would tell if it were not hidden: its exact numbers, and its noisy."""
    own = shared.incomes[at]
    below = sum(income < TOP // 2 for income in own)
    from_middle = sum(own) - len(own) * (TOP // 2)
    [noisy] = [json.loads(line) for line in (shared.folders[at] / "adds").read_text().splitlines()]
    exact = [sum(own), from_middle, len(own), below, len(own) - below]
    assert len(set(exact) & set(noisy)) < 4, "there is noise"
    assert any(abs(number - from_middle) < 10**11 for number in noisy)
    return [*exact, *noisy]


def _said(shared: Shared) -> Iterator[bytes]:
    for wire in [*shared.between, *shared.asked]:
        for capture in wire.captures:
            yield from capture.both
    for one, other in combinations(range(3), 2):
        yield (shared.folders[one] / f"{one}-tells-{other}").read_bytes()
        yield (shared.folders[one] / f"{one}-hears-{other}").read_bytes()


def _binary(number: int) -> list[bytes]:
    field = (number % FIELD).to_bytes(16, "little")
    eight = number.to_bytes(8, "little", signed=True)
    return [field, field[::-1], eight, eight[::-1]]
