"""What a presentation is to disclose, how that is made, and how one is checked."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from dataledger.cli.output import read_input, refuse_output_over, refuse_output_within, write_output
from dataledger.cli.proving import Sources, Version, Wanted, data_file, make_proof
from dataledger.cli.session import Session
from dataledger.contracts.identifiers import GrantId, RunId
from dataledger.evidence.presentation import (
    MAX_PRESENTATION_BYTES,
    AnswerItem,
    Audience,
    AudienceKind,
    Item,
    ProvenItem,
    StatisticItem,
    Verified,
    verify_presentation,
)
from dataledger.evidence.presentation.items import bare
from dataledger.manifest.proofs import (
    MAX_PROOF_BYTES,
    AbsenceProof,
    ColumnProof,
    Proof,
    RecordProof,
    parse_proof,
)

if TYPE_CHECKING:
    from dataledger.manifest import Manifest


@dataclass(frozen=True, slots=True)
class Disclosed:
    """What is to be shown; `file` says in which file, or is shown itself where nothing of it is."""

    file: str | None
    records: tuple[int, ...]
    ranges: tuple[tuple[int, int], ...]
    columns: tuple[str, ...]
    blocks: tuple[int, ...]
    schema: bool
    absents: tuple[Path, ...]
    proofs: tuple[Path, ...]
    fields: tuple[tuple[int, str], ...]
    statistics: tuple[tuple[str, str], ...]
    answers: tuple[tuple[str, str, Path], ...]

    def check(self) -> None:
        """Return only if something is disclosed. Raises `click.UsageError`."""
        if self.blocks and not self.columns:
            raise click.UsageError("--block needs --column.")
        others = (self.proofs, self.statistics, self.answers)
        if self.file is None and not self.of_file and not any(others):
            raise click.UsageError("Say what to disclose: --file, --record, --column, …")

    @property
    def of_file(self) -> bool:
        """Whether something of a file's content is shown, and not only its entry."""
        parts = (self.records, self.ranges, self.columns, self.absents, self.fields)
        return any(parts) or self.schema


@dataclass(frozen=True, slots=True)
class Envelope:
    """For whom, what for, and how long."""

    audience: Audience
    purpose: str
    challenge: str | None
    expires_at_unix: int | None


@dataclass(frozen=True, slots=True)
class Written:
    """A presentation in its file, as its own verification sees it."""

    path: Path
    verified: Verified


def write_presentation(  # one for each option
    session: Session,
    name: str,
    disclosed: Disclosed,
    envelope: Envelope,
    sources: Sources,
    *,
    version: int | None,
    manifest: "Manifest | None",
    output: Path,
    force: bool,
) -> Written:
    """Make a presentation and write it, as a whole or not at all.

    Raises:
        click.UsageError: a proof needs data or a secret, and none is named.
        OutputExists: that file is there, and `force` is false; nothing was made.
        NotFound, InvalidArgument, SourceChanged, …: as `make_proof` and `present` do.
    """
    from dataledger.cli.names import find_dataset, find_organisation
    from dataledger.evidence.presenting import present

    if sources.data is not None:
        refuse_output_within(sources.data, output, replace=force)
    refuse_output_over(output, replace=force)
    with session.writing() as ledger:
        dataset = find_dataset(ledger, name)
        if envelope.audience.kind is AudienceKind.ORGANISATION:
            find_organisation(ledger, envelope.audience.name)
        recorded = ledger.proofs.recorded(dataset.id, version=version, manifest=manifest)
        with session.waiting().paused():
            items = list(_items(session, disclosed, recorded.manifest, sources))
        presentation = present(
            ledger,
            recorded,
            items,
            audience=envelope.audience,
            purpose=envelope.purpose,
            challenge=envelope.challenge,
            expires_at_unix=envelope.expires_at_unix,
        )
    data = presentation.to_bytes()
    write_output(output, data, replace=force)
    content = presentation.content
    return Written(
        output,
        verify_presentation(
            data,
            content.audience,
            now_unix=content.issued_at_unix,
            challenge=content.challenge,
        ),
    )


