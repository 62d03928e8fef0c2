"""CSV text as Arrow tables of strings, with every departure from RFC 4180 refused.

pyarrow splits the text into fields. It takes more than the RFC allows, and other readers make other
tables of that: a quote inside a bare field, a bare carriage return, an empty line. So these are
looked for first, where quotes may stand being a matter of the bytes beside them.
"""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.csv

from dataledger.errors import RecordError, shown

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

_QUOTE, _COMMA, _LINE_FEED, _CARRIAGE_RETURN = (ord(mark) for mark in '",\n\r')


class Place(NamedTuple):
    """Where a text is from, for messages."""

    path: str
    first_record: int | None
    """The number of its first record; None for the header row."""

    def record(self, index: int | None) -> str:
        """Return the name of the text's record `index`; of the whole text, if that is not known."""
        if self.first_record is None:
            return f"The header row of {shown(self.path)}"
        if index is None:
            return f"A record of {shown(self.path)}, after record {self.first_record},"
        return f"Record {self.first_record + index} of {shown(self.path)}"


def first_boundary(text: bytes) -> int | None:
    """Return where the second record begins, in a text that begins with one; None if nowhere."""
    inside = False
    for mark in re.finditer(rb'["\n]', text):
        if mark[0] == b'"':
            inside = not inside
        elif not inside:
            return mark.end()
    return None


def last_boundary(text: bytes) -> int:
    """Return where the last record begins that is not known to be whole; 0 if that is the first."""
    quotes = _positions(text, _QUOTE)
    end = len(text)
    while (found := text.rfind(b"\n", 0, end)) >= 0:
        quotes_before = int(np.searchsorted(quotes, found))
        if quotes_before % 2 == 0:
            return found + 1
        end = int(quotes[quotes_before - 1])
    return 0


def record_begins(text: bytes) -> list[int]:
    """Return where each record of whole records begins, and where the last one ends."""
    breaks = _outside(_positions(text, _LINE_FEED), _positions(text, _QUOTE))
    begins = [0, *(breaks + 1).tolist()]
    return begins if begins[-1] == len(text) else [*begins, len(text)]


def parse_header(text: bytes, path: str) -> list[str]:
    """Return the fields of the header row.

    Raises:
        RecordError: it is not UTF-8, or departs from RFC 4180.
    """
    place = Place(path, None)
    _check(text, place)
    try:
        return next(csv.reader(io.StringIO(text.decode(), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise _refused(text, place, error) from error


def parse(text: bytes, width: int, place: Place) -> Any:
    """Return whole records as an Arrow table of `width` columns of strings.

    Raises:
        RecordError: a record has another width, is not UTF-8, or departs from RFC 4180.
    """
    _check(text, place)
    try:
        return _read(text, [str(number) for number in range(width)])
    except (pa.ArrowException, ValueError) as error:
        raise _refused(text, place, error) from error


def _read(text: bytes, names: list[str]) -> Any:
    # pyarrow drops a byte order mark, wherever the text was cut from.
    guarded = _BYTE_ORDER_MARK + text if text.startswith(_BYTE_ORDER_MARK) else text
    return pa.csv.read_csv(
        pa.BufferReader(guarded),
        read_options=pa.csv.ReadOptions(
            use_threads=False,
            block_size=len(guarded) + 1,
            column_names=names,
        ),
        parse_options=pa.csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        convert_options=pa.csv.ConvertOptions(
            null_values=[], column_types=dict.fromkeys(names, pa.string())
        ),
    )


def _refused(text: bytes, place: Place, error: Exception) -> RecordError:
    try:
        text.decode()
    except UnicodeDecodeError as undecodable:
        record = place.record(_records_before(text, undecodable.start))
        return RecordError(f"{record} is not UTF-8.", remedy="Save the file as UTF-8.")
    found = re.search(r"Row #(\d+): (Expected \d+ columns, got \d+)", str(error))
    if found:
        return RecordError(
            f"{place.record(int(found[1]) - 1)} has another number of fields: {found[2].lower()}.",
            remedy="Give every record as many fields as there are columns.",
        )
    return RecordError(
        f"{place.record(None)} cannot be read: {shown(str(error))}",
        remedy="Write the file as RFC 4180 says.",
    )


# -------------------------------------------------------------------------------------- checks


def _check(text: bytes, place: Place) -> None:
    """Return if text that begins with a record departs in no way that pyarrow would take.

    Raises:
        RecordError: it does.
    """
    quotes = _positions(text, _QUOTE)
    stray = _stray_quote(text, quotes)
    if stray is not None:
        raise RecordError(
            f"{place.record(_records_before(text, stray))} has a quote inside a field.",
            remedy='Put the field between quotes, and write "" for each quote in it (RFC 4180).',
        )
    returns = _positions(text, _CARRIAGE_RETURN)
    if len(returns):
        bare = returns[_bytes_at(text, returns + 1) != _LINE_FEED]
        for position in _outside(bare, quotes)[:1].tolist():
            raise RecordError(
                f"{place.record(_records_before(text, position))} has a bare carriage return.",
                remedy="End records with a line feed, and put such fields between quotes.",
            )
    codes = np.frombuffer(text, np.uint8)
    breaks = codes == _LINE_FEED
    follow = breaks[1:] | (codes[1:] == _CARRIAGE_RETURN) if len(returns) else breaks[1:]
    empty = np.flatnonzero(breaks[:-1] & follow)
    if text.startswith((b"\n", b"\r\n")):
        raise _empty(place, 0)
    for position in _outside(empty, quotes)[:1].tolist():
        raise _empty(place, _records_before(text, position) + 1)


def _empty(place: Place, index: int) -> RecordError:
    return RecordError(
        f"{place.record(index)} is an empty line.",
        remedy='Remove it; in a table of one column, write "" for an empty value.',
    )


def _stray_quote(text: bytes, quotes: NDArray[np.int64]) -> int | None:
    """Return where a quote neither begins or ends a field nor is doubled inside of one, if any."""
    if not len(quotes):
        return None
    opening, closing = quotes[::2], quotes[1::2]
    before = _bytes_at(text, opening - 1)
    after = _bytes_at(text, closing + 1)
    begins = (before == _COMMA) | (before == _LINE_FEED) | (before == _QUOTE) | (opening == 0)
    ends = (
        (after == _COMMA)
        | (after == _LINE_FEED)
        | (after == _CARRIAGE_RETURN)
        | (after == _QUOTE)
        | (closing == len(text) - 1)
    )
    stray = [*opening[~begins][:1].tolist(), *closing[~ends][:1].tolist()]
    if len(opening) > len(closing):
        stray.append(int(opening[-1]))
    return min(stray, default=None)


def _positions(text: bytes, mark: int) -> NDArray[np.int64]:
    if mark not in text:
        return np.zeros(0, np.int64)
    return np.flatnonzero(np.frombuffer(text, np.uint8) == mark)


def _bytes_at(text: bytes, positions: NDArray[np.int64]) -> NDArray[np.int16]:
    """Return the bytes there; -1 before the begin and after the end."""
    known = (positions >= 0) & (positions < len(text))
    codes = np.frombuffer(text, np.uint8)
    return np.where(known, codes[np.where(known, positions, 0)], np.int16(-1))


def _outside(positions: NDArray[np.int64], quotes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return those of the positions that are not between two quotes."""
    outside: NDArray[np.int64] = positions[np.searchsorted(quotes, positions) % 2 == 0]
    return outside


def _records_before(text: bytes, position: int) -> int:
    before = text[:position]
    return len(_outside(_positions(before, _LINE_FEED), _positions(before, _QUOTE)))
