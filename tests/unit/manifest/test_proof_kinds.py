"""Proofs of every kind: what they show, their schema, independent verifiers, and forgeries."""

import json
import runpy
from collections.abc import Iterator
from dataclasses import replace
from importlib import resources
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from record_files import (
    KEYS,
    RecordFile,
    chunked_place,
    line,
    sha256,
    table_place,
    write_records,
)

from dataledger.errors import Conflict, InvalidArgument, ProofFormatError, ProofInvalid
from dataledger.hashing import (
    EMPTY_ROOT,
    TREE_CHUNK_BYTES,
    Digest,
    Hash32,
    canonical_bytes,
    leaf_hash,
    root,
)
from dataledger.hashing.ranges import inclusion_path, range_path, subtree_of
from dataledger.manifest import (
    FileEntry,
    LabelSet,
    Manifest,
    Proof,
    RecordFormat,
    RecordSet,
    parse_proof,
)
from dataledger.manifest.proofs import (
    KINDS,
    AbsenceProof,
    BytesProof,
    ColumnEntry,
    ColumnProof,
    ConsistencyProof,
    FilePlace,
    FileProof,
    RangeProof,
    RecordProof,
    SchemaProof,
)
from dataledger.manifest.proofs.byte_range import chunk_leaf
from dataledger.manifest.proving import (
    prove_absence,
    prove_consistency,
    prove_range,
    prove_record,
)
from dataledger.manifest.records.labels import LabelTree
from dataledger.manifest.records.leaves import record_labels
from dataledger.manifest.records.secret import column_leaf, record_leaf, record_salt

VECTORS = Path(__file__).parents[2] / "vectors"
RECORD_VECTOR = json.loads((VECTORS / "record_proofs.json").read_text())
oracle = SimpleNamespace(**runpy.run_path(str(VECTORS / "rfc9162_oracle.py")))

SCHEMA = json.loads(
    (resources.files("dataledger.manifest.proofs") / "proof.schema.json").read_text()
)
VALIDATOR = Draft202012Validator(SCHEMA)

COUNT = 300
ROWS = [b"row %d" % number for number in range(5)]
DIGESTS = [bytes([number]) * 32 for number in range(3)]
"""Of the one block of each column."""
SALTS = [bytes([number]) * 16 for number in range(3)]
COLUMNS = [
    ColumnEntry(name, "int", sha256(column_leaf(salt, digest)))
    for name, salt, digest in zip(("id", "é", "z"), SALTS, DIGESTS, strict=True)
]
CHUNKS = [b"a" * TREE_CHUNK_BYTES, b"b" * TREE_CHUNK_BYTES, b"c" * TREE_CHUNK_BYTES, b"end"]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> RecordFile:
    """A file of records, which has grown from an older one."""
    path = tmp_path_factory.mktemp("records") / "new.jsonl"
    return write_records(path, [line(number) for number in range(COUNT)])


@pytest.fixture(scope="module")
def proofs(file: RecordFile) -> dict[str, Proof]:
    """One proof of each kind."""
    old = write_records(file.path.with_name("old.jsonl"), file.records[:270])
    table = table_place(COLUMNS, ROWS)
    column_leaves = [leaf_hash(column.to_bytes()) for column in COLUMNS]
    row_leaves = [
        record_leaf(record_salt(KEYS, number, row), row) for number, row in enumerate(ROWS)
    ]
    made: list[Proof] = [
        FileProof(file.place),
        RecordProof(table, 3, record_salt(KEYS, 3, ROWS[3]), ROWS[3], inclusion(row_leaves, 3)),
        prove_range(file.data, 250, 260),
        bytes_proof(1, 3),
        ColumnProof(table, COLUMNS[1], 1, 3, inclusion(column_leaves, 1), (SALTS[1],)),
        SchemaProof(table, tuple(COLUMNS)),
        prove_consistency(old.place, file.data),
        prove_absence(file.place, file.labels, KEYS, b"no such record"),
    ]
    assert [type(proof) for proof in made] == list(KINDS)
    return {proof.KIND: proof for proof in made}


def inclusion(leaves: list[Hash32], index: int) -> tuple[Hash32, ...]:
    return inclusion_path(index, len(leaves), subtree_of(leaves))


def bytes_proof(first: int, last: int) -> BytesProof:
    leaves = [chunk_leaf(chunk) for chunk in CHUNKS]
    place = chunked_place(sum(map(len, CHUNKS)), leaves)
    path = range_path(first, last, len(leaves), subtree_of(leaves))
    return BytesProof(place, first, tuple(leaves[first:last]), path)


kinds = pytest.mark.parametrize("kind", [kind.KIND for kind in KINDS])


