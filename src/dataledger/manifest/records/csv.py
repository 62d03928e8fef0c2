"""Records of CSV files: RFC 4180 with commas and a header row, in UTF-8, and nothing looser."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from dataledger.errors import RecordError, shown
from dataledger.manifest.records.boundaries import open_text, read_span, too_long
from dataledger.manifest.records.schema import check_names
from dataledger.manifest.records.source import MAX_RECORD_BYTES, Block, Column, Plan
from dataledger.manifest.records.tables import require_pyarrow
from dataledger.manifest.scan import changed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dataledger.manifest.records.rows import RowBatch

    EncodeText = Callable[[bytes, int], tuple[int, RowBatch] | None]

READ_BYTES = 4 * 1024 * 1024

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_header(path: str) -> tuple[tuple[Column, ...], int]:
    """Return the columns that the header row names, and the byte at which the records begin.

    Raises:
        SourceUnreadable: the file cannot be read.
        SourceChanged: it became shorter meanwhile.
        RecordError: there is no header row, it breaks a rule, or names two columns alike.
        DependencyMissing: pyarrow is not installed.
    """
    require_pyarrow()
    from dataledger.manifest.records.csv_text import first_boundary, parse_header

    descriptor = open_text(path)
    try:
        size = os.fstat(descriptor).st_size
        begin = len(_BYTE_ORDER_MARK) * (
            read_span(descriptor, path, 0, min(3, size)) == _BYTE_ORDER_MARK
        )
        end = None
        read_bytes = 65_536
        while end is None:
            text = read_span(descriptor, path, begin, min(begin + read_bytes, size))
            end = first_boundary(text)
            if end is None and begin + len(text) == size:
                end = len(text)
            elif end is None and len(text) > MAX_RECORD_BYTES:
                raise too_long("The header row", path, begin)
            read_bytes *= 4
    finally:
        os.close(descriptor)
    if not text:
        raise RecordError(
            f"{shown(path)} has no header row.", remedy="Name the columns in the first row."
        )
    names = parse_header(text[:end], path)
    check_names(names)
    return tuple(Column(name, "string") for name in names), begin + end


def read_block(plan: Plan, block: Block) -> Iterator[RowBatch]:
    """Yield a block's rows, encoded, in batches.

    Raises:
        SourceUnreadable: the file cannot be read.
        SourceChanged: it is not as it was planned.
        RecordError: a record breaks a rule, or is longer than `MAX_RECORD_BYTES`.
        DependencyMissing: pyarrow is not installed.
    """
    require_pyarrow()
    from dataledger.manifest.records.csv_text import Place, parse
    from dataledger.manifest.records.encoding import encode

    fast = _compiled_encoder()
    width = len(plan.columns)
    position = block.first_record
    for text in _texts(plan.path, block):
        encoded = fast(text, width) if fast else None
        if encoded is not None:
            count, whole = encoded
            yield whole
            position += count
            continue
        for batch in parse(text, width, Place(plan.path, position)).to_batches():
            yield from encode(batch, position)
            position += batch.num_rows
    if position != block.first_record + block.record_count:
        raise changed(plan.path, "was written after its records were counted")


def read_part(plan: Plan, block: Block, begin: int, end: int) -> list[bytes]:
    """Return some rows of a block, counted from its first, and look into no others.

    Raises as `read_block`.
    """
    require_pyarrow()
    from dataledger.manifest.records.csv_text import Place, parse, record_begins
    from dataledger.manifest.records.encoding import encode

    records: list[bytes] = []
    position = 0
    for text in _texts(plan.path, block):
        begins = record_begins(text)
        first, last = max(begin - position, 0), min(end - position, len(begins) - 1)
        if first < last:
            part = text[begins[first] : begins[last]]
            number = block.first_record + position + first
            for batch in parse(part, len(plan.columns), Place(plan.path, number)).to_batches():
                for encoded in encode(batch, number):
                    records += encoded.records()
        position += len(begins) - 1
        if position >= end:
            break
    return records


def _compiled_encoder() -> EncodeText | None:
    """Return what encodes well-formed text faster, to the same bytes, if numba is in use."""
    if "numba" not in sys.modules:
        return None
    try:
        from dataledger.manifest.records.csv_kernel import encode_text
    except ImportError:
        return None
    return encode_text


def _texts(path: str, block: Block) -> Iterator[bytes]:
    """Yield the block's bytes, cut between records."""
    from dataledger.manifest.records.csv_text import last_boundary

    begin, block_end = block.locator
    rest = b""
    descriptor = open_text(path)
    try:
        while begin < block_end:
            end = min(begin + READ_BYTES, block_end)
            text = rest + read_span(descriptor, path, begin, end)
            begin = end
            cut = len(text) if begin == block_end else last_boundary(text)
            if cut == 0 and len(text) > MAX_RECORD_BYTES + READ_BYTES:
                raise too_long("A record", path, begin - len(text))
            if cut:
                yield text[:cut]
            rest = text[cut:]
    finally:
        os.close(descriptor)
