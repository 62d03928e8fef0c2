"""Proof files: they speak for themselves, and are believed only against a root."""

import base64
import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataledger.errors import (
    CanonicalisationError,
    InvalidArgument,
    NotFound,
    ProofFormatError,
    ProofInvalid,
)
from dataledger.hashing import Digest, JsonValue, canonical_bytes, to_hash32
from dataledger.manifest import FileEntry, FileProof, Manifest
from dataledger.manifest.proofs import MAX_PROOF_BYTES

VECTOR = json.loads((Path(__file__).parents[2] / "vectors" / "manifest.json").read_text())
MANIFEST = Manifest.parse(VECTOR["manifest"].encode())
PROOF = MANIFEST.prove("data/table.csv")
DOCUMENT = json.loads(PROOF.to_bytes())
PLACE = DOCUMENT["file"]
HASH = base64.b64encode(bytes(32)).decode()
ANCHOR: dict[str, JsonValue] = {"chain_id": 31337, "version": 1, "record": {"parents": []}}


def test_proof_vectors() -> None:
    for text, entry in zip(VECTOR["proofs"], MANIFEST.entries, strict=True):
        proof = MANIFEST.prove(entry.path)
        assert proof.to_bytes() == text.encode()
        assert FileProof.parse(text.encode()) == proof
        proof.verify()
        proof.verify(MANIFEST.content_root)


@given(st.integers(1, 40), st.data())
def test_every_file_can_be_proved(count: int, data: st.DataObject) -> None:
    manifest = Manifest(
        tuple(FileEntry(f"{number}", number, Digest.of(b"")) for number in range(count))
    )
    path = data.draw(st.sampled_from(manifest.entries)).path
    proof = FileProof.parse(manifest.prove(path).to_bytes())
    proof.verify(manifest.content_root)
    assert proof.file.entry.path == path


def test_no_proof_of_a_file_that_is_not_there() -> None:
    with pytest.raises(NotFound, match=r"no file 'data/none\.csv'"):
        MANIFEST.prove("data/none.csv")


def test_a_proof_is_about_one_root() -> None:
    other = Digest.of(b"another root")
    with pytest.raises(ProofInvalid, match=f"not about {other}"):
        PROOF.verify(other)


@pytest.mark.parametrize(
    "altered",
    [
        {"entry": dataclasses.replace(PROOF.file.entry, path="data/other.csv")},
        {"entry": dataclasses.replace(PROOF.file.entry, size_bytes=1)},
        {"entry": dataclasses.replace(PROOF.file.entry, digest=Digest.of(b"other"))},
        {"leaf_index": PROOF.file.leaf_index + 1},
        {"leaf_index": PROOF.file.tree_size},
        {"tree_size": 0},
        {"path": PROOF.file.path[:-1]},
        {"path": (*PROOF.file.path, PROOF.file.path[0])},
        {"path": PROOF.file.path[::-1]},
        {"path": ()},
        {"content_root": Digest.of(b"other")},
    ],
    ids=str,
)
def test_an_altered_proof_proves_nothing(altered: dict[str, Any]) -> None:
    forged = FileProof(dataclasses.replace(PROOF.file, **altered))
    with pytest.raises(ProofInvalid):
        FileProof.parse(forged.to_bytes()).verify()
    with pytest.raises(ProofInvalid):
        forged.verify(MANIFEST.content_root)


# ------------------------------------------------------------------------------------ anchor


def test_an_anchor_is_carried() -> None:
    anchored = PROOF.anchored(ANCHOR)
    assert FileProof.parse(anchored.to_bytes()) == anchored
    assert FileProof.parse(anchored.to_bytes()).file.anchor == ANCHOR
    anchored.verify(MANIFEST.content_root)
    assert hash(anchored) == hash(PROOF)


def test_an_anchor_is_a_copy() -> None:
    mutable: dict[str, JsonValue] = {"version": 1}
    anchored = PROOF.anchored(mutable)
    mutable["version"] = 2
    assert anchored.file.anchor == {"version": 1}


def test_an_anchor_must_have_a_canonical_form() -> None:
    with pytest.raises(CanonicalisationError, match="no canonical JSON form"):
        PROOF.anchored({"version": float("nan")})
    with pytest.raises(InvalidArgument, match="no JSON object"):
        PROOF.anchored([1])  # type: ignore[arg-type]  # that is what is tested


# ----------------------------------------------------------------------------------- parsing


