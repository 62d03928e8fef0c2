"""How values on the command line are read."""

import contextlib
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import click
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dataledger.cli.parameters import (
    CAPABILITY,
    COUNT,
    DURATION,
    MOMENT,
    PARENT,
    ROLE,
    SEVERITY,
    VERSION_NAME,
    NameType,
    ParentName,
    VersionName,
    capabilities,
    setting,
)
from dataledger.contracts.identifiers import WITHOUT_END
from dataledger.contracts.types import Capability, Role, Severity
from dataledger.errors import InvalidArgument, InvalidIdentifier, UsageError


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (CAPABILITY, [bit.name for bit in Capability]),
        (ROLE, [role.name for role in islice(Role, 1, None)]),
        (SEVERITY, [severity.name for severity in Severity]),
    ],
)
def test_names_are_those_of_the_contracts(kind: NameType, names: list[str]) -> None:
    assert kind.name.split("|") == names
    assert [kind.convert(name.lower(), None, None) for name in names] == names
    with pytest.raises(InvalidArgument, match="'NONE' is not"):
        kind.convert("NONE", None, None)


def test_capabilities_add_up() -> None:
    assert capabilities([]) == Capability(0)
    assert capabilities(["AUDITOR", "CUSTODIAN", "AUDITOR"]) == (
        Capability.AUDITOR | Capability.CUSTODIAN
    )


@pytest.mark.parametrize(
    ("text", "unix"),
    [
        ("1970-01-02", 86_400),
        ("1970-01-01T00:00:01Z", 1),
        ("1970-01-01T01:00:00+01:00", 0),
        ("never", WITHOUT_END),
    ],
)
def test_moments(text: str, unix: int) -> None:
    assert MOMENT.convert(text, None, None) == unix


def test_moments_ahead() -> None:
    expected = datetime.now(UTC) + timedelta(days=90)
    assert abs(MOMENT.convert("+90d", None, None) - expected.timestamp()) < 10


@pytest.mark.parametrize("text", ["", "tomorrow", "+5", "+d", "2027-13-01", "90d", "+90y"])
def test_what_is_no_moment(text: str) -> None:
    with pytest.raises(InvalidArgument, match="is not a time"):
        MOMENT.convert(text, None, None)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("2m", 120), ("12h", 43_200), ("7d", 604_800)]
)
def test_durations(text: str, seconds: int) -> None:
    assert DURATION.convert(text, None, None).total_seconds() == seconds


@pytest.mark.parametrize("text", ["", "7", "d", "0d", "-1d", "1w", "1.5h", "9999999d"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(InvalidArgument, match="is not a duration"):
        DURATION.convert(text, None, None)


def test_counts() -> None:
    assert COUNT.convert("1", None, None) == 1
    assert COUNT.convert("4294967295", None, None) == 2**32 - 1
    for text in ("", "0", "-1", "01", "1.5", "4294967296", "9" * 5000, "٣", "x"):
        with pytest.raises(InvalidArgument, match="does not count"):
            COUNT.convert(text, None, None)


def test_versions_and_parents() -> None:
    assert VERSION_NAME.convert("acme/roads", None, None) == VersionName("acme/roads", None)
    assert VERSION_NAME.convert("acme/roads@3", None, None) == VersionName("acme/roads", 3)
    assert PARENT.convert("acme/roads@3", None, None) == ParentName(
        VersionName("acme/roads", 3), "DERIVED"
    )
    assert PARENT.convert("acme/roads:merged", None, None) == ParentName(
        VersionName("acme/roads", None), "MERGED"
    )


@pytest.mark.parametrize("text", ["acme/roads@", "acme/roads@0", "acme/roads@x", "a@-1"])
def test_what_is_no_version(text: str) -> None:
    with pytest.raises(InvalidIdentifier):
        VERSION_NAME.convert(text, None, None)


def test_an_unknown_relation_lists_the_known() -> None:
    with pytest.raises(InvalidArgument) as caught:
        PARENT.convert("acme/roads@1:COPIED", None, None)
    assert "TRAINED_ON" in caught.value.remedy


def test_settings() -> None:
    assert setting("a=b=c") == ("a", "b=c")
    assert setting("a=") == ("a", "")
    for text in ("", "a", "=b"):
        with pytest.raises(InvalidArgument):
            setting(text)


TYPES = [CAPABILITY, COUNT, ROLE, SEVERITY, MOMENT, DURATION, VERSION_NAME, PARENT]


@given(st.sampled_from(TYPES), st.text())
@example(MOMENT, "0001-01-01T00:00:00+23:59")
@example(MOMENT, "9999-12-31T23:59:59-23:59")
@example(MOMENT, "+999999d")
def test_any_text_is_read_or_refused(kind: click.ParamType, text: str) -> None:
    value: Any = None
    with contextlib.suppress(UsageError):
        value = kind.convert(text, None, None)
    if value is not None:
        assert kind.convert(value, None, None) == value


@pytest.mark.parametrize("text", ["1969-12-31", "0001-01-01"])
def test_no_moment_lies_before_the_epoch(text: str) -> None:
    with pytest.raises(InvalidArgument, match="before 1970"):
        MOMENT.convert(text, None, None)
