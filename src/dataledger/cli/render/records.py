"""Single records, as they are shown: the text of a line, or the values of a row."""

import json

from dataledger.errors import RecordError
from dataledger.hashing import JsonValue
from dataledger.manifest.proofs.fields import base64_text
from dataledger.manifest.record_set import RecordFormat

SHOWN_ROW_BYTES = 64 * 1024
"""What a stranger's row can cost to decode is 400 times its size in memory."""


def record_document(record: bytes, record_format: RecordFormat) -> JsonValue:
    """Return a record for `--json`: a line as its text; a row as its bytes and its values.

    The values are null where the row is longer than `SHOWN_ROW_BYTES`, or where the bytes are no
    canonical row: a proof shows what was committed to, and not that it is well formed.
    """
    if record_format is RecordFormat.JSONL:
        return record.decode()
    return {"canonical": base64_text(record), "values": _values(record)}


def record_text(record: bytes, record_format: RecordFormat) -> str:
    """Return a record for the screen, which neutralises it: a row as the list of its values."""
    if record_format is RecordFormat.JSONL:
        return record.decode()
    if len(record) > SHOWN_ROW_BYTES:
        return f"a row of {len(record):,} bytes, too long to show"
    values = _values(record)
    if values is None:
        return f"no canonical row: {base64_text(record)}"
    return json.dumps([value["value"] for value in values], ensure_ascii=False)


def _values(record: bytes) -> list[dict[str, JsonValue]] | None:
    if len(record) > SHOWN_ROW_BYTES:
        return None
    # Imported late: other kinds of proofs show no rows.
    from dataledger.manifest.records.decoding import decode_row

    try:
        return [value.to_json() for value in decode_row(record)]
    except RecordError:
        return None
