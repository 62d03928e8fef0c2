"""Pages: together they are the whole list, and their tokens are checked."""

import base64
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from index_rows import Filled, key_of

from dataledger.errors import InvalidArgument
from dataledger.index.audit import ANOMALY_KINDS, Audit, DatasetFilter, Page
from dataledger.index.audit.paging import Window

Ask = Callable[[Audit, str, int, str | None], Page[object]]

QUESTIONS: dict[str, Ask] = {
    "timeline": lambda a, name, n, t: a.timeline(name, limit=n, after=t),
    "timeline of kinds": lambda a, name, n, t: a.timeline(
        name, kinds=["advanced", "VersionAdded"], limit=n, after=t
    ),
    "activity of an organisation": lambda a, _, n, t: a.activity(
        "org-3", since="2024-03-01", limit=n, after=t
    ),
    "activity of kinds": lambda a, _, n, t: a.activity(
        "org-2", kinds=["MemberAdded", "VersionRecalled", "Advanced"], limit=n, after=t
    ),
    "activity of a key": lambda a, _, n, t: a.activity(key_of(3, 1), limit=n, after=t),
    "roles": lambda a, _, n, t: a.roles("org-3", limit=n, after=t),
    "datasets": lambda a, _, n, t: a.datasets(limit=n, after=t),
    "datasets by update": lambda a, _, n, t: a.datasets(
        DatasetFilter(sector="health"), order="updated", limit=n, after=t
    ),
    "datasets at a stage": lambda a, _, n, t: a.datasets(
        DatasetFilter(stage="published"), limit=n, after=t
    ),
    "search": lambda a, _, n, t: a.search("north rec", limit=n, after=t),
    "versions": lambda a, name, n, t: a.versions(name, limit=n, after=t),
    "recalls": lambda a, _, n, t: a.recalls(limit=n, after=t),
    **{
        kind: lambda a, _, n, t, kind=kind: a.anomalies(  # type: ignore[misc]  # its default
            [kind], stalled_days=100, limit=n, after=t
        )
        for kind in ANOMALY_KINDS
    },
    "anomalies": lambda a, _, n, t: a.anomalies(limit=n, after=t),
}


def everything(ask: Callable[[int, str | None], Page[object]], limit: int) -> list[object]:
    found: list[object] = []
    token = None
    while True:
        page = ask(limit, token)
        assert len(page.items) <= limit
        found += page.items
        token = page.next
        if token is None:
            return found


@pytest.mark.parametrize("name", QUESTIONS)
def test_pages_of_any_size_are_the_same_list(name: str, audit: Audit, filled: Filled) -> None:
    def ask(limit: int, token: str | None) -> Page[object]:
        return QUESTIONS[name](audit, filled.names[4], limit, token)

    whole = everything(ask, 1000)
    assert everything(ask, 7) == whole
    assert everything(ask, 100) == whole
    if len(whole) <= 40:
        assert everything(ask, 1) == whole


@pytest.mark.parametrize("limit", [0, -1, 1001, True, "5", None])
def test_a_limit_out_of_range_is_refused(audit: Audit, limit: int) -> None:
    with pytest.raises(InvalidArgument, match="A page cannot have") as caught:
        audit.recalls(limit=limit)
    assert "1 to 1000" in caught.value.remedy


def test_a_token_fits_only_its_question_and_its_filters(audit: Audit) -> None:
    token = audit.datasets(DatasetFilter(region="north"), limit=1).next
    assert token is not None
    audit.datasets(DatasetFilter(region="north"), limit=9, after=token)
    for other in (DatasetFilter(), DatasetFilter(region="south")):
        with pytest.raises(InvalidArgument, match="no place in the answer"):
            audit.datasets(other, after=token)
    with pytest.raises(InvalidArgument, match="no place in the answer"):
        audit.recalls(after=token)


@given(st.one_of(st.text(), st.binary().map(lambda b: base64.urlsafe_b64encode(b).decode())))
def test_any_text_is_no_token_and_is_shown_harmless(text: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        Window.of("q", (), limit=5, after=text, key=(int,))
    assert str(caught.value).isprintable()


@given(st.lists(st.one_of(st.integers(-(2**63), 2**63 - 1), st.text(max_size=50)), max_size=6))
def test_a_token_holds_its_key(key: list[int | str]) -> None:
    kinds = [type(part) for part in key]
    window = Window.of("q", (1, "x"), limit=5, after=None, key=kinds)
    again = Window.of("q", (1, "x"), limit=5, after=window.token(key), key=kinds)
    assert again.after == tuple(key)


@pytest.mark.parametrize("key", [(2**63,), ("text",), (1.5,), (True,), (None,), (1, 2), ()])
def test_a_forged_token_with_a_key_that_no_row_has_is_refused(key: tuple[int, ...]) -> None:
    forged = Window.of("q", (), limit=5, after=None, key=(int,)).token(key)
    with pytest.raises(InvalidArgument):
        Window.of("q", (), limit=5, after=forged, key=(int,))
