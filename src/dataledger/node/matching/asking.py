"""The other side of a matching: whoever has a set of its own, and asks an owner's node."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from dataledger.errors import QueryError
from dataledger.ledger.use_results import GrantRef
from dataledger.node.client import Answered, NodeClient
from dataledger.node.matching.answer import MatchingAnswer, nonsense
from dataledger.node.matching.document import MatchingDocument, Reveal
from dataledger.node.matching.items import Normalisation, items_of, texts_of
from dataledger.node.matching.protocol import AskerSide, NotAPoint
from dataledger.node.tables import read_own_table


@dataclass(frozen=True, slots=True)
class Matched:
    """What a matching told."""

    own: int
    """Different items of the asker's."""
    theirs: int
    """Different items of the owner's."""
    common: int
    """Items of both."""
    texts: tuple[str, ...] | None
    """The asker's texts that are items of both, sorted; None where only their number is told."""


class Asking:
    """One matching, as its asker prepares it. Its key is made for it, and asks once."""

    def __init__(
        self,
        texts: Iterable[str | None],
        *,
        path: str,
        column: str,
        reveal: Reveal = Reveal.SIZE,
        normalise: Normalisation = Normalisation.EXACT,
    ) -> None:
        """Blind one's own texts, to be compared with a column of a table of the owner's.

        Raises:
            QueryError: there is no item among the texts, or there are too many.
            DependencyMissing: openmined-psi is not installed.
        """
        self._items = items_of(texts, normalise)
        if not self._items:
            raise QueryError(
                "There is nothing to compare: every value is absent or empty.",
                remedy="Name a column that has values.",
            )
        self._side = AskerSide(reveal_ids=reveal is Reveal.IDS)
        self.document = MatchingDocument(
            path=path,
            column=column,
            reveal=reveal,
            items=len(self._items),
            request=self._side.request(list(self._items)),
            normalise=normalise,
        )

    def result(self, content: bytes) -> Matched:
        """Return what the node's answer tells.

        Raises:
            OwnerNodeError: it is no answer to this request.
        """
        answer = MatchingAnswer.parse(content, items=len(self._items))
        texts = None
        try:
            if self.document.reveal is Reveal.IDS:
                own = list(self._items.values())
                places = self._side.shared(answer.owners, answer.response)
                common, texts = len(places), tuple(sorted(own[place] for place in places))
            else:
                common = self._side.count(answer.owners, answer.response)
        except NotAPoint as error:
            raise nonsense(str(error)) from error
        return Matched(len(self._items), len(answer.owners), common, texts)


def ask(
    client: NodeClient, grant: GrantRef, asking: Asking, *, version: int | None = None
) -> tuple[Matched, Answered]:
    """Have a matching done by an owner's node; return what it told, and its receipt.

    Raises:
        NodeRefused: a rule of the node or the grant is against it.
        AnswerWithheld: it was done, and its answer must not leave the node.
        OwnerNodeError: the node does not answer, or with nonsense.
    """
    answered = client.run(grant, asking.document.to_bytes(), version=version)
    return asking.result(answered.content), answered


def read_texts(path: Path, column: str) -> list[str | None]:
    """Return the different values of a column of one's own table, as the node reads them.

    Raises:
        NotFound: the file is no table, or has no such column.
        SourceUnreadable, RecordError, DependencyMissing: as `read_own_table` does.
    """
    return texts_of(read_own_table(path, [column]).column(0))
