"""Arrow's types as `docs/records.md` names them: by what a value means, not by how it is stored."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from dataledger.errors import RecordError, shown
from dataledger.manifest.records.source import Column
from dataledger.manifest.records.tags import MAX_DEPTH, Tag

if TYPE_CHECKING:
    import pyarrow as pa

MAX_COLUMNS = 100_000

_SCALES = range(-128, 128)

_NAMES = {
    Tag.NULL: "null",
    Tag.BOOL: "bool",
    Tag.INT: "int",
    Tag.UINT64: "uint64",
    Tag.FLOAT: "float",
    Tag.STRING: "string",
    Tag.BINARY: "binary",
    Tag.TIMESTAMP: "timestamp",
    Tag.INSTANT: "timestamp[UTC]",
    Tag.DATE: "date",
    Tag.TIME: "time",
    Tag.DURATION: "duration",
}

_TAG_OF_ARROW_TYPE = {
    "NA": Tag.NULL,
    "BOOL": Tag.BOOL,
    **dict.fromkeys(("INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32"), Tag.INT),
    "UINT64": Tag.UINT64,
    **dict.fromkeys(("HALF_FLOAT", "FLOAT", "DOUBLE"), Tag.FLOAT),
    **dict.fromkeys((f"DECIMAL{bits}" for bits in (32, 64, 128, 256)), Tag.DECIMAL),
    **dict.fromkeys(("STRING", "LARGE_STRING", "STRING_VIEW"), Tag.STRING),
    **dict.fromkeys(("BINARY", "LARGE_BINARY", "BINARY_VIEW", "FIXED_SIZE_BINARY"), Tag.BINARY),
    **dict.fromkeys(("DATE32", "DATE64"), Tag.DATE),
    **dict.fromkeys(("TIME32", "TIME64"), Tag.TIME),
    "DURATION": Tag.DURATION,
    **dict.fromkeys(
        ("LIST", "LARGE_LIST", "LIST_VIEW", "LARGE_LIST_VIEW", "FIXED_SIZE_LIST", "MAP"), Tag.LIST
    ),
    "STRUCT": Tag.STRUCT,
}


def columns_of(schema: pa.Schema) -> tuple[Column, ...]:
    """Return a table's columns, in its order.

    Raises:
        RecordError: two columns have one name, a name is not UTF-8, a type has no canonical
            encoding, is nested too deeply, or there are too many columns.
    """
    if len(schema) > MAX_COLUMNS:
        raise RecordError(
            f"The table has {len(schema)} columns, which is more than {MAX_COLUMNS}.",
            remedy="Turn the table: many columns of one kind are rows.",
        )
    try:
        columns = tuple(Column(field.name, type_name(field.type)) for field in schema)
    except UnicodeDecodeError as error:
        raise RecordError(
            "The name of a column is not UTF-8.", remedy="Rename the table's columns."
        ) from error
    except UntoldType as error:
        name = next(field.name for field in schema if not _is_told(field.type))
        raise RecordError(
            f"Records cannot have the type {shown(str(error))} of the column {shown(name)}.",
            remedy="Turn it into a type of docs/records.md, or leave the column out.",
        ) from error
    check_names([column.name for column in columns])
    return columns


def check_names(names: list[str]) -> None:
    """Return if every column has a name of its own.

    Raises:
        RecordError: two have the same.
    """
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise RecordError(
                f"Two columns of the table are named {shown(name)}.",
                remedy="Give each column a name of its own.",
            )
        seen.add(name)


class UntoldType(Exception):
    """A type without a canonical encoding; its text is how Arrow spells it."""


def type_name(arrow_type: pa.DataType, depth: int = 0) -> str:
    """Return the type's name in the grammar of `docs/records.md`.

    Raises:
        UntoldType: it has none.
    """
    tag = tag_of(arrow_type)
    meant = meant_type(arrow_type)
    if tag is Tag.DECIMAL:
        return f"decimal({meant.precision},{meant.scale})"
    if tag not in {Tag.LIST, Tag.STRUCT}:
        return _NAMES[tag]
    if depth >= MAX_DEPTH:
        raise UntoldType(f"more than {MAX_DEPTH} levels of lists and structs")
    if tag is Tag.LIST:
        return f"list<{type_name(element_type(meant), depth + 1)}>"
    fields = [(json.dumps(name), kind) for name, kind in fields_of(meant)]
    if len({name for name, _ in fields}) < len(fields):
        raise UntoldType(f"{meant}, with two fields of one name")
    return f"struct<{', '.join(f'{name}: {type_name(kind, depth + 1)}' for name, kind in fields)}>"


def meant_type(arrow_type: pa.DataType) -> pa.DataType:
    """Return the type of the values, without what only says how they are stored."""
    import pyarrow as pa

    while True:
        if isinstance(arrow_type, pa.BaseExtensionType):
            arrow_type = arrow_type.storage_type
        elif pa.types.is_dictionary(arrow_type) or pa.types.is_run_end_encoded(arrow_type):
            arrow_type = arrow_type.value_type
        else:
            return arrow_type


def element_type(arrow_type: pa.DataType) -> pa.DataType:
    """Return the type of a list's elements; those of a map are structs of `key` and `value`."""
    import pyarrow as pa

    if pa.types.is_map(arrow_type):
        return pa.struct(
            [
                pa.field("key", arrow_type.key_type, nullable=False),
                pa.field("value", arrow_type.item_type),
            ]
        )
    return arrow_type.value_type


def fields_of(struct: Any) -> list[tuple[str, pa.DataType]]:
    """Return the names and types of a struct's fields."""
    fields = [struct.field(number) for number in range(struct.num_fields)]
    return [(field.name, field.type) for field in fields]


def tag_of(arrow_type: pa.DataType) -> Tag:
    """Return the tag of the type's values.

    Raises:
        UntoldType: it has no canonical encoding.
    """
    import pyarrow as pa

    meant = meant_type(arrow_type)
    if pa.types.is_timestamp(meant):
        return Tag.TIMESTAMP if meant.tz is None else Tag.INSTANT
    if pa.types.is_decimal(meant) and meant.scale not in _SCALES:
        raise UntoldType(str(meant))
    if meant.id not in _tags():
        raise UntoldType(str(meant))
    return _tags()[meant.id]


@cache
def _tags() -> dict[int, Tag]:
    from pyarrow import lib

    # Some are missing from older versions of pyarrow, which then cannot read such a column either.
    known = {name: getattr(lib, f"Type_{name}", None) for name in _TAG_OF_ARROW_TYPE}
    return {id_: _TAG_OF_ARROW_TYPE[name] for name, id_ in known.items() if id_ is not None}


def _is_told(arrow_type: pa.DataType) -> bool:
    try:
        type_name(arrow_type)
    except UntoldType:
        return False
    return True