# ---------------------------------------------------------------------------------- every kind


@kinds
def test_what_is_written_is_read(kind: str, proofs: dict[str, Proof]) -> None:
    proof = proofs[kind]
    assert parse_proof(proof.to_bytes()) == proof
    assert type(proof).parse(proof.to_bytes()) == proof
    assert json.loads(proof.to_bytes())["kind"] == kind
    assert hash(proof) == hash(parse_proof(proof.to_bytes()))


@kinds
def test_a_proof_holds_against_its_root_alone(kind: str, proofs: dict[str, Proof]) -> None:
    proof = proofs[kind]
    proof.verify()
    proof.verify(proof.place.content_root, file_count=proof.place.tree_size)
    with pytest.raises(ProofInvalid, match="not about"):
        proof.verify(Digest.of(b"another root"))
    with pytest.raises(ProofInvalid, match="not of 9"):
        proof.verify(file_count=9)


@kinds
def test_each_version_has_its_anchor(kind: str, proofs: dict[str, Proof]) -> None:
    proof = proofs[kind]
    anchors: list[Any] = [{"version": number} for number in range(len(proof.places))]
    anchored = proof.anchored(*anchors)
    assert [place.anchor for place in anchored.places] == anchors
    assert parse_proof(anchored.to_bytes()) == anchored
    VALIDATOR.validate(json.loads(anchored.to_bytes()))
    anchored.verify()


@kinds
def test_every_proof_keeps_the_json_schema(kind: str, proofs: dict[str, Proof]) -> None:
    VALIDATOR.validate(json.loads(proofs[kind].to_bytes()))


def test_the_json_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["properties"]["kind"]["enum"] == [kind.KIND for kind in KINDS]


@kinds
def test_parser_and_schema_refuse_the_same_members(kind: str, proofs: dict[str, Proof]) -> None:
    document = json.loads(proofs[kind].to_bytes())
    altered = [{key: value for key, value in document.items() if key != name} for name in document]
    altered += [document | {name: None} for name in document]
    altered.append(document | {"note": "hi"})
    for each in altered:
        assert not VALIDATOR.is_valid(each), each
        with pytest.raises(ProofFormatError):
            parse_proof(canonical_bytes(each))


def test_an_unknown_kind_is_refused() -> None:
    for kind in ("picture", None, ["file"]):
        with pytest.raises(ProofFormatError, match="its kind is"):
            parse_proof(canonical_bytes({"format": "dataledger/proof/1", "kind": kind}))
    with pytest.raises(ProofFormatError, match="no object"):
        parse_proof(b"[]")


@given(st.data())
@kinds
def test_a_mutated_byte_is_refused_or_changes_nothing_that_is_claimed(
    kind: str, proofs: dict[str, Proof], file: RecordFile, data: st.DataObject
) -> None:
    proof = proofs[kind]
    written = bytearray(proof.to_bytes())
    at = data.draw(st.integers(0, len(written) - 1))
    written[at] ^= data.draw(st.integers(1, 255))
    try:
        mutated = parse_proof(bytes(written))
        mutated.verify(proof.place.content_root, file_count=proof.place.tree_size)
    except (ProofFormatError, ProofInvalid):
        return
    if isinstance(mutated, AbsenceProof):
        # Another label may stand between the same neighbours, and is then absent as well.
        assert isinstance(proof, AbsenceProof)
        assert mutated == replace(proof, label=mutated.label)
        file.labels.gap(mutated.label)
    else:
        # Salts are held against values, and the number of columns is the owner's word.
        assert isinstance(mutated, ColumnProof)
        assert isinstance(proof, ColumnProof)
        assert mutated == replace(proof, salts=mutated.salts, tree_size=mutated.tree_size)


# ------------------------------------------------------------------------- independent verifiers


def rfc_claims(proof: Proof) -> Iterator[tuple[Any, ...]]:
    """Yield what a verifier of the RFC is given: leaf, index, size, path and root."""
    for place in proof.places:
        leaf = oracle.leaf_hash(place.entry.to_bytes())
        yield (
            *(leaf, place.leaf_index, place.tree_size),
            *(list(place.path), place.content_root.value),
        )
    records = [proof] if isinstance(proof, RecordProof) else []
    if isinstance(proof, RangeProof):
        records = list(proof.single())
        assert [single.record for single in records] == list(proof.records)
    for single in records:
        entry = single.file.records
        leaf = oracle.leaf_hash(single.salt + single.record)
        yield (
            *(leaf, single.leaf_index, entry.record_count),
            *(list(single.path), entry.record_root.value),
        )


