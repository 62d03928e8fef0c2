"""A person's words as a full-text query: whatever is typed, it is only ever words.

All words must occur; the last one may be the beginning of a word. Words are runs of letters and
digits, whatever stands between them: no character has a meaning of its own, in any database.
"""

import re
from dataclasses import dataclass

from sqlalchemy import BigInteger, Select, column, func, literal_column, select, table, text

from dataledger.errors import InvalidArgument, shown

MAX_WORDS = 16
MAX_WORD_CHARACTERS = 64
MAX_TEXT_CHARACTERS = 1_000
_LEAST_PREFIX = 2
_WORD = re.compile(r"[^\W_]+")

_SEARCH = table("datasets_search", column("words"))
_ROW_ID = {"sqlite": "rowid", "postgresql": "registered_event"}


@dataclass(frozen=True, slots=True)
class WordQuery:
    """Words to look for."""

    words: tuple[str, ...]

    @classmethod
    def parse(cls, typed: str) -> "WordQuery":
        """Return the words that were typed.

        Raises:
            InvalidArgument: there is none, or there are too many, or too long ones.
        """
        if len(typed) > MAX_TEXT_CHARACTERS:
            raise InvalidArgument(
                f"{shown(typed)} is too long to search for.",
                remedy=f"Give up to {MAX_TEXT_CHARACTERS} characters.",
            )
        words = tuple(dict.fromkeys(word.lower() for word in _WORD.findall(typed)))
        if not words:
            raise InvalidArgument(
                f"There is no word in {shown(typed)}.", remedy="Give letters or digits to find."
            )
        if len(words) > MAX_WORDS or any(len(word) > MAX_WORD_CHARACTERS for word in words):
            raise InvalidArgument(
                f"{shown(typed)} is more than a search takes.",
                remedy=f"Give up to {MAX_WORDS} words of up to {MAX_WORD_CHARACTERS} characters.",
            )
        return cls(words)

    @property
    def last_is_prefix(self) -> bool:
        """Whether the last word may go on: a single letter would begin a tenth of all words."""
        return len(self.words[-1]) >= _LEAST_PREFIX

    def matches(self, dialect: str, *, limit: int) -> Select[int]:
        """Return the query for the `registered_event` of the newest `limit` datasets with all."""
        row_id = column(_ROW_ID[dialect], BigInteger)
        found = select(row_id.label("registered_event")).select_from(_SEARCH)
        if dialect == "sqlite":
            found = found.where(text("datasets_search MATCH :words").bindparams(words=self._fts5()))
        else:
            # As a literal, for a parameter would be looked up, and the query read, for every row.
            query = func.to_tsquery(literal_column("'simple'::regconfig"), self._tsquery())
            found = found.where(column("words").op("@@")(query))
        return found.order_by(row_id.desc()).limit(limit)

    def _fts5(self) -> str:
        *others, last = (f'"{word}"' for word in self.words)
        return " AND ".join([*others, f"{last} *" if self.last_is_prefix else last])

    def _tsquery(self) -> str:
        *others, last = (f"'{word}'" for word in self.words)
        return " & ".join([*others, f"{last}:*" if self.last_is_prefix else last])

    def score(self, slug: str, title: str | None) -> int:
        """Return how well slug and title fit: three for each word in the slug, two in the title."""
        return 3 * self._occurring(slug) + 2 * self._occurring(title or "")

    def _occurring(self, text_: str) -> int:
        """Return how many of the words occur in a text."""
        there = {word.lower() for word in _WORD.findall(text_)}
        found = len(there.intersection(self.words))
        last = self.words[-1]
        if self.last_is_prefix and last not in there:
            found += any(word.startswith(last) for word in there)
        return found
