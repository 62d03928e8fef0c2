"""Single records, as they are shown: the text of a line, or the values of a row."""

from dataledger.hashing import JsonValue
from dataledger.manifest.record_set import RecordFormat


def record_document(record: bytes, record_format: RecordFormat) -> JsonValue:
    """Return a record for `--json`: a line as its text, a row as its canonical bytes in base64."""
    if record_format is RecordFormat.JSONL:
        return record.decode()
    from dataledger.manifest.proofs.fields import base64_text

    return base64_text(record)


def record_text(record: bytes, record_format: RecordFormat) -> str:
    """Return a record for the screen, which neutralises it."""
    return str(record_document(record, record_format))
