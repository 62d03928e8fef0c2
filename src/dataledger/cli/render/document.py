"""Values as JSON: one rule for each type, so that keys and spellings are the same everywhere."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum, IntEnum, IntFlag
from pathlib import PurePath

from dataledger.chain.profile import Endpoint
from dataledger.contracts.identifiers import Identifier
from dataledger.contracts.types import StageTable
from dataledger.hashing import Digest, JsonValue

_FIRST_UNSAFE_INTEGER = 2**53


def document_of(value: object) -> JsonValue:
    """Return a value of any room as JSON.

    Dataclasses become objects with their fields' names as keys. Digests, ids and addresses are
    written as text; bytes as `0x` and hexadecimal; enums by name; flags as the list of the names of
    their bits; integers of 2^53 or more as text, since not every parser reads them exactly.
    """
    match value:
        case None | bool() | float():
            document: JsonValue = value
        case IntFlag():
            document = list(_bit_names(value))
        case Enum():
            document = value.name if isinstance(value, IntEnum) else document_of(value.value)
        case int():
            document = value if abs(value) < _FIRST_UNSAFE_INTEGER else str(value)
        case bytes():
            document = f"0x{value.hex()}"
        case str() | PurePath() | Digest() | Identifier() | Endpoint():
            document = str(value)
        case StageTable():
            document = {str(stage): following for stage, following in value.steps.items()}
        case Mapping():
            document = {str(key): document_of(item) for key, item in value.items()}
        case tuple() | list():
            document = [document_of(item) for item in value]
        case _ if is_dataclass(value):
            document = {
                field.name: document_of(getattr(value, field.name)) for field in fields(value)
            }
        case _:
            raise TypeError(f"{type(value).__name__} has no JSON form")
    return document


def json_text(document: JsonValue) -> str:
    """Return indented JSON in pure ASCII: nothing in it can steer a terminal."""
    return json.dumps(document, indent=2, ensure_ascii=True)


def _bit_names(flags: IntFlag) -> Iterator[str]:
    for number in range(int(flags).bit_length()):
        if flags >> number & 1:
            yield type(flags)(1 << number).name or f"BIT_{number}"
