"""How positions are read on the command line: records and bytes count from 0."""

import re
from typing import Any

import click

from dataledger.errors import InvalidArgument, shown

_INDEX = re.compile(r"0|[1-9][0-9]{0,15}")


class IndexType(click.ParamType):
    """Reads a number that counts from 0."""

    name = "number"

    def convert(self, value: Any, _param: object, _ctx: object) -> int:
        """Return the number."""
        return value if isinstance(value, int) else index(value)


class RangeType(click.ParamType):
    """Reads `BEGIN:END`, where the end is not part of the range."""

    name = "begin:end"

    def convert(self, value: Any, _param: object, _ctx: object) -> tuple[int, int]:
        """Return both numbers."""
        if isinstance(value, tuple):
            return value
        begin, colon, end = value.partition(":")
        if not colon or index(begin) >= index(end):
            raise InvalidArgument(
                f"{shown(value)} is not a range.",
                remedy="Write it as BEGIN:END, such as 0:100 for the first hundred.",
            )
        return index(begin), index(end)


INDEX = IndexType()
RANGE = RangeType()


def index(text: str) -> int:
    """Return the number that `text` means. Raises `InvalidArgument`."""
    if not _INDEX.fullmatch(text):
        raise InvalidArgument(
            f"{shown(text)} is not a position.", remedy="Give a whole number, counted from 0."
        )
    return int(text)
