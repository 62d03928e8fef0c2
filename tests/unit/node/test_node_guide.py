"""docs/node.md names every key of the configuration, and every reason for which a node refuses."""

import re
from dataclasses import asdict, fields
from pathlib import Path

import pytest

from dataledger.node import problems
from dataledger.node.answers import ANSWER_FORMAT, JOINED_FORMAT, START_FORMAT
from dataledger.node.config import DatasetEntry, TlsFiles
from dataledger.node.kinds import KINDS
from dataledger.node.requests import REQUEST_TYPES
from dataledger.node.rules import NodeRules

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "docs" / "node.md").read_text("utf-8")
SOURCES = sorted((ROOT / "src" / "dataledger" / "node").glob("*.py"))


def test_every_key_of_the_configuration_is_described() -> None:
    text = SOURCES[[path.name for path in SOURCES].index("config.py")].read_text("utf-8")
    keys = set(re.findall(r'top\.take\(\s*"(\w+)"', text))
    assert {"listen", "account", "plain_http"} <= keys
    for name, rules in asdict(NodeRules()).items():
        assert f"`{name}." in GUIDE
        keys |= set(rules)
    for section, kind in (("tls", TlsFiles), ("datasets", DatasetEntry)):
        keys |= {f"{section}.{field.name}" for field in fields(kind)}
    missing = {key for key in keys if f"`{key}`" not in GUIDE and f".{key}`" not in GUIDE}
    assert missing == set()


def test_every_reason_of_the_node_itself_is_explained() -> None:
    # Those of each kind of work stand in its own folder, and on its own page.
    text = "".join(path.read_text("utf-8") for path in SOURCES)
    reasons = set(re.findall(r'reason="([A-Za-z-]+)"', text))
    reasons |= {problems.BUSY, problems.SLOW, problems.TOO_LARGE}
    assert {"replayed", "not-held", "rate-limited"} <= reasons
    # Not told to anybody: what the journal keeps of runs without an answer.
    reasons -= {"settled-otherwise"}
    assert {reason for reason in reasons if f"`{reason}`" not in GUIDE} == set()


def test_every_code_and_status_is_explained() -> None:
    told = {*problems._KNOWN, problems.INTERNAL, problems.UNAVAILABLE, "node-refused"}
    # Never travels: two contents of one id are refused by the reason `RunExists`.
    told -= {"conflict"}
    assert {code for code in told if f"`{code}`" not in GUIDE} == set()


def test_what_travels_is_named_as_it_is() -> None:
    for name in (*KINDS, ANSWER_FORMAT, JOINED_FORMAT, START_FORMAT):
        assert name in GUIDE
    signed = ",".join(f"{kind} {name}" for name, kind in REQUEST_TYPES["Request"])
    assert f"Request({signed})" in GUIDE


@pytest.mark.parametrize("page", sorted(set(re.findall(r"\]\(([a-z]+\.md)", GUIDE))))
def test_every_page_that_it_leads_to_is_there(page: str) -> None:
    assert (ROOT / "docs" / page).exists()
