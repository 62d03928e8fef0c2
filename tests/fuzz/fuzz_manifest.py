"""Manifests: what is read is what was written, and keeps every rule."""

from collections.abc import Iterator
from random import Random

from fuzzing import accepted, mutate_json

from dataledger.hashing import Algorithm, Digest, Hash32, verify_inclusion
from dataledger.hashing.merkle import leaf_hash
from dataledger.manifest import FileEntry, LabelSet, Manifest, RecordFormat, RecordSet
from dataledger.manifest.record_set import to_secret_id

_ROOT = Digest.of(b"root")


def check(data: bytes) -> None:
    manifest = accepted(Manifest.parse, data)
    if manifest is None:
        return
    assert manifest.to_bytes() == data
    assert Manifest.parse(data) == manifest
    paths = [entry.path for entry in manifest.entries]
    assert paths == sorted(set(paths), key=str.encode)
    assert len({path.casefold() for path in paths}) == len(paths)
    assert manifest.record_count >= 0
    assert manifest.salt_scheme == any(entry.records for entry in manifest.entries)
    for index, path in enumerate(paths):
        assert path.isprintable() or " " in path or not path.isascii()
        assert ".." not in path.split("/")
        place = manifest.place(path)
        assert place.leaf_index == index
        leaf = leaf_hash(place.entry.to_bytes())
        root = manifest.content_root.value
        verify_inclusion(leaf, index, manifest.file_count, place.path, root)


def seeds() -> Iterator[bytes]:
    names = ("a", "b/c.bin", "b/d é.txt", 'q"q', "z/z/z")
    plain = [FileEntry(path, size, Digest.of(b"")) for size, path in enumerate(names)]
    yield Manifest(tuple(plain[:1])).to_bytes()
    yield Manifest(tuple(plain)).to_bytes()
    value = Hash32(b"\x07" * 32)
    others = tuple(Digest(each, value) for each in Algorithm if each != Algorithm.SHA256)
    yield Manifest((FileEntry("several", 5, _ROOT, others),)).to_bytes()
    for record_format in RecordFormat:
        records = RecordSet(
            format=record_format,
            record_count=7,
            record_root=_ROOT,
            secret_id=to_secret_id("0123456789abcdef"),
            column_root=None if record_format is RecordFormat.JSONL else _ROOT,
            labels=LabelSet(3, _ROOT),
        )
        entry = FileEntry(f"t.{record_format}", 9, _ROOT, others[:1], records)
        yield Manifest((entry, plain[0])).to_bytes()
    yield b'{"entries":[],"format":"dataledger/manifest/1"}'


def mutate(data: bytes, random: Random) -> bytes:
    return mutate_json(data, random)
