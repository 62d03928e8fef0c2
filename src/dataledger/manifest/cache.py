"""Finding what was found out about files before, so that unchanged ones need not be read again.

An earlier result is believed only as far as three things reach:

- **The earlier manifest.** The cache says how each file of an earlier manifest stood, and names
  that manifest by its digest. The manifest lies beside it and must have that digest.
- **A file's identity** (see `dataledger.manifest.reading`). It changes when the file does, unless
  that happens within one tick of the file system's clock: so a file that was changed shortly before
  the earlier run, or since, is read again. Git does likewise.
- **A random sample** of the files taken as unchanged. They are read nevertheless, and one that is
  not as it should be means that identities tell nothing here: the cache is emptied.

Whatever else is in the cache's files, it is ignored: the run is then as if there were none.
"""

import hashlib
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from secrets import SystemRandom
from typing import Self

from dataledger.errors import InvalidArgument, ManifestMismatch, OutputUnwritable, shown
from dataledger.hashing import Algorithm, canonical_bytes
from dataledger.manifest import kept
from dataledger.manifest.batches import Files, Positions, parts_of
from dataledger.manifest.journal import Journal, read_journal
from dataledger.manifest.model import Manifest
from dataledger.manifest.parts import PART_FILES, Part
from dataledger.manifest.record_set import RecordSet

LEAST_SAMPLE = 10
MOST_SAMPLE = 1_000
SAMPLE_SHARE = 0.01


class ManifestCache:
    """A directory in which fingerprints find earlier results and leave theirs.

    One cache serves any number of datasets. Its files hold the names of theirs, and are made for
    their owner alone. Whoever can write there can have changed files taken for unchanged ones: what
    is to be evidence is fingerprinted without a cache.

    Raises:
        InvalidArgument: `sample_share` is not from 0 to 1.
    """

    def __init__(
        self, directory: str | os.PathLike[str], *, sample_share: float = SAMPLE_SHARE
    ) -> None:
        if not 0 <= sample_share <= 1:
            raise InvalidArgument(
                f"{shown(sample_share)} is no share of the files.",
                remedy="Give a number from 0 to 1.",
            )
        self.directory = Path(directory)
        self.sample_share = sample_share
        self.failure: OutputUnwritable | None = None
        """Why the last run's result was not kept, if so. Its manifest is right all the same, and
        what was in the cache before still is."""

    def open(self, source: str, algorithms: Sequence[Algorithm], *, records: bool) -> "CachedRun":
        """Begin a run over one dataset, by these algorithms, with its records or without.

        With records, entries are taken over one by one, and not in whole parts.
        """
        about = canonical_bytes(
            {
                "algorithms": [str(algorithm) for algorithm in algorithms],
                "records": records,
                "source": os.fsencode(os.path.realpath(source)).hex(),
            }
        )
        self.failure = None
        return CachedRun(
            self, whole_parts=not records, path=self.directory / hashlib.sha256(about).hexdigest()
        )

    def sample_of(self, positions: Positions) -> list[int]:
        """Return the positions of files that are to be read nevertheless, drawn at random."""
        count = max(LEAST_SAMPLE, min(MOST_SAMPLE, round(len(positions) * self.sample_share)))
        return sorted(SystemRandom().sample(positions, min(count, len(positions))))


