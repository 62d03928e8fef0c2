"""What `prove` is asked for, and how it is made: with a ledger, or from a manifest file alone."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dataledger.cli.content import read_manifest
from dataledger.cli.output import output_file, refuse_output_within, write_output
from dataledger.cli.session import Session
from dataledger.errors import (
    InvalidArgument,
    NotFound,
    listed,
    shown,
)

if TYPE_CHECKING:
    from typing import BinaryIO

    from dataledger.hashing import JsonValue
    from dataledger.ledger.trees import Trees
    from dataledger.manifest import Manifest
    from dataledger.manifest.proofs import FilePlace, Proof
    from dataledger.manifest.proving import RecordData
    from dataledger.manifest.records.secret import Keys
    from dataledger.manifest.records.tree import KeptTree


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be proved: at most one of all but `file`, which then says in which file."""

    file: str | None = None
    record: int | None = None
    records: tuple[int, int] | None = None
    byte_range: tuple[int, int] | None = None
    column: str | None = None
    schema: bool = False
    absent: Path | None = None
    consistency: tuple[str, str] | None = None

    def check(self) -> None:
        """Return only if this asks for one proof. Raises `click.UsageError`."""
        parts = (self.record, self.records, self.byte_range, self.column, self.absent)
        asked = sum(part is not None for part in (*parts, self.consistency)) + self.schema
        if asked > 1 or (asked == 0 and self.file is None):
            raise click.UsageError(
                "Give one of --record, --range, --bytes, --column, --schema, --absent and "
                "--consistency, or --file alone."
            )


@dataclass(frozen=True, slots=True)
class Version:
    """A version's manifest, and where it is recorded, if that is known."""

    manifest: "Manifest"
    anchor: "dict[str, JsonValue] | None"


