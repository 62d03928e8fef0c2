"""Untrusted text on its way to a terminal."""

import unicodedata


def neutral(text: str) -> str:
    r"""Return `text` as one line in which every character prints, and does nothing else.

    Whatever has no shape of its own becomes a visible escape such as `\x1b` or `\u202e`: control
    characters (and with them terminal escapes and line breaks), bidirectional and other format
    controls, line separators, lone surrogates, private and unassigned code points.
    """
    if text.isprintable():
        return text
    return "".join(char if _prints(char) else _escaped(char) for char in text)


def _prints(char: str) -> bool:
    # Python counts every space but U+0020 as not printable; they are harmless here.
    return char.isprintable() or unicodedata.category(char) == "Zs"


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")
