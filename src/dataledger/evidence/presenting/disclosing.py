"""Items that need the data beside their proof: columns with their values, fields of a record."""

from collections.abc import Container, Iterator, Sequence
from pathlib import Path

from dataledger.errors import CanonicalisationError, InvalidArgument, NotFound, shown
from dataledger.evidence.presentation import (
    MAX_PRESENTATION_BYTES,
    AbsenceItem,
    BlockValues,
    ColumnBlockItem,
    ColumnItem,
    FieldsItem,
)
from dataledger.evidence.presentation.items import bare
from dataledger.hashing import JsonValue, parse_strict
from dataledger.hashing.ranges import inclusion_path, subtree_of
from dataledger.manifest.proofs import AbsenceProof, ColumnProof, FileProof, RecordProof
from dataledger.manifest.proving import read_single_record
from dataledger.manifest.proving.data import changed
from dataledger.manifest.record_set import RecordFormat
from dataledger.manifest.records.decoding import decode_row
from dataledger.manifest.records.formats import plan_file, read_block
from dataledger.manifest.records.secret import column_leaf
from dataledger.manifest.records.source import MAX_RECORD_BYTES, Block, Plan

_MAX_VALUE_BYTES = MAX_PRESENTATION_BYTES // 4 * 3
"""What base64 makes as long as any presentation."""


def column_item(proof: ColumnProof, path: Path) -> ColumnItem:
    """Return a column with all its values, read from the table at `path`.

    Raises:
        ProofInvalid: they are not the values that the proof is about.
        InvalidArgument: they are too many for a presentation.
        SourceUnreadable, RecordError, DependencyMissing: the file cannot be read.
    """
    plan = _plan(proof, path)
    values = [found for _, found in _blocks(plan, proof, range(len(plan.blocks))) if found]
    proof.verify_values(found.digest() for found in values)
    return ColumnItem(bare(proof), tuple(values))


def column_blocks(
    proof: ColumnProof, path: Path, blocks: Sequence[int]
) -> tuple[ColumnBlockItem, ...]:
    """Return a column's values in some of its blocks, with nothing of the others but hashes.

    The whole column is read. Raises as `column_item`, and:

    Raises:
        NotFound: the column has no such block.
    """
    count = len(proof.salts)
    for block in blocks:
        if not 0 <= block < count:
            raise NotFound(
                f"The column {shown(proof.column.name)} has no block {block}.",
                remedy=f"It has {count}, counted from 0.",
            )
    kept: dict[int, BlockValues] = {}
    digests = []
    for number, (digest, values) in enumerate(_blocks(_plan(proof, path), proof, blocks)):
        digests.append(digest)
        if values is not None:
            kept[number] = values
    proof.verify_values(digests)
    subtree = subtree_of(list(map(column_leaf, proof.salts, digests)))
    return tuple(
        ColumnBlockItem(
            file=FileProof(bare(proof).file),
            column=proof.column,
            column_index=proof.leaf_index,
            column_count=proof.tree_size,
            column_path=proof.path,
            block=block,
            salt=proof.salts[block],
            path=inclusion_path(block, count, subtree),
            values=kept[block],
        )
        for block in blocks
    )


def fields_item(proof: RecordProof, path: Path, names: Sequence[str]) -> FieldsItem:
    """Return some fields of a record, which the presentation will show as the owner's word.

    The proof is of the record; nothing of it but the fields is in the item. Of a table, `path` is
    read for the names of its columns. Of a JSONL file, fields are members of the line's object.

    Raises:
        NotFound: the record has no such field.
        InvalidArgument: the line is no object of strict JSON.
        SourceChanged: the table has other columns than the record.
        SourceUnreadable, RecordError, DependencyMissing: the file cannot be read.
    """
    if proof.file.records.format is RecordFormat.JSONL:
        known = _line(proof)
    else:
        # No two columns of a table that was fingerprinted have one name.
        columns = plan_file(str(path), proof.file.records.format).columns
        values = [value.value for value in decode_row(proof.record)]
        if len(columns) != len(values):
            raise changed(path, f"it has {len(columns)} columns")
        known = dict(zip((column.name for column in columns), values, strict=True))
    for name in names:
        if name not in known:
            raise NotFound(
                f"The record {proof.leaf_index} has no field {shown(name)}.",
                remedy="Name one that it has.",
            )
    fields = {name: known[name] for name in names}
    return FieldsItem(FileProof(bare(proof).file), proof.leaf_index, fields)


def absence_item(proof: AbsenceProof, path: Path | None = None) -> AbsenceItem:
    """Return an absence, with the one record in the file at `path` that is said to be absent.

    Raises:
        InvalidArgument, SourceUnreadable, RecordError, DependencyMissing: the file does not hold
            one record.
    """
    return AbsenceItem(bare(proof), None if path is None else read_single_record(path))


def _plan(proof: ColumnProof, path: Path) -> Plan:
    return plan_file(str(path), proof.file.records.format)


def _blocks(
    plan: Plan, proof: ColumnProof, wanted: Container[int]
) -> Iterator[tuple[bytes, BlockValues | None]]:
    """Yield each block's digest, and its values where they are wanted."""
    left = _MAX_VALUE_BYTES
    for block in plan.blocks:
        values = _values(plan, block, proof.leaf_index)
        is_wanted = block.number in wanted
        if is_wanted:
            left -= len(values.heads) + len(values.bodies)
        if left < 0:
            raise InvalidArgument(
                f"The values of the column {shown(proof.column.name)} are too many for a "
                f"presentation, which has at most {MAX_PRESENTATION_BYTES} bytes.",
                remedy="Present some of its blocks (--block), or hand the column over beside its "
                "proof (`dataledger prove --column`).",
            )
        yield values.digest(), values if is_wanted else None


def _values(plan: Plan, block: Block, column: int) -> BlockValues:
    heads, bodies = [], []
    for batch in read_block(plan, block):
        values = batch.columns[column]
        heads.append(bytes(values.heads))
        bodies.append(bytes(values.bodies))
    return BlockValues(b"".join(heads), b"".join(bodies))


def _line(proof: RecordProof) -> dict[str, JsonValue]:
    try:
        value = parse_strict(proof.record, max_bytes=MAX_RECORD_BYTES)
    except CanonicalisationError as error:
        raise InvalidArgument(
            f"The record {proof.leaf_index} cannot be shown by fields: {error}",
            remedy="Show the whole record, with --record.",
        ) from error
    if not isinstance(value, dict):
        raise InvalidArgument(
            f"The record {proof.leaf_index} is no JSON object, and so has no fields.",
            remedy="Show the whole record, with --record.",
        )
    return value