class CachedRun:
    """One run's dealings with the cache; what cannot be written is noted as its `failure`."""

    def __init__(self, cache: ManifestCache, *, whole_parts: bool, path: Path) -> None:
        self.parts: dict[int, Part] = {}
        """Parts of the manifest that stay as they are, by their number."""
        self.positions: list[int] = []
        """The files taken as unchanged."""
        self._cache = cache
        self._whole_parts = whole_parts
        self._path = path.with_suffix(".cache")
        self._begun_at_ns = time.time_ns()
        self._earlier = kept.load(self._path)
        self._finished = read_journal(path.with_suffix(".journal"))
        self._journal: Journal | None = None
        self._sample: dict[int, list[bytes]] = {}
        self._places: dict[int, int] = {}
        """Where unchanged files stood in the earlier manifest."""

    def __enter__(self) -> Self:
        with self._noting_failure():
            self._cache.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            path = self._path.with_suffix(".journal")
            self._journal = Journal(path, self._finished, self._begun_at_ns)
        return self

    def __exit__(self, *_: object) -> None:
        if self._journal is not None:
            with self._noting_failure():
                self._journal.close()

    @contextmanager
    def _noting_failure(self) -> Iterator[None]:
        try:
            yield
        except BlockingIOError:
            pass  # another run over the same dataset keeps the journal
        except OSError as error:
            self._cache.failure = OutputUnwritable(
                f"Nothing can be kept in the cache {shown(str(self._cache.directory))}: "
                f"{error.strerror}.",
                remedy="Make room there or permit writing, or use another directory.",
            )

    def recall(self, files: Files) -> Positions:
        """Note the hashes of unchanged files; return the positions of files to read.

        Those are the changed ones, and a sample of the unchanged ones. The identities of all files
        must be known.
        """
        earlier = self._earlier
        if earlier is None and self._finished.nothing:
            return range(len(files.paths))
        aligned = earlier is not None and earlier.has_paths(files.paths)
        elsewhere = {} if earlier is None or aligned else earlier.positions_by_path()
        changed: list[int] = []
        for number, positions in enumerate(parts_of(len(files.paths))):
            if aligned and earlier is not None and self._whole_parts:
                part = earlier.whole_part(number, files.identities_of(positions))
                if part is not None:
                    self.parts[number] = part
                    self.positions += positions
                    continue
            for position in positions:
                before = position if aligned else elsewhere.get(files.paths[position])
                hashes = self._recalled(files, position, before)
                if hashes is None:
                    changed.append(position)
                else:
                    files.put_hashes([position], hashes)
                    self.positions.append(position)
        self._sample = {
            position: self._hashes(files, position)
            for position in self._cache.sample_of(self.positions)
        }
        return sorted([*changed, *self._sample])

    def _recalled(self, files: Files, position: int, before: int | None) -> list[bytes] | None:
        identity = files.identity(position)
        hashes = None
        if self._earlier is not None and before is not None:
            hashes = self._earlier.hashes_if_same(before, identity)
            if hashes is not None:
                self._places[position] = before
        if hashes is None:
            hashes = self._finished.hashes(files.paths[position], identity)
        return hashes if hashes is not None and len(hashes) == len(files.algorithms) else None

    def _hashes(self, files: Files, position: int) -> list[bytes]:
        if self._earlier is not None and position // PART_FILES in self.parts:
            return self._earlier.hashes(position)
        return files.hashes(position)

    # -------------------------------------------------------------------- while files are hashed

    def finished(self, files: Files, positions: Positions) -> None:
        """Note finished files, so that a run after this one need not read them."""
        if self._journal is not None:
            with self._noting_failure():
                self._journal.add_files(files, positions)

    def finished_range(self, files: Files, position: int, start: int, root: bytes) -> None:
        """Note the root of a finished range of a file."""
        if self._journal is not None:
            with self._noting_failure():
                path, identity = files.paths[position], files.identity(position)
                self._journal.add_range(path, identity, start, root)

    def ranges_of(self, files: Files, position: int) -> Mapping[int, bytes]:
        """Return the roots of ranges of the file that an earlier run has finished."""
        return self._finished.ranges(files.paths[position], files.identity(position))

    def record_sets(self, files: Files) -> dict[str, RecordSet]:
        """Return what is known of the records in unchanged files, by path."""
        if self._earlier is None:
            return {}
        found = {
            files.paths[position]: self._earlier.records(before)
            for position, before in self._places.items()
        }
        return {path: records for path, records in found.items() if records is not None}

    # ----------------------------------------------------------------------------- at the end

    def require_sample(self, files: Files) -> None:
        """Return only if the sample's files, which have been read, are as they should be.

        Raises:
            ManifestMismatch: one is another; the cache forgets the dataset.
        """
        for position, expected in self._sample.items():
            if files.hashes(position) == expected:
                continue
            with self._noting_failure():
                self._forget()
            raise ManifestMismatch(
                f"{shown(files.paths[position])} has another content than before, although nothing "
                "else about it has changed: what the cache holds cannot be trusted, and it was "
                "emptied.",
                remedy="Fingerprint without the cache, and find out what changes files unseen: the "
                "storage, or somebody who sets clocks or writes to the cache.",
            )

    def _forget(self) -> None:
        if self._journal is not None:
            self._journal.remove()
            self._journal = None
        kept.remove(self._path)

    def keep(self, manifest: Manifest, files: Files) -> None:
        """Keep the run's result for runs to come. What was kept before stays if that fails."""
        with self._noting_failure():
            if len(self.parts) < len(manifest.parts):
                kept.save(self._path, manifest, files, self._begun_at_ns)
            if self._journal is not None:
                self._journal.remove()
                self._journal = None