def read_presentation(
    session: Session,
    file: Path,
    audience: Audience,
    *,
    challenge: str | None,
    at_unix: int | None,
    on_chain: bool,
) -> Verified:
    """Return what the presentation in a file shows `audience`.

    Raises:
        EvidenceError, SignatureInvalid, PresentationRefused, ProofInvalid: as
            `verify_presentation` does, and `check_on_chain` where the chain is asked.
    """
    data = read_input(file, noun="presentation", max_bytes=MAX_PRESENTATION_BYTES)
    now = int(time.time()) if at_unix is None else at_unix
    verified = verify_presentation(data, audience, now_unix=now, challenge=challenge)
    if not on_chain:
        return verified
    from dataledger.evidence.presenting import check_on_chain

    with session.reading() as ledger:
        return check_on_chain(ledger, verified)


# ------------------------------------------------------------------------------------------- items


def _items(
    session: Session, disclosed: Disclosed, manifest: "Manifest", sources: Sources
) -> Iterator[Item]:
    maker = _Items(session, manifest, sources, disclosed.file)
    if disclosed.file is not None and not disclosed.of_file:
        yield ProvenItem(maker.proof(Wanted(file=disclosed.file)))
    for record in disclosed.records:
        yield ProvenItem(maker.proof(Wanted(record=record)))
    for records in disclosed.ranges:
        yield ProvenItem(maker.proof(Wanted(records=records)))
    if disclosed.schema:
        yield ProvenItem(maker.proof(Wanted(schema=True)))
    for column in disclosed.columns:
        yield from maker.column(column, disclosed.blocks)
    for absent in disclosed.absents:
        yield maker.absence(absent)
    for path in disclosed.proofs:
        yield maker.given(path)
    for record in dict.fromkeys(record for record, _ in disclosed.fields):
        names = [name for of, name in disclosed.fields if of == record]
        yield maker.fields(record, list(dict.fromkeys(names)))
    for name, value in disclosed.statistics:
        yield StatisticItem(name, value)
    for grant, run, path in disclosed.answers:
        content = read_input(path, noun="answer", max_bytes=MAX_PRESENTATION_BYTES)
        yield AnswerItem(GrantId.parse(grant), RunId.parse(run), content)


@dataclass(frozen=True, slots=True)
class _Items:
    """Makes items about one file of a version."""

    session: Session
    manifest: "Manifest"
    sources: Sources
    file: str | None

    def proof(self, wanted: Wanted) -> Proof:
        """Return the proof that is asked for, without an anchor."""
        wanted = replace(wanted, file=self.file)
        versions = [Version(self.manifest, None)]
        return bare(make_proof(self.session, wanted, versions, self.sources))

    def column(self, name: str, blocks: tuple[int, ...]) -> Iterator[Item]:
        """Yield a column with its values, or some of its blocks."""
        from dataledger.evidence.presenting import column_blocks, column_item

        proof = cast("ColumnProof", self.proof(Wanted(column=name)))
        path = data_file(self.sources, proof.file)
        if blocks:
            yield from column_blocks(proof, path, tuple(dict.fromkeys(blocks)))
        else:
            yield column_item(proof, path)

    def absence(self, absent: Path) -> Item:
        """Return the absence of the record in a file."""
        from dataledger.evidence.presenting import absence_item

        return absence_item(cast("AbsenceProof", self.proof(Wanted(absent=absent))), absent)

    def fields(self, record: int, names: list[str]) -> Item:
        """Return some fields of a record."""
        from dataledger.evidence.presenting import fields_item

        proof = cast("RecordProof", self.proof(Wanted(record=record)))
        return fields_item(proof, data_file(self.sources, proof.file), names)

    def given(self, path: Path) -> Item:
        """Return the item of a proof file."""
        from dataledger.evidence.presenting import absence_item

        proof = parse_proof(read_input(path, noun="proof file", max_bytes=MAX_PROOF_BYTES))
        if isinstance(proof, AbsenceProof):
            return absence_item(proof)
        return ProvenItem(bare(proof))
