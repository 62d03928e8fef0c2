"""Proofs about records: of one, of neighbours, and that a file only grew."""

from dataledger.errors import InvalidArgument, ProofInvalid, shown
from dataledger.hashing import Hash32
from dataledger.hashing.ranges import consistency_path, inclusion_path, range_path
from dataledger.manifest.proofs import ConsistencyProof, FilePlace, RangeProof, RecordProof
from dataledger.manifest.proving.data import RecordData, changed, checked
from dataledger.manifest.records.formats import read_part
from dataledger.manifest.records.leaves import record_leaves
from dataledger.manifest.records.secret import record_salt
from dataledger.manifest.records.source import GROUP_RECORDS


def prove_record(data: RecordData, index: int) -> RecordProof:
    """Return the proof of the record at `index`. One block of the file is read.

    Raises:
        InvalidArgument: there is no such record.
        SourceChanged: the data is not what was recorded.
        SourceUnreadable, RecordError, DependencyMissing: the file cannot be read.
    """
    size = data.place.records.record_count
    _check_records(index, index + 1, size)
    group = index // GROUP_RECORDS
    records = _group_records(data, group, group + 1)
    leaves = _leaves(data, group, records)
    record = records[index - group * GROUP_RECORDS]
    return checked(
        RecordProof(
            file=data.place,
            leaf_index=index,
            salt=record_salt(data.keys, index, record),
            record=record,
            path=inclusion_path(index, size, data.tree.subtree({group: leaves})),
        ),
        data.path,
    )


def prove_range(data: RecordData, begin: int, end: int) -> RangeProof:
    """Return the proof of the records from `begin` to before `end`. Raises as `prove_record`."""
    size = data.place.records.record_count
    _check_records(begin, end, size)
    first, last = begin // GROUP_RECORDS, (end - 1) // GROUP_RECORDS + 1
    records = _group_records(data, first, last)
    leaves = _leaves(data, first, records)
    groups = {
        first + number: leaves[number * GROUP_RECORDS : (number + 1) * GROUP_RECORDS]
        for number in range(last - first)
    }
    offset = first * GROUP_RECORDS
    shown_records = tuple(records[begin - offset : end - offset])
    return checked(
        RangeProof(
            file=data.place,
            begin=begin,
            salts=tuple(
                record_salt(data.keys, begin + number, record)
                for number, record in enumerate(shown_records)
            ),
            records=shown_records,
            path=range_path(begin, end, size, data.tree.subtree(groups)),
        ),
        data.path,
    )


def prove_consistency(old: FilePlace, data: RecordData) -> ConsistencyProof:
    """Return the proof that the records of `old` are the first ones of the newer file `data`.

    Raises:
        InvalidArgument: `old` has no records, or more than the newer file.
        ProofInvalid: the newer file does not begin with the records of `old`.
        SourceChanged, SourceUnreadable, RecordError, DependencyMissing: as `prove_record`.
    """
    old_size, new_size = old.records.record_count, data.place.records.record_count
    leaves = {}
    if 0 < old_size < new_size and old_size % GROUP_RECORDS:
        group = old_size // GROUP_RECORDS
        leaves[group] = _leaves(data, group, _group_records(data, group, group + 1))
    path = consistency_path(old_size, new_size, data.tree.subtree(leaves))
    proof = ConsistencyProof(old=old, new=data.place, path=path)
    try:
        proof.verify_content()
    except ProofInvalid as error:
        raise ProofInvalid(
            f"The newer version of {shown(data.place.entry.path)} does not begin with the records "
            "of the older one, or its data has changed since it was recorded.",
            remedy="Records were altered, removed or moved: there is no such proof.",
        ) from error
    return proof


def _group_records(data: RecordData, first: int, last: int) -> list[bytes]:
    """Return the records of the groups from number `first` to before `last`."""
    begin = first * GROUP_RECORDS
    end = min(last * GROUP_RECORDS, data.place.records.record_count)
    plan = data.plan()
    records: list[bytes] = []
    for block in plan.blocks:
        if block.first_record + block.record_count <= begin or end <= block.first_record:
            continue
        last = min(end - block.first_record, block.record_count)
        records += read_part(plan, block, max(begin - block.first_record, 0), last)
    if len(records) != end - begin:
        raise changed(data.path, f"of its records {begin} to {end}, only {len(records)} are there")
    return records


def _leaves(data: RecordData, group: int, records: list[bytes]) -> list[Hash32]:
    leaves = record_leaves(data.keys, group * GROUP_RECORDS, records)
    return [Hash32(leaf) for leaf in leaves]


def _check_records(begin: int, end: int, size: int) -> None:
    if not 0 <= begin < end <= size:
        what = f"record {begin}" if end == begin + 1 else f"records {begin} to {end}"
        raise InvalidArgument(
            f"There is no {what} in a file of {size} records.",
            remedy="Count from 0 to the number of records; the end is not part of a range.",
        )
