"""Every format, of all kinds of datasets, is held to its standard; and says what it rests on."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from croissant_example import croissant_example
from dataset_facts import BAN, ROADS, activity, event, facts, file
from standards import (
    HOLD,
    hold_dcat,
    hold_dps,
    hold_openlineage,
    hold_prov,
    hold_prov_o,
    hold_spdx,
)

from dataledger.contracts.identifiers import Address, Slug
from dataledger.evidence.export import DatasetFacts, Export, Format, Status, export
from dataledger.evidence.export.facts import MEANING
from dataledger.evidence.export.notes import FACTS_TERM
from dataledger.manifest.description import (
    Description,
    Measure,
    Party,
    Period,
    Topic,
    read_description,
)
from dataledger.manifest.records.source import Column

HOSTILE = (
    "\x1b]0;owned\x07\x1b[2J\x7f\x9b31m [bold red]x[/] \u202egnp.exe\u2066 "
    "'; DROP TABLE x; -- </script><b> {{7*7}} \u2028\r\n\ud7ff\U0010ffff"
)


def described(text: str) -> Description:
    """Return a description that says `text` wherever a text is free."""
    party = Party(text, text, text)
    return Description(
        title=text,
        description=text,
        keywords=(text, f"{text}2"),
        licence=text,
        sector=text,
        region=text,
        quality=text,
        languages=("en", text),
        creators=(party, Party("Acme", "https://acme.example/")),
        publisher=party,
        contact=party,
        homepage=text,
        version=text,
        issued="2026-01-31",
        temporal=Period("2020", "2021-12-31T00:00:00Z"),
        spatial=(text,),
        measures=(Measure(text, text, text),),
        statements=dict.fromkeys(Topic, (text, f"{text}2")),
        citation=text,
    )


FINE = Description(
    "Roads",
    description="All roads.",
    licence="CC-BY-4.0",
    homepage="https://acme.example/roads",
    contact=Party("Desk", email="desk@acme.example"),
    temporal=Period(start="2020-01"),
    issued="2026-01",
    statements={Topic.PROCESSING_INCLUDED: ("NL", "BE"), Topic.USE_CASES: ("Routing.",)},
)
TABLES = {"data/a b.csv": (Column("x", "int"), Column(HOSTILE, "string"))}


def imported() -> DatasetFacts:
    """Return facts of a dataset that was described by a Croissant document."""
    example = croissant_example()
    del example["recordSet"][0]["field"][1]["dataType"][1]  # which mlcroissant does not know
    return facts(read_description(json.dumps(example).encode()))


CASES: dict[str, Callable[[], DatasetFacts]] = {
    "plain": facts,
    "fine": lambda: facts(FINE, tables=TABLES),
    "hostile": lambda: facts(described(HOSTILE), bans=(BAN,)),
    "megabytes": lambda: facts(Description("T" * 2**20, description="D" * 2**20)),
    "recalled": lambda: facts(bans=(BAN,), origins=False),
    "imported": imported,
    "many files": lambda: facts(FINE, files=[file(f"{n}.csv") for n in range(1_001)]),
    "no manifest": lambda: facts(files=()),
}


@cache
def case(name: str) -> DatasetFacts:
    return CASES[name]()


@cache
def made(name: str, format_: str) -> Export:
    return export(case(name), Format(format_))


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("format_", HOLD)
def test_every_export_is_what_its_standard_wants(format_: str, name: str) -> None:
    HOLD[format_](made(name, format_).text)


@pytest.mark.parametrize("format_", Format)
@pytest.mark.parametrize("name", ["hostile", "megabytes"])
def test_the_text_is_printable_and_the_title_is_as_it_was_given(format_: str, name: str) -> None:
    text = made(name, format_).text
    assert text.isascii()
    assert text.replace("\n", "").isprintable()
    found = [json.loads(line) for line in text.splitlines()] if format_ == "openlineage" else [text]
    strings = set(_strings(found if format_ == "openlineage" else json.loads(text)))
    title = case(name).text("title")
    assert any(title in string for string in strings)


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for item in value.values() for text in _strings(item)]
    return [text for item in value for text in _strings(item)] if isinstance(value, list) else []


BREAK: dict[str, Callable[[str], str]] = {
    "croissant": lambda text: text.replace('"cr:FileObject"', '"cr:FileSet"'),
    "prov": lambda text: text.replace('"prov:startTime": "2026', '"prov:startTime": "never 2026'),
    "prov-o": lambda text: text.replace('"prov:used"', '"prov:wasAttributedTo"'),
    "dcat": lambda text: text.replace('"dct:description"', '"dct:abstract"'),
    "openlineage": lambda text: text.replace('"runId": "', '"runId": "x'),
    "spdx": lambda text: text.replace('"relationshipType": "contains"', '"comment": "contains"'),
    "dps": lambda text: text.replace('"generation-method"', '"method"'),
}


@pytest.mark.parametrize("format_", HOLD)
def test_the_standards_would_refuse_another_document(format_: str) -> None:
    text = made("fine", format_).text
    broken = BREAK[format_](text)
    assert broken != text
    with pytest.raises(Exception, match=r"."):  # each library has errors of its own
        HOLD[format_](broken)


# --------------------------------------------------------------------- what stands behind each part


def embedded(format_: str, text: str) -> dict[str, Any]:
    """Return the notes as the export itself has them."""
    if format_ == "openlineage":
        first = json.loads(text.splitlines()[0])
        found: dict[str, Any] = first["run"]["facets"]["dataledger_facts"]["notes"]
        return found
    document = json.loads(text)
    match format_:
        case "croissant" | "dcat":
            found = document[FACTS_TERM]["@value"]
        case "prov":
            (version,) = [v for v in document["entity"].values() if "term:facts" in v]
            found = json.loads(version["term:facts"])
        case "prov-o":
            (version,) = [v for v in document["@graph"] if FACTS_TERM in v]
            found = version[FACTS_TERM]["@value"]
        case "spdx":
            (note,) = [e for e in document["@graph"] if e["type"] == "Annotation"]
            found = json.loads(note["statement"])
        case _:
            found = document["dataledger"]
    return found


@pytest.mark.parametrize("format_", HOLD)
def test_the_export_itself_says_for_each_part_what_stands_behind_it(format_: str) -> None:
    said = embedded(format_, made("fine", format_).text)
    assert said["meaning"] == MEANING
    assert "Not that it is true" in said["meaning"]["proven"]
    assert (said["dataset"], said["version"]) == (str(ROADS), 2)
    assert said["facts"]
    for fact in said["facts"]:
        assert fact["about"]
        assert fact["status"] in set(Status)
        if fact["status"] == "proven":
            assert fact["event"]["transaction_hash"] == "0x" + "ab" * 32
            assert fact["by"]["organisation"] == "acme"
        if fact["status"] == "asserted":
            assert fact["by"]["organisation"] in {"acme", "clearwater"}
            assert fact["document"].startswith("sha256:")
    statuses = {fact["status"] for fact in said["facts"]}
    assert {"proven", "asserted"} <= statuses


@pytest.mark.parametrize("format_", HOLD)
def test_what_nobody_said_is_noted_as_missing(format_: str) -> None:
    said = embedded(format_, made("plain", format_).text)
    missing = {fact["fact"] for fact in said["facts"] if fact["status"] == "missing"}
    if format_ == "openlineage":
        assert missing == {"description"}
    else:
        assert "licence" in missing or "homepage" in missing


@pytest.mark.parametrize("format_", HOLD)
def test_every_export_of_a_recalled_version_says_so(format_: str) -> None:
    assert embedded(format_, made("recalled", format_).text)["recalled"] == [BAN.name]
    assert "recalled" not in embedded(format_, made("fine", format_).text)


@pytest.mark.parametrize("format_", Format)
def test_the_facts_go_into_a_document_of_their_own_with_their_values(format_: str) -> None:
    document = json.loads(made("fine", format_).facts_text())
    assert document["format"] == "dataledger/facts/1"
    proven = [fact for fact in document["facts"] if fact["status"] == "proven"]
    assert all("value" in fact for fact in proven)
    assert all("value" not in f for f in document["facts"] if f["status"] == "missing")


def test_facts_alone_are_all_that_is_known_by_name() -> None:
    document = json.loads(made("fine", "facts").text)
    assert {fact["fact"] for fact in document["facts"]} == set(case("fine").named)


# ---------------------------------------------------------------------------------- each for itself


def test_prov_tells_steps_by_their_records_and_who_stands_behind_them() -> None:
    document = hold_prov(made("fine", "prov").text)
    told = document.get_provn().replace("\\:", ":")
    assert f"activity(ledger:activity:{activity().evidence}, 2026-01-31T11:00:00+00:00" in told
    assert "actedOnBehalfOf(did:pkh:eip155:1145848903:0x7099" in told
    assert 'term:status="asserted"' in told
    assert "wasDerivedFrom(" in told


def test_prov_has_one_making_of_each_entity_however_many_records_claim_it() -> None:
    told = facts()
    again = replace(told.steps[1], event=event("Advanced", 7), evidence=activity().evidence)
    later = activity()
    later = replace(later, type="again", outputs=(*later.outputs, *later.inputs[:1]))
    steps = (*told.steps, replace(again, activity=later, evidence=later.evidence))
    graph = hold_prov_o(export(replace(told, steps=steps), Format.PROV_O).text)
    from rdflib import PROV

    made_by = {str(s): str(o) for s, o in graph.subject_objects(PROV.wasGeneratedBy)}
    assert made_by == {
        f"urn:dataledger:dataset:{ROADS}:2": f"urn:dataledger:activity:{activity().evidence}"
    }


def test_prov_lets_no_record_say_for_whom_a_key_acts_where_the_chain_does() -> None:
    told = facts()
    [*others, last] = told.steps
    assert last.activity is not None
    [agent] = last.activity.agents
    stranger = Address("0x" + "11" * 20)
    claims = (replace(agent, organisation=Slug("evil")), replace(agent, member=stranger))
    record = replace(last.activity, agents=claims)
    step = replace(last, activity=record, evidence=record.evidence)
    made = export(replace(told, steps=(step, *others)), Format.PROV_O)
    nodes = {node["@id"]: node for node in json.loads(made.text)["@graph"]}
    known = nodes[f"did:pkh:eip155:{told.chain.chain_id}:{agent.member}"]
    said = nodes[f"did:pkh:eip155:{told.chain.chain_id}:{stranger}"]
    assert "evil" not in json.dumps(known)
    assert "term:status" not in known
    assert said["term:status"] == "asserted"


def test_two_exports_of_one_state_are_the_same_bytes_in_every_process() -> None:
    program = (
        "import sys; sys.path[:0] = ['tests/support']\n"
        "from dataset_facts import facts\nfrom dataledger.evidence.export import Format, export\n"
        "for name in Format: print(export(facts(), name).text)"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=Path(__file__).parents[4],
            check=True,
            capture_output=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(found) == 1


def test_prov_o_says_the_same_as_prov_json() -> None:
    graph = hold_prov_o(made("fine", "prov-o").text)
    document = hold_prov(made("fine", "prov").text)
    from rdflib import PROV

    for name in ("wasDerivedFrom", "used", "wasAssociatedWith", "hadMember", "actedOnBehalfOf"):
        pairs = set(graph.subject_objects(PROV[name]))
        assert pairs, name
        assert document.get_provn().count(f"  {name}(") == len(pairs), name


def test_dcat_forbids_the_use_of_what_was_recalled() -> None:
    from rdflib import Namespace

    odrl = Namespace("http://www.w3.org/ns/odrl/2/")
    recalled = hold_dcat(made("recalled", "dcat").text)
    assert list(recalled.subject_objects(odrl.prohibition))
    assert not list(recalled.subject_objects(odrl.permission))
    fine = hold_dcat(made("fine", "dcat").text)
    (constraint,) = fine.objects(None, odrl.constraint)
    assert {str(place) for place in fine.objects(constraint, odrl.rightOperand)} == {"NL", "BE"}
    assert not list(fine.subject_objects(odrl.prohibition))


def test_dcat_makes_of_a_licence_no_permission_but_a_duty_to_read_it() -> None:
    from rdflib import Namespace

    odrl = Namespace("http://www.w3.org/ns/odrl/2/")
    graph = hold_dcat(
        export(facts(Description("R", licence="All rights reserved")), Format.DCAT).text
    )
    (duty,) = graph.objects(None, odrl.obligation)
    assert set(graph.objects(duty, odrl.action)) == {odrl.reviewPolicy}
    assert not list(graph.subject_objects(odrl.permission))
    assert not list(hold_dcat(made("plain", "dcat").text).subject_objects(odrl.hasPolicy))


def test_openlineage_runs_begin_and_end_as_their_records_say() -> None:
    events = hold_openlineage(made("fine", "openlineage").text)
    assert [(event.eventType.value, event.eventTime) for event in events] == [
        ("COMPLETE", "2026-01-31T12:00:00Z"),
        ("COMPLETE", "2026-01-31T12:00:00Z"),
        ("START", "2026-01-31T11:00:00Z"),
        ("COMPLETE", "2026-01-31T11:30:00.000005Z"),
    ]
    assert [dataset.name for dataset in events[0].inputs] == ["survey-office/survey"]
    assert events[2].run.runId == events[3].run.runId != events[1].run.runId


def test_spdx_has_the_licence_the_files_and_the_origin() -> None:
    package = hold_spdx(made("fine", "spdx").text)
    assert package.name == "Roads"
    assert package.dataset_intendedUse == "Routing."
    document = json.loads(made("fine", "spdx").text)
    kinds = {e.get("relationshipType") for e in document["@graph"]} - {None}
    assert kinds == {"contains", "hasDeclaredLicense", "descendantOf"}


def test_dps_says_unknown_where_it_must_say_something() -> None:
    document = hold_dps(made("no manifest", "dps").text)
    assert document["provenance"]["origin-geography"] == [{"country": "unknown"}]
    assert document["use"]["intended-purpose"][0]["code"] == "unknown"
    assert document["provenance"]["generation-method"][0]["code"] == "clean"
    assert hold_dps(made("fine", "dps").text)["use"]["processing-included"] == [
        {"country": "NL"},
        {"country": "BE"},
    ]
