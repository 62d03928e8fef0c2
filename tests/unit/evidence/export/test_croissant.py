import json
from dataclasses import replace
from typing import Any

import pytest
from croissant_example import croissant_example
from dataset_facts import FILES, ROADS, facts, file
from hypothesis import given, settings
from hypothesis import strategies as st
from standards import hold_croissant

from dataledger.evidence.export import Format, export
from dataledger.evidence.export.croissant import CONTEXT
from dataledger.evidence.export.notes import FACTS_TERM
from dataledger.hashing import Algorithm, Digest
from dataledger.manifest import FileEntry
from dataledger.manifest.description import (
    Description,
    ForeignFormat,
    Party,
    Source,
    Topic,
    read_description,
)
from dataledger.manifest.description.parts import MediaType
from dataledger.manifest.records.source import Column

DESCRIPTION = Description(
    "Roads",
    description="All roads.",
    licence="CC-BY-4.0",
    creators=(Party("Acme", "https://acme.example/", "a@acme.example"),),
    issued="2026-01-31",
    statements={Topic.BIASES: ("Cities only.",), Topic.COLLECTION: ("By car.", "By foot.")},
)

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


def exported(original: dict[str, Any], *files: FileEntry) -> tuple[dict[str, Any], Any]:
    """Return what a document becomes once it was registered, kept, read and exported; its notes."""
    description = read_description(json.dumps(original).encode())
    kept = Description.parse(description.to_bytes())
    made = export(facts(kept, files=files or FILES), Format.CROISSANT)
    return json.loads(made.text), made.notes


def test_a_described_version_is_croissant_with_its_files_and_what_was_said() -> None:
    tables = {"data/a b.csv": (Column("x", "int"), Column('y "z"', "list<string>"))}
    text = export(facts(DESCRIPTION, tables=tables), Format.CROISSANT).text
    metadata = hold_croissant(text)
    assert metadata.name == "Roads"
    assert metadata.license == ["https://spdx.org/licenses/CC-BY-4.0"]
    assert metadata.data_biases == ["Cities only."]
    assert metadata.data_collection == "By car.\nBy foot."
    assert [part.sha256 for part in metadata.distribution] == [entry.digest.hex for entry in FILES]
    (records,) = metadata.record_sets
    assert [field.name for field in records.fields] == ["x", 'y "z"']
    assert not metadata.ctx.issues.errors


def test_without_a_description_the_chain_speaks_for_itself() -> None:
    metadata = hold_croissant(export(facts(), Format.CROISSANT).text)
    assert metadata.name == "acme/roads"
    assert "gave no description" in metadata.description
    assert metadata.version == "2.0.0"


def test_files_without_a_sha256_stand_in_file_sets() -> None:
    odd = FileEntry("big.bin", 5, Digest(Algorithm.BLAKE3, Digest.of(b"big").value))
    document = json.loads(export(facts(files=(odd, FILES[2])), Format.CROISSANT).text)
    kinds = {part["@type"] for part in document["distribution"]}
    assert kinds == {"cr:FileObject", "cr:FileSet"}
    hold_croissant(json.dumps(document))


@pytest.mark.parametrize("suffixes", [3, 150])
def test_many_files_stand_in_a_bounded_number_of_file_sets(suffixes: int) -> None:
    files = [file(f"part{n % 7}/{n}.k{n % suffixes}") for n in range(1_200)]
    document = json.loads(export(facts(files=files), Format.CROISSANT).text)
    assert 1 < len(document["distribution"]) <= 101
    assert document["distribution"][0]["@id"] == "manifest"
    hold_croissant(json.dumps(document))


def test_a_manifest_that_is_not_at_hand_is_missing_and_named() -> None:
    made = export(facts(files=()), Format.CROISSANT)
    (note,) = [note for note in made.notes.notes if note.about == "distribution"]
    assert note.fact.status == "missing"
    (part,) = json.loads(made.text)["distribution"]
    assert part["sha256"] in facts(files=()).text("manifest_digest")
    hold_croissant(made.text)


# -------------------------------------------------------------------------------- the round trip


def without_additions(document: dict[str, Any], original: dict[str, Any]) -> dict[str, Any]:
    """Return the document without the facts, and without the files that the ledger added."""
    parts = document["distribution"][: len(original["distribution"])]
    rest = {name: value for name, value in document.items() if name != FACTS_TERM}
    return {**rest, "distribution": parts}


def test_croissant_goes_out_as_it_came_but_for_what_the_ledger_knows_better() -> None:
    original = croissant_example()
    document, notes = exported(original)
    table = FILES[0]
    original["distribution"][1] |= {
        "sha256": table.digest.hex,
        "contentSize": f"{table.size_bytes} B",
    }
    assert without_additions(document, original) == original
    assert [found.to_json() for found in notes.differences] == [
        {
            "about": "distribution/table/sha256",
            "imported": "f" * 64,
            "ledger": table.digest.hex,
        },
        {
            "about": "distribution/table/contentSize",
            "imported": "999999 B",
            "ledger": f"{table.size_bytes} B",
        },
    ]
    assert document[FACTS_TERM]["@value"]["differences"] == [
        found.to_json() for found in notes.differences
    ]
    added = [part["name"] for part in document["distribution"][3:]]
    assert added == [entry.path for entry in FILES[1:]]


def test_what_goes_out_is_still_croissant() -> None:
    original = croissant_example()
    del original["recordSet"][0]["field"][1]["dataType"][1]
    metadata = hold_croissant(json.dumps(exported(original)[0]))
    assert metadata.data_biases == original["rai:dataBiases"]
    assert [records.uuid for records in metadata.record_sets] == ["splits", "images"]