@dataclass(frozen=True, slots=True)
class Sources:
    """Where proofs come from besides the manifest."""

    data: Path | None
    secret: str | None


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where proofs go, and the bytes that they are about."""

    proof: Path
    extract: Path | None
    replace: bool


def find_versions(
    session: Session, name: str | None, version: int | None, manifest: Path | None, wanted: Wanted
) -> list[Version]:
    """Return the version that is asked about; for a consistency, the newer one and the older one.

    Raises:
        click.UsageError: neither a dataset nor a manifest is named, or both where two versions are.
        NotFound, ManifestMismatch, CommitmentMismatch: as `Proofs.recorded` does.
    """
    if name is None:
        if version is not None:
            raise click.UsageError("--version needs a DATASET.")
        if wanted.consistency is not None:
            old, new = (Path(file) for file in wanted.consistency)
            return [Version(read_manifest(file), None) for file in (new, old)]
        if manifest is None:
            raise click.UsageError("Name a DATASET, or give its --manifest.")
        return [Version(read_manifest(manifest), None)]
    if wanted.consistency is None:
        return _recorded(session, name, [version], manifest)
    if manifest is not None or version is not None:
        raise click.UsageError("--consistency OLD NEW already names the versions.")
    from dataledger.contracts.identifiers import to_version

    old_number, new_number = map(to_version, wanted.consistency)
    return _recorded(session, name, [new_number, old_number], None)


def _recorded(
    session: Session, name: str, numbers: "list[int | None] | list[int]", manifest: Path | None
) -> list[Version]:
    from dataledger.cli.names import find_dataset

    given = None if manifest is None else read_manifest(manifest)
    with session.reading() as ledger:
        dataset = find_dataset(ledger, name)
        found = [
            ledger.proofs.recorded(dataset.id, version=number, manifest=given) for number in numbers
        ]
    return [Version(version.manifest, version.anchor.to_json()) for version in found]


def write_proof(
    session: Session, wanted: Wanted, versions: list[Version], sources: Sources, outputs: Outputs
) -> "Proof":
    """Write the proof that is asked for, and return it. Raises as `make_proof` and outputs do."""
    for output in (outputs.proof, outputs.extract):
        if output is not None and sources.data is not None:
            refuse_output_within(sources.data, output, replace=outputs.replace)
    if outputs.extract is None:
        proof = make_proof(session, wanted, versions, sources)
    else:
        with output_file(outputs.extract, replace=outputs.replace) as extract:
            proof = make_proof(session, wanted, versions, sources, extract)
    write_output(outputs.proof, proof.to_bytes(), replace=outputs.replace)
    return proof


def make_proof(
    session: Session,
    wanted: Wanted,
    versions: list[Version],
    sources: Sources,
    extract: "BinaryIO | None" = None,
) -> "Proof":
    """Return the proof that is asked for, anchored where the versions are recorded.

    The bytes that it is about are written to `extract`, if they are wanted.

    Raises:
        click.UsageError: the proof needs data or a secret, and none is named.
        NotFound, InvalidArgument, SourceChanged, ProofInvalid, …: as the makers of proofs do.
    """
    from dataledger.manifest import proving
    from dataledger.manifest.proofs import FileProof

    manifest = versions[0].manifest
    place = manifest.place(wanted.file or _only_file(manifest, wanted))
    maker = _Maker(session, sources, place)
    proof: Proof
    if wanted.record is not None:
        proof = proving.prove_record(maker.record_data(), wanted.record)
    elif wanted.records is not None:
        proof = proving.prove_range(maker.record_data(), *wanted.records)
    elif wanted.byte_range is not None:
        begin, end = wanted.byte_range
        proof = proving.prove_bytes(place, maker.data(), begin, end, extract)
    elif wanted.column is not None:
        proof = proving.prove_column(maker.record_data(), wanted.column)
    elif wanted.schema:
        proof = proving.prove_schema(place, maker.tree())
    elif wanted.absent is not None:
        proof = maker.absence(wanted.absent)
    elif wanted.consistency is not None:
        old = versions[1].manifest
        old_place = old.place(wanted.file or _only_file(old, wanted))
        proof = proving.prove_consistency(old_place, maker.record_data())
    else:
        proof = FileProof(place)
    return proof.anchored(*(version.anchor for version in versions))


def data_file(sources: Sources, place: "FilePlace") -> Path:
    """Return the file itself. Raises `click.UsageError` where no data is named."""
    data = sources.data
    if data is None:
        raise click.UsageError("This proof is made from the data: pass --data.")
    return data / place.entry.path if data.is_dir() else data


def _only_file(manifest: "Manifest", wanted: Wanted) -> str:
    """Return the file that is meant where none is named: the only one, or the only with records."""
    entries = manifest.entries
    if wanted.byte_range is None and len(entries) > 1:
        entries = tuple(entry for entry in entries if entry.records is not None)
    if len(entries) != 1:
        raise InvalidArgument(
            f"Of the manifest's {manifest.file_count} files, {len(entries)} could be meant.",
            remedy="Name the file by --file: "
            + listed([shown(entry.path) for entry in entries or manifest.entries]),
        )
    return entries[0].path


class _Maker:
    """Finds the data, the secret and the trees of one file, when they are needed."""

    def __init__(self, session: Session, sources: Sources, place: "FilePlace") -> None:
        self._session = session
        self._sources = sources
        self._place = place

    def data(self) -> Path:
        """Return the file itself. Raises `click.UsageError` where no data is named."""
        return data_file(self._sources, self._place)

    def keys(self) -> "Keys":
        """Return the keys of the secret that is named, else of the one with the records' id."""
        from dataledger.ledger.secrets import Secrets

        kept = Secrets(self._session.home)
        if self._sources.secret is None:
            return kept.find(self._place.records.secret_id).keys()
        return kept.open(self._sources.secret).keys()

    def record_data(self) -> "RecordData":
        """Return what proofs about the file's records are made from."""
        from dataledger.manifest.proving import RecordData

        _ = self._place.records  # a file without records is refused before anything is asked for
        return RecordData(self._place, self.data(), self.keys(), self.tree())

    def tree(self) -> "KeptTree":
        """Return the tree of the file's records: as kept here, else made again and kept."""
        root = self._place.records.record_root
        try:
            return self._trees().tree(root)
        except NotFound:
            self._make_trees()
        return self._trees().tree(root)

    def absence(self, record_file: Path) -> "Proof":
        """Return the proof that the record in a file is absent, from kept labels or new ones."""
        from dataledger.manifest.proofs.absence import label_set
        from dataledger.manifest.proving import prove_absence, read_single_record

        root = label_set(self._place).label_root
        record = read_single_record(record_file)
        keys = self.keys()
        try:
            labels = self._trees().labels(root)
        except NotFound:
            self._make_trees()
            labels = self._trees().labels(root)
        return prove_absence(self._place, labels, keys, record)

    def _make_trees(self) -> None:
        path, keys = self.data(), self.keys()
        self._session.announce(f"No tree is kept of {shown(str(path))}: hashing its records again")
        self._trees().make(path, self._place.records, keys)

    def _trees(self) -> "Trees":
        from dataledger.chain.home import home_directory
        from dataledger.ledger.trees import Trees

        return Trees(self._session.home or home_directory())