@pytest.mark.parametrize("name", sorted(PLACE))
def test_no_member_may_be_missing(name: str) -> None:
    rest = {key: value for key, value in PLACE.items() if key != name}
    with pytest.raises(ProofFormatError, match=f"lacks the member '{name}'"):
        FileProof.parse(canonical_bytes(DOCUMENT | {"file": rest}))


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"note": "hi"}, "unknown member 'note'"),
        ({"format": "dataledger/proof/2"}, "format is 'dataledger/proof/2', not"),
        ({"format": None}, "format is None, not"),
        ({"kind": "record"}, "kind is 'record'"),
        ({"kind": ["file"]}, "kind is"),
        ({"file": None}, "where an object belongs"),
    ],
    ids=str,
)
def test_a_document_of_another_kind_is_refused(members: dict[str, Any], reason: str) -> None:
    with pytest.raises(ProofFormatError, match=reason):
        FileProof.parse(canonical_bytes(DOCUMENT | members))


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"note": "hi"}, "unknown member 'note'"),
        ({"leaf_index": -1}, "where a number"),
        ({"leaf_index": 1.5}, "where a number"),
        ({"leaf_index": "1"}, "where a number"),
        ({"leaf_index": True}, "where a number"),
        ({"tree_size": None}, "where a number"),
        ({"path": HASH}, "where a list belongs"),
        ({"path": [HASH[4:]]}, "not a hash of 32 bytes"),
        ({"path": ["0x" + "00" * 32]}, "not base64"),
        ({"path": [HASH[:-1]]}, "not base64"),
        ({"path": [HASH[:-2] + "B="]}, "not base64"),
        ({"path": [HASH + "\n"]}, "not base64"),
        ({"path": ["é"]}, "not base64"),
        ({"path": [7]}, "where a string belongs"),
        ({"path": [HASH] * 65}, "65 hashes is too long"),
        ({"content_root": "00" * 32}, "names no algorithm"),
        ({"content_root": 1}, "where a string belongs"),
        ({"entry": None}, "where an object belongs"),
        ({"entry": PLACE["entry"] | {"path": "/etc/passwd"}}, "absolute"),
        ({"anchor": None}, "anchor is no object"),
        ({"anchor": []}, "anchor is no object"),
    ],
    ids=str,
)
def test_malformed_members_are_refused(members: dict[str, Any], reason: str) -> None:
    with pytest.raises(ProofFormatError, match=reason) as caught:
        FileProof.parse(canonical_bytes(DOCUMENT | {"file": PLACE | members}))
    assert caught.value.remedy


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"\xff\xfe",
        PROOF.to_bytes() + b"\n",
        json.dumps(DOCUMENT).encode(),
        PROOF.to_bytes()[:-1],
        b"[" * 10_000 + b"]" * 10_000,
        b" " * (MAX_PROOF_BYTES + 1),
    ],
    ids=["empty", "null", "bytes", "newline", "spaces", "cut off", "deep", "large"],
)
def test_other_bytes_are_no_proof_file(data: bytes) -> None:
    with pytest.raises(ProofFormatError, match="no proof file"):
        FileProof.parse(data)


@given(st.data())
def test_one_altered_byte_never_proves(data: st.DataObject) -> None:
    written = bytearray(PROOF.to_bytes())
    at = data.draw(st.integers(0, len(written) - 1))
    written[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises((ProofFormatError, ProofInvalid)):
        FileProof.parse(bytes(written)).verify(
            MANIFEST.content_root, file_count=MANIFEST.file_count
        )


def test_a_root_alone_does_not_bind_the_size() -> None:
    resized = FileProof(dataclasses.replace(PROOF.file, tree_size=PROOF.file.tree_size + 1))
    resized.verify(MANIFEST.content_root)
    with pytest.raises(ProofInvalid, match="tree of 8 files, not of 7"):
        resized.verify(MANIFEST.content_root, file_count=MANIFEST.file_count)
    PROOF.verify(MANIFEST.content_root, file_count=MANIFEST.file_count)


def test_positions_and_path_are_checked_in_python_too() -> None:
    with pytest.raises(InvalidArgument, match="not a position"):
        dataclasses.replace(PROOF.file, leaf_index=-1)
    with pytest.raises(InvalidArgument, match="too long"):
        dataclasses.replace(PROOF.file, path=(to_hash32(bytes(32)),) * 65)
