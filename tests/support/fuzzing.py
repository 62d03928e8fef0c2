"""What the fuzz harnesses share: loading them, allowed refusals, scratch files, mutating JSON.

A harness is a file `tests/fuzz/fuzz_*.py`, which needs no fuzzer: `check(data)` returns for any
bytes, or raises what is wrong with the package; `seeds()` makes inputs to begin with. It may have
`mutate(data, random)`, which knows the format, and `MAX_BYTES`, the longest input worth trying.
"""

import importlib.util
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any, NamedTuple, ParamSpec, TypeVar

import rfc8785
import slow_records
from record_files import KEYS, SECRET

from dataledger.errors import DataLedgerError
from dataledger.manifest import RecordFormat
from dataledger.manifest.records.engine import RecordOptions, read_records
from dataledger.manifest.records.formats import plan_file, read_block

FOLDER = Path(__file__).resolve().parents[1] / "fuzz"
MAX_BYTES = 4096

MOST_MESSAGE_CHARACTERS = 4000

P = ParamSpec("P")
T = TypeVar("T")


def names() -> list[str]:
    """Return the names of all harnesses."""
    return sorted(path.stem.removeprefix("fuzz_") for path in FOLDER.glob("fuzz_*.py"))


def load(name: str) -> ModuleType:
    """Return a harness, imported anew."""
    module_name = f"fuzz_{name}"
    spec = importlib.util.spec_from_file_location(module_name, FOLDER / f"{module_name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module  # dataclasses and pickle look it up
    spec.loader.exec_module(module)
    return module


def accepted(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
    """Return what the function returns, or None where it refuses with one of our own errors."""
    try:
        return function(*args, **kwargs)
    except DataLedgerError as error:
        refusal = error
    text = f"{refusal} {refusal.remedy}"
    assert text.isprintable(), "an error holds control characters"
    assert len(text) < MOST_MESSAGE_CHARACTERS, "an error has no end"
    assert refusal.remedy, "an error does not say what to do"
    return None


class Scratch:
    """A temporary file whose content is set again and again."""

    def __init__(self, name: str) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self.path = Path(self._folder.name) / name

    def write(self, data: bytes) -> str:
        """Make `data` the file's content, in a new file, and return its path."""
        self.path.unlink(missing_ok=True)
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        return str(self.path)


@contextmanager
def patched(*modules: ModuleType, **values: object) -> Iterator[None]:
    """Give constants other values, in each of the modules that has them, for the block."""
    before = [
        (module, name, getattr(module, name))
        for module in modules
        for name in values
        if hasattr(module, name)
    ]
    for module, name, _ in before:
        setattr(module, name, values[name])
    try:
        yield
    finally:
        for module, name, value in before:
            setattr(module, name, value)


# --------------------------------------------------------------------------------------- records


class Found(NamedTuple):
    """All that a reader of records found in a file."""

    columns: list[str]
    records: list[bytes]
    values: list[tuple[bytes, bytes]]
    """Of each column: its heads, and its bodies."""


def read_all(path: str, record_format: RecordFormat) -> Found:
    """Return what is in the file, read block by block, as a worker that gets all blocks does."""
    plan = plan_file(path, record_format)
    records: list[bytes] = []
    values = [(b"", b"") for _ in plan.columns]
    for block in plan.blocks:
        assert block.first_record == len(records)
        for batch in read_block(plan, block):
            found = batch.records()
            assert found == [
                bytes(data[begin:end])
                for data, begins, ends in batch.spans()
                for begin, end in zip(begins.tolist(), ends.tolist(), strict=True)
            ]
            records += found
            values = [
                (heads + bytes(more.heads), bodies + bytes(more.bodies))
                for (heads, bodies), more in zip(values, batch.columns, strict=True)
            ]
        assert len(records) == block.first_record + block.record_count
    assert len(records) == plan.record_count
    return Found([column.name for column in plan.columns], records, values)


def check_root(path: str, records: Sequence[bytes]) -> None:
    """Check the record root of a small file against an implementation that shares no code."""
    found = read_records(path, RecordOptions(KEYS, labels=True), workers=1)
    assert found is not None
    secret = bytes.fromhex(SECRET.reveal())
    assert found.record_root.value == slow_records.record_root(secret, records)
    assert found.labels is not None
    assert found.labels.label_count == len(set(records))
    assert found.labels.label_root.value == slow_records.label_root(secret, records)


# ---------------------------------------------------------------------------------------- JSON

_SCALARS: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 255, 256, 257, 65_535, 65_536, 2**32, 2**53 - 1, 2**53, 0.5),
    *("", "a", "/", "..", "a/b", "\x00", "\u202e", "é", "e\u0301", "0x", "sha256:" + "0" * 64),
    *(1e21, -0.0, "A" * 100, [], {}, "AA==", "AAAAAAAAAAAAAAAAAAAAAA==", "9007199254740992"),
)


def mutate_json(data: bytes, random: Random) -> bytes:
    """Return a JSON document with some values changed, moved, added or left out."""
    try:
        document = json.loads(data)
    except ValueError:
        return data
    for _ in range(random.randint(1, 3)):
        document = _changed(document, random)
    try:
        return rfc8785.dumps(document)
    except ValueError:
        return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def _changed(document: Any, random: Random) -> Any:
    places = list(_places(document))
    if not places:
        return random.choice(_SCALARS)
    parent, key = random.choice(places)
    match random.randrange(7):
        case 0:
            parent[key] = random.choice(_SCALARS)
        case 1:
            del parent[key]
        case 2:
            other, other_key = random.choice(places)
            parent[key] = json.loads(json.dumps(other[other_key]))
        case 3 if isinstance(parent, list):
            parent.insert(key, json.loads(json.dumps(parent[key])))
        case 3:
            parent[random.choice(("x", "anchor", "labels", "records", "kind"))] = parent[key]
        case 4 if isinstance(parent, list):
            random.shuffle(parent)
        case 4 | 5:
            parent[key] = _tweaked(parent[key], random)
        case _:
            parent[key] = [parent[key]] if random.random() < 0.5 else {"a": parent[key]}
    return document


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, dict):
        keys: Any = list(value)
    elif isinstance(value, list):
        keys = range(len(value))
    else:
        return
    for key in keys:
        yield value, key
        yield from _places(value[key])


def _tweaked(value: Any, random: Random) -> Any:
    if isinstance(value, str) and value:
        at = random.randrange(len(value))
        new = random.choice((chr(random.randrange(32, 127)), "", value[at] * 2, "é", "\n"))
        return value[:at] + new + value[at + 1 :]
    if type(value) in (int, float):
        return value + random.choice((1, -1, 2, 256, value))
    return value