@kinds
def test_any_verifier_of_the_rfc_agrees(kind: str, proofs: dict[str, Proof]) -> None:
    proof = proofs[kind]
    for claim in rfc_claims(proof):
        assert oracle.includes(*claim)
    if isinstance(proof, ConsistencyProof):
        old, new = proof.old.records, proof.new.records
        assert oracle.extends(
            *(old.record_count, new.record_count),
            *(old.record_root.value, new.record_root.value, list(proof.path)),
        )


@pytest.mark.parametrize("index", range(7))
def test_record_vectors(index: int) -> None:
    text = RECORD_VECTOR["proofs"][index].encode()
    proof = RecordProof.parse(text)
    assert proof.to_bytes() == text
    proof.verify(Digest.parse(f"sha256:{RECORD_VECTOR['content_root'][2:]}"), file_count=3)
    assert (proof.salt + proof.record).hex() == RECORD_VECTOR["cases"][index]["leaf"][2:]


# ---------------------------------------------------------------------------------------- model


@settings(max_examples=40)
@given(count=st.integers(1, 40), data=st.data())
def test_every_record_range_and_prefix_of_every_tree_can_be_proved(
    count: int, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "model.jsonl"
    numbers = data.draw(st.lists(st.integers(0, 60), min_size=count, max_size=count))
    records = [line(number) for number in numbers]
    others = data.draw(st.booleans())
    old = write_records(path, records[: data.draw(st.integers(1, count))], others=others)
    found = write_records(path, records, others=others)
    begin = data.draw(st.integers(0, count - 1))
    end = data.draw(st.integers(begin + 1, count))
    single = prove_record(found.data, begin)
    neighbours = prove_range(found.data, begin, end)
    made: list[Proof] = [single, neighbours, prove_consistency(old.place, found.data)]
    for proof in made:
        again = parse_proof(proof.to_bytes())
        again.verify(found.manifest.content_root)
        for claim in rfc_claims(again):
            assert oracle.includes(*claim)
    assert single.record == records[begin]
    assert next(neighbours.single()) == single
    assert neighbours.records == tuple(records[begin:end])


@given(st.sets(st.integers(0, 50)), st.integers(0, 50))
def test_a_record_is_absent_exactly_if_it_is_not_there(present: set[int], asked: int) -> None:
    place, labels = labelled(present)
    if asked in present:
        with pytest.raises(Conflict, match="There is such a record"):
            prove_absence(place, labels, KEYS, line(asked))
        return
    proof = AbsenceProof.parse(prove_absence(place, labels, KEYS, line(asked)).to_bytes())
    proof.verify(place.content_root)
    proof.verify_record(KEYS.record_label, line(asked))
    for number in {asked + 1, *present}:
        with pytest.raises(ProofInvalid, match="not that of this record"):
            proof.verify_record(KEYS.record_label, line(number))


def labelled(present: set[int]) -> tuple[FilePlace, LabelTree]:
    """Return a place whose entry has the labels of these records, and their tree."""
    tree = LabelTree.build(b"".join(record_labels(KEYS, [line(number) for number in present])))
    labels = LabelSet(tree.count, sha256(tree.root))
    records = RecordSet(
        RecordFormat.JSONL, len(present), sha256(EMPTY_ROOT), KEYS.secret_id, None, labels
    )
    manifest = Manifest((FileEntry("r.jsonl", 1, Digest.of(b""), records=records),))
    return manifest.place("r.jsonl"), tree


# -------------------------------------------------------------------------------------- absence


def gap_at(tree: LabelTree, first: int, last: int) -> tuple[tuple[Hash32, ...], tuple[Hash32, ...]]:
    """Return labels of the tree that are next to each other, and their range path."""
    labels = sorted(tree_labels(tree))
    leaves = [leaf_hash(label) for label in labels]
    path = range_path(first, last, len(leaves), subtree_of(leaves))
    return tuple(labels[first:last]), path


def tree_labels(tree: LabelTree) -> list[Hash32]:
    return [Hash32(label) for label in record_labels(KEYS, [line(n) for n in range(tree.count)])]


def test_a_present_label_is_never_shown_to_be_absent() -> None:
    place, tree = labelled(set(range(9)))
    labels = sorted(tree_labels(tree))
    for label in labels:
        for first in range(9):
            for last in range(first + 1, min(first + 2, 9) + 1):
                neighbours, path = gap_at(tree, first, last)
                with pytest.raises(ProofInvalid):
                    AbsenceProof(place, label, first, neighbours, path).verify()
        with pytest.raises(ProofInvalid, match="names no neighbours"):
            AbsenceProof(place, label, 0, (), ()).verify()


def test_neighbours_need_to_be_next_to_each_other() -> None:
    place, tree = labelled(set(range(9)))
    labels = sorted(tree_labels(tree))
    between = Hash32((int.from_bytes(labels[4], "big") + 1).to_bytes(32, "big"))
    (_, path) = gap_at(tree, 3, 5)
    with pytest.raises(ProofInvalid):
        AbsenceProof(place, between, 3, (labels[3], labels[5]), path).verify()
    neighbours, path = gap_at(tree, 4, 5)
    with pytest.raises(ProofInvalid, match="first or the last"):
        AbsenceProof(place, between, 4, neighbours, path).verify()
    neighbours, path = gap_at(tree, 4, 6)
    AbsenceProof(place, between, 4, neighbours, path).verify()
    with pytest.raises(ProofInvalid, match="does not stand between"):
        AbsenceProof(place, between, 4, neighbours[::-1], path).verify()


# -------------------------------------------------------------------------------- bytes, columns


def test_bytes_are_held_against_their_chunks() -> None:
    proof = bytes_proof(1, 3)
    assert (proof.begin, proof.end) == (TREE_CHUNK_BYTES, 3 * TREE_CHUNK_BYTES)
    proof.verify_data(CHUNKS[1:3])
    for wrong, reason in [
        (CHUNKS[:2], "differs between 1048576 and 2097152"),
        (CHUNKS[1:2], "ends before"),
        (CHUNKS[1:], "goes on behind"),
    ]:
        with pytest.raises(ProofInvalid, match=reason):
            proof.verify_data(wrong)
    last = bytes_proof(3, 4)
    assert last.end == 3 * TREE_CHUNK_BYTES + 3
    last.verify_data([b"end"])
    last.verify()


def test_a_column_is_held_against_its_values(proofs: dict[str, Proof]) -> None:
    proof = proofs["column"]
    assert isinstance(proof, ColumnProof)
    proof.verify_values([DIGESTS[1]])
    for wrong in ([DIGESTS[0]], [], [DIGESTS[1], DIGESTS[1]]):
        with pytest.raises(ProofInvalid, match="not those of the column"):
            proof.verify_values(wrong)


def test_a_schema_is_all_columns_in_their_order(proofs: dict[str, Proof]) -> None:
    proof = proofs["schema"]
    assert isinstance(proof, SchemaProof)
    retyped = (COLUMNS[0], replace(COLUMNS[1], type="string"), COLUMNS[2])
    for wrong in (COLUMNS[:2], COLUMNS[::-1], retyped, [*COLUMNS, COLUMNS[0]], []):
        with pytest.raises(ProofInvalid, match="not the columns"):
            replace(proof, columns=tuple(wrong)).verify()


# ------------------------------------------------------------------------------- malformed values


def test_values_that_fit_no_proof_are_refused(proofs: dict[str, Proof], file: RecordFile) -> None:
    record, some = proofs["record"], proofs["range"]
    column, absence, chunk = proofs["column"], proofs["absence"], proofs["bytes"]
    stranger = Hash32(bytes(32))
    plain = file.manifest.place("README.md")
    refused: list[tuple[Any, dict[str, Any], str]] = [
        (record, {"salt": b"short"}, "16 bytes"),
        (record, {"leaf_index": -1}, "not a position"),
        (record, {"path": (stranger,) * 65}, "too long"),
        (record, {"record": bytes(16 * 1024 * 1024 + 1)}, "at most"),
        (record, {"file": plain}, "nothing of records"),
        (some, {"records": (), "salts": ()}, "no records"),
        (some, {"salts": ()}, "do not fit"),
        (some, {"records": (b"\xff",), "salts": (bytes(16),)}, "not UTF-8"),
        (chunk, {"chunks": ()}, "no bytes"),
        (chunk, {"file": plain}, "no digest by sha256-tree"),
        (column, {"salts": ()}, "1 of 16 bytes"),
        (column, {"file": file.place}, "no columns"),
        (absence, {"neighbours": (stranger,) * 3}, "too long"),
        (absence, {"file": proofs["schema"].place}, "no labels"),
        (proofs["schema"], {"file": file.place}, "no columns"),
        (proofs["consistency"], {"old": plain}, "nothing of records"),
    ]
    for proof, changes, reason in refused:
        with pytest.raises(InvalidArgument, match=reason) as caught:
            replace(proof, **changes)
        assert caught.value.remedy


def test_empty_trees_have_no_labels_to_stand_between() -> None:
    place, tree = labelled(set())
    assert tree.root == EMPTY_ROOT == root([])
    AbsenceProof(place, Hash32(bytes(32)), 0, (), ()).verify()
    with pytest.raises(ProofInvalid):
        AbsenceProof(place, Hash32(bytes(32)), 0, (Hash32(b"\1" * 32),), ()).verify()
