"""The error tree: complete, drawn as it is, and able to cross a process border."""

import copy
import inspect
import pickle
import re

import pytest

from dataledger import errors
from dataledger.errors import (
    ChainError,
    CheckFailed,
    DataLedgerError,
    ExitCode,
    NodeRefused,
    Refused,
    RequestRefused,
    Reverted,
    TransactionError,
    UsageError,
    listed,
    shown,
)

CLASSES = [
    member
    for _, member in inspect.getmembers(errors, inspect.isclass)
    if issubclass(member, DataLedgerError)
]


def build(error_class: type[DataLedgerError]) -> DataLedgerError:
    if issubclass(error_class, Refused):
        return error_class(
            "The ledger refused.", remedy="Ask.", error_name="WrongStage", arguments={"stage": 3}
        )
    if issubclass(error_class, NodeRefused):
        return error_class("The node refused.", remedy="Ask.", reason="replayed")
    if issubclass(error_class, TransactionError):
        return error_class("Not mined.", remedy="Wait.", transaction_hash="0x" + "ab" * 32)
    if issubclass(error_class, RequestRefused):
        return error_class(
            "It refused.", remedy="Ask.", rpc_code=-32000, rpc_message="no", rpc_data=None
        )
    if issubclass(error_class, Reverted):
        return error_class("It reverted.", remedy="Decode it.", data=b"\x01\x02\x03\x04")
    return error_class("It is wrong.", remedy="Mend it.")


@pytest.mark.parametrize("error_class", CLASSES)
class TestEveryClass:
    def test_survives_pickling_and_copying(self, error_class: type[DataLedgerError]) -> None:
        error = build(error_class)
        error.add_note("while hashing")
        pickled = pickle.loads(pickle.dumps(error))  # noqa: S301  # written just here
        for twin in (pickled, copy.copy(error), copy.deepcopy(error)):
            assert type(twin) is error_class
            assert str(twin) == str(error)
            assert vars(twin) == vars(error)

    def test_demands_a_remedy(self, error_class: type[DataLedgerError]) -> None:
        with pytest.raises(TypeError, match="remedy"):
            error_class("It is wrong.")  # type: ignore[call-arg]  # that is what is tested

    def test_exit_code_is_that_of_its_branch(self, error_class: type[DataLedgerError]) -> None:
        branches = {
            UsageError: ExitCode.USAGE,
            CheckFailed: ExitCode.CHECK_FAILED,
            ChainError: ExitCode.CHAIN,
        }
        expected = {branches[base] for base in error_class.__mro__ if base in branches}
        assert expected == {error_class.exit_code} or error_class is DataLedgerError

    def test_is_drawn_below_its_parent(self, error_class: type[DataLedgerError]) -> None:
        assert errors.__doc__ is not None
        assert drawn_parents(errors.__doc__)[error_class.__name__] == (
            None if error_class is DataLedgerError else error_class.__bases__[0].__name__
        )

    def test_has_its_own_docstring(self, error_class: type[DataLedgerError]) -> None:
        assert error_class.__dict__.get("__doc__")


def drawn_parents(drawing: str) -> dict[str, str | None]:
    """Return class name → parent name as the module's docstring draws them."""
    parents: dict[str, str | None] = {}
    open_branches: list[tuple[int, str]] = []
    for indent, name in re.findall(r"^([ │├└─]*)([A-Z]\w+)(?= \(|  |$)", drawing, re.MULTILINE):
        while open_branches and open_branches[-1][0] >= len(indent):
            open_branches.pop()
        parents[name] = open_branches[-1][1] if open_branches else None
        open_branches.append((len(indent), name))
    return parents


def test_the_drawing_names_no_class_that_is_not_there() -> None:
    assert errors.__doc__ is not None
    assert set(drawn_parents(errors.__doc__)) == {cls.__name__ for cls in CLASSES}


def test_codes_are_unique_and_in_kebab_case() -> None:
    codes = [cls.code for cls in CLASSES]
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", code) for code in codes)
    assert errors.SourceChanged.code == "source-changed"
    assert DataLedgerError.code == "data-ledger-error"


def test_repr_shows_the_message_alone() -> None:
    assert repr(build(Refused)) == "Refused('The ledger refused.')"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("plain", "'plain'"),
        ("Gemüse", "'Gemüse'"),
        ("red\x1b[31m", r"'red\x1b[31m'"),
        ("two\nlines", r"'two\nlines'"),
        ("gpj.\u202eexe", r"'gpj.\u202eexe'"),
        ("\udcff", r"'\udcff'"),
        (b"\x00", r"b'\x00'"),
        (7, "7"),
    ],
)
def test_shown_neutralises(value: object, expected: str) -> None:
    assert shown(value) == expected


@pytest.mark.parametrize("value", ["x" * 10**6, b"x" * 10**6, list(range(10**4))])
def test_shown_is_short(value: object) -> None:
    assert len(shown(value)) == errors.SHOWN_CHARACTERS + 1
    assert shown(value).endswith("…")


@pytest.mark.parametrize(
    ("count", "expected"),
    [(0, ""), (1, "f0"), (2, "f0, f1"), (10, "f0, f1, f2, f3, f4, f5, f6, f7, f8, f9")],
)
def test_a_short_list_is_listed_in_full(count: int, expected: str) -> None:
    assert listed([f"f{number}" for number in range(count)]) == expected


def test_a_long_list_is_cut() -> None:
    assert listed([f"f{number}" for number in range(12)]).endswith("f8, f9, and 2 more")
