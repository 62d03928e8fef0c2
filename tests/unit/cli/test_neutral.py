"""Untrusted text cannot steer a terminal."""

import io
import unicodedata
from contextlib import redirect_stdout

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataledger.cli.render.neutral import neutral
from dataledger.cli.render.screen import Branch, Hash, Screen, Styled

HOSTILE = st.text(
    alphabet=st.one_of(
        st.characters(),
        st.sampled_from("\x1b\x07\x08\r\n\t\x9b\x7f\u202e\u2066\u200f\u2028\ufeff\ud800[]\\:"),
    )
)


@given(HOSTILE)
def test_what_is_shown_has_no_control_of_any_kind(text: str) -> None:
    shown = neutral(text)
    categories = {unicodedata.category(char) for char in shown}
    assert not categories & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@given(HOSTILE)
def test_neutralising_twice_changes_nothing(text: str) -> None:
    assert neutral(neutral(text)) == neutral(text)


@given(st.text(alphabet=st.characters(categories=["L", "N", "P", "S", "M", "Zs"])))
def test_text_that_only_prints_stays_as_it_is(text: str) -> None:
    assert neutral(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]0;owned\x07", r"\x1b]0;owned\x07"),
        ("a\nb\r", r"a\nb\r"),
        ("evil\u202etxt.exe", r"evil\u202etxt.exe"),
        ("\udcff", r"\udcff"),
        ("\x9b31m", r"\x9b31m"),
        ("\U000e0041", r"\U000e0041"),
        ("路 data", "路 data"),
    ],
)
def test_controls_become_visible(text: str, shown: str) -> None:
    assert neutral(text) == shown


@given(HOSTILE)
def test_every_way_of_drawing_neutralises(text: str) -> None:
    stream = io.StringIO()
    with redirect_stdout(stream):
        screen = Screen()
        screen.line(text, Styled(text, "bold"))
        screen.success(text)
        screen.failure(text)
        screen.warning(text)
        screen.hint(text)
        screen.fields([(text, text), ("styled", Styled(text, "red")), ("absent", None)])
        screen.table([text], [[text], [Styled(text, "red")], [Hash(text)]], empty=text)
        screen.table([text], [], empty=text)
        screen.tree(Branch([text], [Branch([text, Styled(text, "cyan")])]))
    drawn = stream.getvalue().replace("\n", "")
    assert not any(unicodedata.category(char) in {"Cc", "Cf", "Cs"} for char in drawn)


@pytest.mark.parametrize("text", ["[bold]x[/bold]", "[/]", "[link=http://x]y", ":smile:", "[red"])
def test_markup_in_text_is_text(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen()
    screen.line(text)
    screen.table(["a"], [[text]], empty="")
    screen.tree(Branch([text]))
    assert capsys.readouterr().out.count(text) == 3


def test_a_deep_tree_is_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    root = branch = Branch(["0"])
    for number in range(1, 1000):
        branch.children.append(Branch([str(number)]))
        branch = branch.children[0]
    Screen().tree(root)
    assert "999" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("columns", "shown"), [("80", "0xababababababa…ababab"), ("300", "0x" + "ab" * 32)]
)
def test_hashes_are_brief_on_a_narrow_terminal_only(
    columns: str, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("COLUMNS", columns)
    stream = Terminal()
    with redirect_stdout(stream):
        Screen().table(["hash"], [[Hash("0x" + "ab" * 32)]], empty="")
    assert f"{shown} " in f"{stream.getvalue()} ".replace("\n", " ")
