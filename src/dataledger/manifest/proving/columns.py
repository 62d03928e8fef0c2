"""Proofs of a table's schema and columns, and the values of a column to check one by."""

from collections.abc import Iterator
from pathlib import Path

from dataledger.errors import InvalidArgument, NotFound, ProofInvalid, shown
from dataledger.hashing import leaf_hash
from dataledger.hashing.ranges import inclusion_path, subtree_of
from dataledger.manifest.proofs import ColumnEntry, ColumnProof, FilePlace, SchemaProof
from dataledger.manifest.proofs.column import column_root
from dataledger.manifest.proving.data import RecordData, changed, checked, format_by_name
from dataledger.manifest.records.columns import ColumnDigest
from dataledger.manifest.records.formats import plan_file, read_block
from dataledger.manifest.records.secret import column_salt
from dataledger.manifest.records.source import Plan
from dataledger.manifest.records.tree import KeptTree


def prove_schema(place: FilePlace, tree: KeptTree) -> SchemaProof:
    """Return the proof of a table's columns. It needs neither the data nor the secret.

    Raises:
        InvalidArgument: the file is no table.
        ProofInvalid: the tree is of another file.
    """
    proof = SchemaProof(file=place, columns=tree.column_entries())
    proof.verify_content()
    return proof


def prove_column(data: RecordData, name: str) -> ColumnProof:
    """Return the proof of a table's column. The whole file is read.

    Raises:
        NotFound: there is no column of that name.
        InvalidArgument: the file is no table, or several columns have that name.
        SourceChanged, SourceUnreadable, RecordError, DependencyMissing: as `prove_record`.
    """
    column_root(data.place)
    columns = data.tree.column_entries()
    number = _column_number([column.name for column in columns], name, data.path)
    leaves = [leaf_hash(column.to_bytes()) for column in columns]
    digests = list(_column_digests(data.plan(), number))
    proof = ColumnProof(
        file=data.place,
        column=columns[number],
        leaf_index=number,
        tree_size=len(columns),
        path=inclusion_path(number, len(columns), subtree_of(leaves)),
        salts=tuple(
            column_salt(data.keys, number, block, digest) for block, digest in enumerate(digests)
        ),
    )
    checked(proof, data.path)
    try:
        proof.verify_values(digests)
    except ProofInvalid as error:
        raise changed(data.path, f"the column {shown(name)} has other values") from error
    return proof


def column_digests(path: Path, column: ColumnEntry) -> list[bytes]:
    """Return the digest of each block of the column of this name and type in any table's file.

    Raises:
        NotFound: there is no column of that name.
        InvalidArgument: it is of another type; or several have that name; or it is no table.
        SourceUnreadable, RecordError, DependencyMissing: the file cannot be read.
    """
    plan = plan_file(str(path), format_by_name(path))
    number = _column_number([found.name for found in plan.columns], column.name, path)
    if plan.columns[number] != column.column:
        raise InvalidArgument(
            f"The column {shown(column.name)} of {shown(str(path))} is of the type "
            f"{shown(plan.columns[number].type)}, and the proof is about {shown(column.type)}.",
            remedy="Give a file that holds the column in its type.",
        )
    return list(_column_digests(plan, number))


def _column_digests(plan: Plan, number: int) -> Iterator[bytes]:
    for block in plan.blocks:
        digest = ColumnDigest()
        for batch in read_block(plan, block):
            digest.add(batch.columns[number])
        yield digest.digest()


def _column_number(names: list[str], name: str, path: Path) -> int:
    numbers = [number for number, found in enumerate(names) if found == name]
    if not numbers:
        raise NotFound(
            f"{shown(str(path))} has no column {shown(name)}.",
            remedy=f"Its columns are {', '.join(map(shown, names))}."
            if names
            else "It is no table.",
        )
    if len(numbers) > 1:
        raise InvalidArgument(
            f"{shown(str(path))} has {len(numbers)} columns {shown(name)}.",
            remedy="Give columns names of their own.",
        )
    return numbers[0]
