"""Organisations to admit, from a YAML, JSON or CSV file: every row is checked before any is used.

A row has `slug`, `name`, `capabilities`, `admin`, and perhaps `grantable`, `admin_valid_until`
(2027-01-31, in UTC) and `profile_digest`. Several capabilities stand in a list, or in one text with
spaces in between.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from dataledger.contracts.identifiers import WITHOUT_END, Address, to_address, to_slug
from dataledger.contracts.types import Admission, Capability
from dataledger.errors import InvalidArgument, SourceNotFound, SourceUnreadable, UsageError, shown
from dataledger.hashing import Digest, parse_strict

MAX_FILE_BYTES = 4 * 1024 * 1024
MAX_NAME_BYTES = 256
REQUIRED = ("slug", "name", "capabilities", "admin")
OPTIONAL = ("grantable", "admin_valid_until", "profile_digest")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a row; rows count from 1, without a header."""

    row: int
    text: str

    def __str__(self) -> str:
        return f"row {self.row}: {self.text}"


def read_admissions(path: Path) -> tuple[Admission, ...]:
    """Return the organisations that a file names, in its order.

    Raises:
        SourceNotFound, SourceUnreadable: It cannot be read.
        InvalidArgument: It is not of its format, or a row breaks a rule. The message names every
            row that does.
    """
    rows = _rows(path)
    problems: list[Problem] = []
    admissions: list[Admission] = []
    for number, row in enumerate(rows, start=1):
        try:
            admissions.append(_admission(row))
        except UsageError as error:
            problems.append(Problem(number, f"{error} {error.remedy}"))
    problems += _repeated([str(row.get("slug")) for row in rows if isinstance(row, dict)], "slug")
    problems += _repeated(
        [str(row.get("admin")).lower() for row in rows if isinstance(row, dict)], "admin"
    )
    if problems:
        raise refused(path, problems)
    return tuple(admissions)


def refused(path: Path, problems: Sequence[Problem]) -> InvalidArgument:
    """Return the error for a file of which some rows cannot be admitted."""
    lines = sorted(problems, key=lambda problem: problem.row)
    return InvalidArgument(
        f"The file {shown(str(path))} is refused, and nothing was sent:\n"
        + "\n".join(f"  {problem}" for problem in lines),
        remedy="Correct these rows, and run it again with the whole file.",
    )


def _rows(path: Path) -> list[object]:
    data = _read(path)
    match path.suffix.lower():
        case ".csv":
            rows: object = list(_csv_rows(path, data))
        case ".json":
            rows = parse_strict(data, max_bytes=MAX_FILE_BYTES)
        case ".yaml" | ".yml":
            rows = _yaml(path, data)
        case _:
            raise InvalidArgument(
                f"The file {shown(str(path))} is of no known format.",
                remedy="Name a .yaml, .json or .csv file.",
            )
    if not isinstance(rows, list) or not rows:
        raise InvalidArgument(
            f"The file {shown(str(path))} holds no list of organisations.",
            remedy="Start each organisation with `- slug: …` (YAML), or give a list of objects.",
        )
    return rows


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        raise SourceNotFound(
            f"There is no file {shown(str(path))}.", remedy="Check the path."
        ) from None
    except OSError as error:
        raise SourceUnreadable(
            f"The file {shown(str(path))} cannot be read: {error.strerror}.",
            remedy="Name a file that you may read.",
        ) from None
    if len(data) > MAX_FILE_BYTES:
        raise InvalidArgument(
            f"The file {shown(str(path))} is over {MAX_FILE_BYTES} bytes.",
            remedy="Split it.",
        )
    return data


def _csv_rows(path: Path, data: bytes) -> Iterator[dict[str, object]]:
    try:
        reader = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
        for row in reader:
            # An empty cell says nothing; cells beyond the header stand under None.
            yield {str(name): cell for name, cell in row.items() if cell not in ("", None)}
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidArgument(
            f"The file {shown(str(path))} is not CSV in UTF-8: {shown(str(error))}.",
            remedy="Save it as UTF-8, with commas between the cells.",
        ) from None


def _yaml(path: Path, data: bytes) -> object:
    import yaml

    try:
        return yaml.safe_load(data)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidArgument(
            f"The file {shown(str(path))} is not YAML: {shown(str(error))}.",
            remedy="Compare it with examples/organisations.yaml.",
        ) from None


def _admission(row: object) -> Admission:
    if not isinstance(row, dict):
        raise InvalidArgument(f"{shown(row)} is no organisation.", remedy="Give named fields.")
    for name in row:
        if name not in (*REQUIRED, *OPTIONAL):
            known = ", ".join((*REQUIRED, *OPTIONAL))
            raise InvalidArgument(
                f"The field {shown(name)} is unknown.", remedy=f"There are {known}."
            )
    for name in REQUIRED:
        if row.get(name) is None:
            raise InvalidArgument(f"The field {name!r} is missing.", remedy="Fill it in.")
    name = _text(row, "name")
    if not 0 < len(name.encode()) <= MAX_NAME_BYTES or not name.isprintable():
        raise InvalidArgument(
            f"{shown(name)} is not a name.",
            remedy=f"Give 1 to {MAX_NAME_BYTES} bytes of printable text.",
        )
    digest = _text(row, "profile_digest") if row.get("profile_digest") is not None else None
    return Admission(
        slug=to_slug(_text(row, "slug")),
        name=name,
        capabilities=_capabilities(row["capabilities"]),
        grantable=_capabilities(row.get("grantable", [])),
        admin=_key(_text(row, "admin")),
        admin_valid_until_unix=_end(row.get("admin_valid_until")),
        profile_digest=None if digest is None else Digest.parse(digest),
    )


def _text(row: Mapping[str, object], name: str) -> str:
    value = row[name]
    if not isinstance(value, str):
        # YAML takes 0x… for a number, and its capitals are lost.
        raise InvalidArgument(
            f"The field {name!r} is {shown(value)}, and no text.", remedy="Put it in quotes."
        )
    return value.strip()


def _key(text: str) -> Address:
    key = to_address(text)
    if int(key, 16) == 0:
        raise InvalidArgument(f"{key} is nobody's key.", remedy="Give the administrator's address.")
    return key


def _capabilities(value: object) -> Capability:
    names = value.split() if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise InvalidArgument(
            f"{shown(value)} are no capabilities.", remedy=f"Choose from {_known()}."
        )
    result = Capability(0)
    for name in names:
        if name not in Capability.__members__:
            raise InvalidArgument(
                f"{shown(name)} is no capability.", remedy=f"Choose from {_known()}."
            )
        result |= Capability[name]
    return result


def _known() -> str:
    return ", ".join(Capability.__members__)


def _end(value: object) -> int:
    if value is None:
        return WITHOUT_END
    try:
        # YAML makes a date of its own of a date.
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        raise InvalidArgument(
            f"{shown(value)} is not a time.", remedy="Write it as 2027-01-31, in UTC."
        ) from None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    if moment <= datetime.now(UTC):
        raise InvalidArgument(
            f"The membership would have ended at {moment.isoformat()}.",
            remedy="Let it end in the future.",
        )
    return int(moment.timestamp())


def _repeated(values: Sequence[str], name: str) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for row, value in enumerate(values, start=1):
        if value != "None" and value in first:
            yield Problem(row, f"it has the {name} {shown(value)} of row {first[value]}.")
        first.setdefault(value, row)
