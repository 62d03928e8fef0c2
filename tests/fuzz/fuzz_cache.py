"""The cache of manifests and its journal: any files, also those whose checksums are right."""

import hashlib
import struct
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from random import Random

from fuzzing import Scratch, accepted

from dataledger.hashing import Algorithm, Digest, Hash32
from dataledger.manifest import FileEntry, Manifest, kept
from dataledger.manifest.batches import Files
from dataledger.manifest.identity import IDENTITY, IDENTITY_BYTES
from dataledger.manifest.journal import Journal, read_journal
from dataledger.manifest.scan import Listing

_HEAD_BYTES = len(kept._MAGIC) + kept._HEAD.size
_DIGEST_AT = len(kept._MAGIC) + 16
_BEGUN_AT_NS = 10**18
_LENGTH = struct.Struct(">I")

_cache = Scratch("a.cache")
_journal = Scratch("a.journal")


def check(data: bytes) -> None:
    """Read the bytes as a journal, and as a cache followed by its manifest and their lengths."""
    _check_journal(data)
    _check_journal(_framed(data))
    if len(data) < _LENGTH.size:
        return
    (length,) = _LENGTH.unpack(data[-_LENGTH.size :])
    content, manifest = data[: -_LENGTH.size][:length], data[: -_LENGTH.size][length:]
    _check_kept(content, manifest)
    digest = hashlib.sha256(manifest).digest()
    content = content[:_DIGEST_AT] + digest + content[_DIGEST_AT + 32 : -32]
    _check_kept(content + hashlib.sha256(content).digest(), manifest)


def _check_kept(content: bytes, manifest: bytes) -> None:
    for path in _cache.path.parent.iterdir():
        path.unlink()
    path = Path(_cache.write(content))
    digest = content[_DIGEST_AT : _DIGEST_AT + 32]
    path.with_name(f"a.{digest.hex()}.manifest").write_bytes(manifest)
    found = kept.load(path)
    # It is not parsed again: who can forge one with its digest can have anything believed.
    if found is None or accepted(Manifest.parse, manifest) is None:
        return
    found.has_paths(["a", "b"])
    count = len(found._identities) // IDENTITY_BYTES
    for position in range(count):
        identity = found._identities[position * IDENTITY_BYTES :][:IDENTITY_BYTES]
        found.hashes_if_same(position, identity)
    found.whole_part(0, found._identities)
    assert len(found.positions_by_path()) == count


def _check_journal(data: bytes) -> None:
    finished = read_journal(Path(_journal.write(data)))
    assert 0 <= finished.length_bytes <= len(data)
    finished.hashes("a", bytes(IDENTITY_BYTES))
    finished.ranges("a", bytes(IDENTITY_BYTES))


def _framed(data: bytes) -> bytes:
    """Return a journal of one frame, with the right checksum."""
    checksum = hashlib.sha256(data).digest()[:8]
    return b"dataledger/manifest-journal/1\n" + _LENGTH.pack(len(data)) + data + checksum


def seeds() -> Iterator[bytes]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for count in (1, 3):
            algorithms = [Algorithm.SHA256, Algorithm.SHA256_TREE]
            paths = [f"f{number}" for number in range(count)]
            files = Files(Listing(str(folder), paths), algorithms)
            files.put_identities(range(count), IDENTITY.pack(1, 2, 3, 4, 5) * count)
            files.put_hashes(range(count), [bytes(32 * count)] * 2)
            others = (Digest(Algorithm.SHA256_TREE, Hash32(bytes(32))),)
            digest = Digest(Algorithm.SHA256, Hash32(bytes(32)))
            entries = [FileEntry(path, 1, digest, others) for path in paths]
            manifest = Manifest(tuple(entries))
            kept.save(folder / "a.cache", manifest, files, _BEGUN_AT_NS)
            content = (folder / "a.cache").read_bytes()
            yield content + manifest.to_bytes() + _LENGTH.pack(len(content))
            journal = Journal(folder / "j", read_journal(folder / "j"), _BEGUN_AT_NS)
            journal.add_files(files, range(count))
            journal.add_range("f0", files.identity(0), 0, bytes(32))
            journal.close()
            data = (folder / "j").read_bytes()
            yield data
            with suppress(struct.error):
                at = data.index(b"\n") + 1
                (length,) = _LENGTH.unpack_from(data, at)
                yield data[at + 4 :][:length]
            (folder / "j").unlink()


def mutate(data: bytes, random: Random) -> bytes:
    """Change numbers of 8 bytes, or of 4."""
    changed = bytearray(data)
    for _ in range(random.randint(1, 3)):
        size = random.choice((4, 8))
        at = random.randrange(len(changed) + 1)
        value = random.choice((0, 1, 2, 255, 1000, 2**20, 2**31, 2**32 - 1))
        changed[at : at + size] = value.to_bytes(size)
    return bytes(changed)
