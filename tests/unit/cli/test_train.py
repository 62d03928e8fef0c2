"""`dataledger train`: what it asks the nodes, what it writes, and what becomes of the model."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from cli_runner import Run
from fake_ledger import ACME, KEY, REGISTERED, ROADS, FakeLedger, confirmed
from fake_uses import RECEIPT, RUN
from training import PARTIES, document, holding, train_in_threads

from dataledger.contracts.identifiers import GrantId
from dataledger.contracts.types import Capability, Parent, Relation
from dataledger.errors import AnswerWithheld, KeystoreError, NotFound
from dataledger.hashing import Digest, canonical_bytes
from dataledger.ledger.use_results import UseRun
from dataledger.manifest import Manifest
from dataledger.node.client import Answered
from dataledger.node.training import MODEL_PATH, Model, require_registrar

if TYPE_CHECKING:
    from dataledger.ledger import Ledger

GRANTS = tuple(GrantId.parse(party) for party in PARTIES)
ROWS: dict[str, list[object]] = {"a": [-1, 1], "b": [0, 0], "answer": ["no", "yes"]}


class FakeClient:
    """A node of which nothing is asked but where it is."""

    def __init__(self, _ledger: object, url: str, *, ca: Path | None = None) -> None:
        self.url, self.ca = url, ca


@dataclass
class Nodes:
    """The nodes that are asked together, in threads of this process."""

    folder: Path
    asked: list[tuple[list[str], tuple[GrantId, ...]]] = field(default_factory=list)
    content: bytes | None = None
    """What they answer; by default, what they train."""

    def ask_together(
        self,
        nodes: Sequence[FakeClient],
        grants: Sequence[GrantId],
        work: bytes,
        *,
        versions: Sequence[int | None] | None = None,
    ) -> list[Answered]:
        assert versions is None
        self.asked.append(([node.url for node in nodes], tuple(grants)))
        holdings = [holding(self.folder / str(n), ROWS, dataset=n + 1) for n in range(3)]
        content = self.content or train_in_threads(json.loads(work), holdings)[0][0].content
        receipt = replace(RECEIPT, code=Digest.of(work), output=Digest.of(content))
        return [
            Answered(grant, RUN.run, content, "application/json", receipt, "0x" + "44" * 32)
            for grant in grants
        ]


@pytest.fixture
def nodes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Nodes:
    nodes = Nodes(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("dataledger.node.client.NodeClient", FakeClient)
    monkeypatch.setattr("dataledger.node.training.asking.ask_together", nodes.ask_together)
    return nodes


@pytest.fixture
def registrar(ledger: FakeLedger, monkeypatch: pytest.MonkeyPatch) -> FakeLedger:
    """A ledger whose signer may register, and that has the receipts of every model."""
    monkeypatch.setattr(FakeLedger, "signer", SignerOf(), raising=False)
    ledger.organisations.get.return_value = replace(ACME, effective=Capability.CUSTODIAN)
    ledger.datasets.register.return_value = confirmed(REGISTERED)
    ledger.runs.of_output.side_effect = runs_of
    return ledger


@dataclass(frozen=True)
class SignerOf:
    """As much of a signer as is looked at."""

    address: str = KEY


def runs_of(output: Digest) -> tuple[UseRun, ...]:
    """Return a run of each party, and two that have nothing to do with the training."""
    code = Digest.of(_content())
    found = [
        replace(RUN, grant=g, receipt=replace(RECEIPT, code=code, output=output)) for g in GRANTS
    ]
    other = replace(RUN, grant=GRANTS[0], receipt=replace(RECEIPT, output=output))
    stranger = replace(found[0], grant=GrantId.parse("0x" + "77" * 32))
    return (other, *found, stranger)


def _content() -> bytes:
    return canonical_bytes(document(rounds=2))


def command(folder: Path, *more: str, asked: dict[str, Any] | None = None) -> list[str]:
    """Return a command line for a training whose parties are not in the file."""
    file = folder / "training.json"
    without = {k: v for k, v in document(rounds=2).items() if k != "parties"}
    file.write_text(json.dumps(without if asked is None else asked, indent=2))
    pairs = [w for n, p in enumerate(PARTIES) for w in ("--node", f"https://n{n}", "--grant", p)]
    return ["train", str(file), *pairs, "--output", str(folder / "model.json"), *more]


def test_the_model_is_written_as_the_nodes_answered_it(
    nodes: Nodes, tmp_path: Path, run: Run
) -> None:
    outcome = run(*command(tmp_path))
    assert outcome.code == 0, outcome.err
    assert nodes.asked == [(["https://n0", "https://n1", "https://n2"], GRANTS)]
    content = (tmp_path / "model.json").read_bytes()
    model = Model.parse(content)
    assert model.training.content == _content()
    assert "Trained a logistic model with 3 owners." in outcome.out
    assert "rho 1: ε 8.433845 at δ 1e-6" in outcome.out
    assert str(model.digest) in outcome.out


@pytest.mark.usefixtures("nodes")
def test_programs_get_one_object(tmp_path: Path, run: Run) -> None:
    answered = run(*command(tmp_path, "--json")).document
    model = Model.parse((tmp_path / "model.json").read_bytes())
    assert answered["digest"] == str(model.digest)
    assert (answered["rho"], answered["epsilon"], answered["delta"]) == ("1", "8.433845", "1e-6")
    assert [one["grant"] for one in answered["runs"]] == list(PARTIES)
    assert (answered["weights"], answered["rounds"], answered["registered"]) == (3, 2, None)


@pytest.mark.usefixtures("nodes")
def test_a_registered_model_names_what_its_own_receipts_name_and_nothing_else(
    registrar: FakeLedger, tmp_path: Path, run: Run
) -> None:
    outcome = run(*command(tmp_path, "--register", "crashes"))
    assert outcome.code == 0, outcome.err
    assert "Registered the model as a dataset." in outcome.out
    [call] = registrar.datasets.register.call_args_list
    slug, manifest = call.args
    assert isinstance(manifest, Manifest)
    content = (tmp_path / "model.json").read_bytes()
    [entry] = manifest.entries
    assert (slug, entry.path, entry.digest) == ("crashes", MODEL_PATH, Digest.of(content))
    assert call.kwargs["parents"] == (Parent(ROADS, 1, Relation.TRAINED_ON),)
    registrar.members.get.assert_called_with(KEY)


def test_a_model_without_a_receipt_of_each_party_is_not_registered(
    nodes: Nodes, registrar: FakeLedger, tmp_path: Path, run: Run
) -> None:
    registrar.runs.of_output.side_effect = lambda output: runs_of(output)[:3]
    outcome = run(*command(tmp_path, "--register", "crashes", "--json"))
    assert (outcome.code, outcome.error["code"]) == (NotFound.exit_code, "not-found")
    assert f"The grant {PARTIES[2]} has no receipt" in outcome.error["message"]
    registrar.datasets.register.assert_not_called()
    assert nodes.asked
    assert (tmp_path / "model.json").exists()


def test_who_is_no_custodian_learns_it_before_anything_is_spent(
    nodes: Nodes, registrar: FakeLedger, tmp_path: Path, run: Run
) -> None:
    registrar.organisations.get.return_value = replace(ACME, effective=Capability.CONSUMER)
    outcome = run(*command(tmp_path, "--register", "crashes"))
    assert outcome.code == 2
    assert "is no CUSTODIAN" in outcome.err
    assert nodes.asked == []


def test_who_signs_nothing_can_register_nothing(
    registrar: FakeLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeLedger, "signer", None)
    with pytest.raises(KeystoreError, match="has no signer"):
        require_registrar(cast("Ledger", registrar))


@pytest.mark.parametrize(
    ("more", "changed", "words"),
    [
        (["--node", "https://n3"], {}, "one --grant for each --node"),
        (["--register", "No Slug"], {}, "No Slug"),
        ([], {"rounds": 0}, "rounds is 0"),
        ([], {"parties": list(PARTIES[::-1])}, "not the grants, in their order"),
        (["--output", "nowhere/model.json"], {}, "cannot be written"),
        (["--output", "training.json"], {}, "already"),
    ],
)
def test_what_cannot_end_well_is_refused_before_anything_is_spent(
    nodes: Nodes, run: Run, *, more: list[str], changed: dict[str, Any], words: str
) -> None:
    tmp_path = nodes.folder
    outcome = run(*command(tmp_path, *more, asked=document(**{"rounds": 2, **changed})))
    assert outcome.code == 2
    assert words in outcome.err
    assert nodes.asked == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["training.json"]


@pytest.mark.parametrize("content", [b"{}", b"no model"])
def test_an_answer_that_is_no_model_is_not_written(
    nodes: Nodes, tmp_path: Path, run: Run, content: bytes
) -> None:
    nodes.content = content
    outcome = run(*command(tmp_path))
    assert outcome.code == 2
    assert "This is no model" in outcome.err
    assert not (tmp_path / "model.json").exists()


def test_the_model_of_another_training_is_not_written(
    nodes: Nodes, tmp_path: Path, run: Run
) -> None:
    holdings = [holding(tmp_path / str(n), ROWS) for n in range(3)]
    nodes.content = train_in_threads(document(rounds=1), holdings)[0][0].content
    outcome = run(*command(tmp_path))
    assert outcome.code == 1
    assert "was asked for" in outcome.err
    assert not (tmp_path / "model.json").exists()


def test_what_the_nodes_withhold_ends_the_command_and_leaves_nothing(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def withheld(*_: object, **__: object) -> list[Answered]:
        raise AnswerWithheld("A node left.", remedy="Ask its owner.")

    monkeypatch.setattr("dataledger.node.client.NodeClient", FakeClient)
    monkeypatch.setattr("dataledger.node.training.asking.ask_together", withheld)
    outcome = run(*command(tmp_path, "--json"))
    assert (outcome.code, outcome.error["code"]) == (1, "answer-withheld")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["training.json"]
