"""docs/sdk.md names every method that there is, and no other; its programs are Python."""

import ast
import inspect
import re
from pathlib import Path

import pytest

import dataledger.ledger
from dataledger.ledger import Ledger
from dataledger.ledger.budgets import Budgets
from dataledger.ledger.datasets import Datasets
from dataledger.ledger.documents import Documents
from dataledger.ledger.lifecycle import Lifecycle
from dataledger.ledger.lineage import Lineages
from dataledger.ledger.members import Members
from dataledger.ledger.organisations import Organisations
from dataledger.ledger.policies import Policies
from dataledger.ledger.projects import Projects
from dataledger.ledger.proofs import Proofs
from dataledger.ledger.runs import Runs
from dataledger.ledger.uses import Uses

GUIDE = (Path(__file__).parents[3] / "docs" / "sdk.md").read_text("utf-8")
NOUNS: dict[str, type] = {
    "ledger": Ledger,
    "ledger.organisations": Organisations,
    "ledger.members": Members,
    "ledger.policies": Policies,
    "ledger.datasets": Datasets,
    "ledger.lifecycle": Lifecycle,
    "ledger.lineage": Lineages,
    "ledger.proofs": Proofs,
    "ledger.projects": Projects,
    "ledger.uses": Uses,
    "ledger.budgets": Budgets,
    "ledger.runs": Runs,
    "ledger.documents": Documents,
}


@pytest.mark.parametrize("noun", NOUNS)
def test_the_guide_names_every_method(noun: str) -> None:
    (row,) = re.findall(rf"^\| `{re.escape(noun)}` \| (.*) \|$", GUIDE, re.MULTILINE)
    named = set(re.findall(r"`(\w+)`", row))
    public = {
        name
        for name, _ in inspect.getmembers(NOUNS[noun], inspect.isfunction)
        if not name.startswith("_")
    }
    assert named == public


@pytest.mark.parametrize("program", re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL))
def test_programs_are_python(program: str) -> None:
    ast.parse(program)


def test_everything_public_is_there() -> None:
    assert all(hasattr(dataledger.ledger, name) for name in dataledger.ledger.__all__)
    assert list(dataledger.ledger.__all__) == sorted(dataledger.ledger.__all__, key=_order)


def _order(name: str) -> tuple[int, str]:
    # As ruff sorts them: constants, classes, functions.
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)
