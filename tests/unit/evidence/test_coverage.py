import json
import re
from pathlib import Path

import pytest
from dataset_facts import facts

from dataledger.cli.commands.coverage import STANDARD
from dataledger.cli.commands.export import FORMAT
from dataledger.evidence.coverage import CAVEAT, Standard, coverage
from dataledger.evidence.export import Format, Status
from dataledger.manifest.description import Description, Measure, Topic

CHAIN_FACTS = {
    *("id", "owner", "slug", "policy", "registered", "stage", "head", "version", "recorded"),
    *("content_root", "manifest_digest", "size_bytes", "file_count", "record_count", "parents"),
    *("files", "tables", "previous", "steps", "parts", "activities", "approvals", "bans", "recall"),
}


@pytest.mark.parametrize("standard", Standard)
def test_points_rest_on_facts_that_there_can_be(standard: Standard) -> None:
    said = set(Description.__dataclass_fields__) - {"statements", "source", "version"}
    known = CHAIN_FACTS | said | {f"statements.{topic}" for topic in Topic}
    for point in standard.points:
        assert point.answers
        names = {name for name in (*point.answers, *point.supports) if "measures." not in name}
        assert names <= known, point.reference
        assert not set(point.answers) & set(point.supports)


@pytest.mark.parametrize("standard", Standard)
def test_each_point_has_a_reference_of_its_own_and_is_said_in_a_sentence(
    standard: Standard,
) -> None:
    references = [point.reference for point in standard.points]
    assert len(set(references)) == len(references)
    assert all(point.words[0].isupper() and point.words.endswith(".") for point in standard.points)


def test_article_10_is_there_in_full() -> None:
    references = [point.reference for point in Standard.EU_AI_ACT_ART10.points]
    assert references == [
        *(f"Art. 10(2)({letter})" for letter in "abcdefgh"),
        *(f"Art. 10({number})" for number in (3, 4, 5, 6)),
    ]


@pytest.mark.parametrize("standard", Standard)
def test_no_point_is_said_to_be_met(standard: Standard) -> None:
    said = json.dumps(coverage(facts(), standard).to_json())
    assert CAVEAT in said
    assert not re.search(r"complian(t|ce with)|conforms|fulfil|satisf", said, re.IGNORECASE)


def test_a_point_is_missing_asserted_or_proven_by_the_facts_that_answer_it() -> None:
    plain = {row.point.reference: row for row in coverage(facts(), Standard.ISO5259).rows}
    assert plain["Traceability"].status is Status.PROVEN
    assert plain["Completeness"].status is Status.MISSING
    description = Description(
        "Roads",
        measures=(Measure("Completeness", "0.98", "counted"),),
        statements={Topic.BIASES: ("Cities only.",)},
    )
    told = {row.point.reference: row for row in coverage(facts(description), Standard.ISO5259).rows}
    assert told["Completeness"].status is Status.ASSERTED
    (answer, _) = told["Completeness"].answers
    assert (answer.fact.value, answer.fact.document) == ("0.98", description.digest)
    act = {
        r.point.reference: r for r in coverage(facts(description), Standard("eu-ai-act-art10")).rows
    }
    assert act["Art. 10(2)(f)"].status is Status.ASSERTED
    assert [named.name for named in act["Art. 10(2)(f)"].supports] == ["steps"]
    assert act["Art. 10(2)(g)"].status is Status.MISSING


def test_the_document_has_each_fact_with_its_event() -> None:
    found = coverage(facts(), Standard.DPS)
    document = found.to_json()
    assert document["format"] == "dataledger/coverage/1"
    counts = document["counts"]
    assert counts == {status.value: found.count(status) for status in Status}
    text = json.dumps(document, default=dict)
    assert json.loads(text)["rows"][1]["answers"][0]["event"]["transaction_hash"]


def test_the_page_names_every_fact_format_and_standard() -> None:
    page = (Path(__file__).parents[3] / "docs" / "standards.md").read_text()
    named = set(re.findall(r"`([^`\n]+)`", page))
    assert named >= CHAIN_FACTS | {"suspension", "version_label"} | {*Format} | {*Standard}


def test_the_commands_take_every_format_and_standard() -> None:
    assert FORMAT.name.split("|") == list(Format)
    assert STANDARD.name.split("|") == list(Standard)
