"""docs/queries.md and the example: what they show is read, and what they say is so."""

import json
import re
from pathlib import Path

from queries import found_in, holding_of

from dataledger.hashing import canonical_bytes
from dataledger.node.queries import document, parse, parse_query, to_bytes
from dataledger.node.queries.answer import margins
from dataledger.node.queries.asking import canonical_query
from dataledger.node.queries.noise import plan
from dataledger.node.queries.parse import _KINDS

ROOT = Path(__file__).parents[4]
GUIDE = (ROOT / "docs" / "queries.md").read_text("utf-8")
EXAMPLE = ROOT / "examples" / "harbour-air.query.json"


def test_the_query_that_is_shown_is_one() -> None:
    shown = re.findall(r"```json\n(.*?)```", GUIDE, re.DOTALL)[0]
    asked = parse(canonical_bytes(json.loads(shown)))
    assert json.loads(to_bytes(asked)) == json.loads(shown)


def test_the_noise_that_is_shown_is_that_of_the_query() -> None:
    shown = re.findall(r"```json\n(.*?)```", GUIDE, re.DOTALL)[0]
    asked = parse(canonical_bytes(json.loads(shown)))
    count = margins(asked, plan(asked))[0]
    assert f'"margin": "{count.margin}"' in GUIDE
    assert f'"scale": "{count.noise.scale!r}"' in GUIDE
    assert f'"high": "{1234 + count.margin}", "low": "{1234 - count.margin}"' in GUIDE


def test_every_member_kind_and_limit_is_named() -> None:
    for name in ("from", "unit", "where", "group_by", "measures", "cost", "confidence"):
        assert f"| `{name}` |" in GUIDE
    for kind in _KINDS:
        assert f"`{kind}`" in GUIDE
    for limit in (document.MAX_CHOICES, document.MAX_NUMBERS, document.MAX_CONTRIBUTIONS):
        assert f"{limit:,}" in GUIDE
    assert document.MAX_STEPS == 2**30
    assert document.MAX_MEASURES == document.MAX_CONDITIONS == 20


def test_the_example_is_answered_from_the_example_s_data() -> None:
    work = parse_query(canonical_query(EXAMPLE.read_bytes()))
    holding = holding_of(ROOT / "examples" / "harbour-air")
    work.check(holding)
    answer = work.compute(holding).content
    assert [number["group"] for number in found_in(answer, "level")] == ["no2", "pm2.5"]