def test_files_that_are_said_rightly_are_left_as_they_are() -> None:
    original = croissant_example()
    table = FILES[0]
    original["distribution"][1] |= {
        "sha256": table.digest.hex.upper(),
        "contentSize": str(table.size_bytes),
    }
    document, notes = exported(original)
    assert without_additions(document, original) == original
    assert notes.differences == []


@settings(max_examples=40)
@given(st.dictionaries(st.text(min_size=1, max_size=8), anything, max_size=5))
def test_every_member_that_nobody_knows_is_kept(members: dict[str, Any]) -> None:
    unknown = {f"acme:{name}": value for name, value in members.items()}
    original = croissant_example(**unknown, distribution=[])
    document, _ = exported(original)
    assert without_additions(document, original) == original


@pytest.mark.parametrize(
    "context", ["https://schema.org/", ["https://schema.org/", {"cr": "http://mlcommons.org/"}]]
)
def test_a_context_that_lies_elsewhere_is_kept_and_not_fetched(context: Any) -> None:
    original = {
        "@context": context,
        "@type": "Dataset",
        "name": "Roads",
        "license": {"@type": "CreativeWork", "name": "House rules"},
        "distribution": [],
    }
    document, notes = exported(original)
    assert without_additions(document, original) == original
    assert notes.facts.text("licence") == "House rules"


def test_of_two_file_objects_with_one_path_the_first_is_the_file() -> None:
    parts = [{"@id": name, "contentUrl": f"{name}/README.md", "sha256": "0"} for name in "ab"]
    document, notes = exported(croissant_example(distribution=parts))
    assert [part["sha256"] for part in document["distribution"][:2]] == [FILES[2].digest.hex, "0"]
    assert [found.about for found in notes.differences] == ["distribution/a/sha256"]


@pytest.mark.parametrize("text", ["no JSON", "[]", '{"@type": "sc:Dataset", "name": "Other"}'])
def test_a_source_that_is_not_what_the_description_says_is_not_used(text: str) -> None:
    source = Source(ForeignFormat.CROISSANT, MediaType.JSON_LD, text)
    made = export(facts(replace(DESCRIPTION, source=source)), Format.CROISSANT)
    assert json.loads(made.text)["name"] == "Roads"
    hold_croissant(made.text)


@pytest.mark.parametrize("name", [["a"], {"@id": "a"}, 7, None])
def test_file_objects_of_any_form_are_kept(name: Any) -> None:
    original = croissant_example(distribution=[{"@id": name, "name": name}, name])
    document, _ = exported(original)
    assert without_additions(document, original) == original


@pytest.mark.parametrize(
    ("context", "members"),
    [
        ({"urn": "https://evil.example/"}, {}),
        ({FACTS_TERM: "https://evil.example/"}, {}),
        ({FACTS_TERM: None}, {}),
        ({"proof": FACTS_TERM}, {"proof": {"facts": []}}),
        ({"d": "urn:dataledger:terms:1:"}, {"d:facts": {"facts": []}}),
        ({"d": "urn:data"}, {"d:ledger:terms:1:facts": {"facts": []}}),
        ({"u": "urn:"}, {"u:dataledger:terms:1:facts": {"facts": []}}),
        ({"d": "u:dataledger:terms:1:", "u": "urn:"}, {"d:facts": {"facts": []}}),
        ({"@vocab": "urn:dataledger:terms:1:", "name": "sc:name"}, {"facts": []}),
        ({}, {"creator": {FACTS_TERM: {"facts": []}}}),
        ({}, {"creator": {"@context": {"proof": FACTS_TERM}, "proof": {"facts": []}}}),
        ({"proof": {"@id": FACTS_TERM}}, {"proof": {"facts": []}}),
        ({"sha256": "https://evil.example/sha256"}, {}),
        ({"digest": "sc:sha256"}, {}),
        ({"digest": {"@id": "https://schema.org/sha256"}}, {}),
        ({}, {"isPartOf": {"sc:sha256": "00"}}),
        ({"contentSize": "sc:name"}, {}),
        ({"@import": "https://evil.example/context"}, {}),
    ],
)
def test_a_document_that_changes_what_the_ledgers_words_mean_does_not_go_out(
    context: dict[str, Any], members: dict[str, Any]
) -> None:
    original = croissant_example(**members)
    original["@context"] = {**original["@context"], **context}
    document, notes = exported(original)
    assert document["@context"] == CONTEXT
    assert document["name"] == original["name"]
    assert [note for note in notes.notes if note.name == "source"] == []
    original["@context"] = [original["@context"], "https://evil.example/context"]
    assert exported(original)[0]["@context"] == CONTEXT


@pytest.mark.parametrize(
    "context", ["https://evil.example/", "file:///etc/passwd", ["https://schema.org/", None], 7]
)
def test_a_context_of_which_only_others_know_what_it_says_does_not_go_out(context: Any) -> None:
    original = {"@context": context, "@type": "Dataset", "name": "Roads"}
    assert exported(original)[0]["@context"] == CONTEXT


def test_of_an_imported_file_only_the_digest_and_the_size_are_proven() -> None:
    _, notes = exported(croissant_example())
    statuses = {
        note.about: note.fact.status.value
        for note in notes.notes
        if note.about.startswith("distribution/table")
    }
    assert statuses == {
        "distribution/table": "asserted",
        "distribution/table/sha256": "proven",
        "distribution/table/contentSize": "proven",
    }
    [said] = [note.fact.value for note in notes.notes if note.about == "distribution/table"]
    assert "sha256" not in said


def test_exports_name_the_version_that_they_are_of() -> None:
    heading = export(facts(), Format.CROISSANT).notes.to_json()
    assert (heading["dataset"], heading["version"]) == (str(ROADS), 2)
