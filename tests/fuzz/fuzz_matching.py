"""Matchings and their answers: what is accepted is written again, and the library can take it."""

from collections.abc import Iterator
from contextlib import suppress
from random import Random

from fuzzing import accepted, mutate_json

from dataledger.node.matching import MatchingDocument, Normalisation, Reveal
from dataledger.node.matching.answer import MatchingAnswer
from dataledger.node.matching.asking import Asking
from dataledger.node.matching.items import items_of
from dataledger.node.matching.protocol import NotAPoint, OwnerSide

_OURS, _THEIRS = ["a", "b", "c"], ["b", "c", "d", "e"]
_ASKED = {
    reveal: Asking(_OURS, path="people.csv", column="name", reveal=reveal) for reveal in Reveal
}
_OWNERS = {reveal: OwnerSide(reveal_ids=reveal is Reveal.IDS) for reveal in Reveal}


def check(data: bytes) -> None:
    document = accepted(MatchingDocument.parse, data)
    if document is not None:
        assert document.to_bytes() == data
        points = document.points()
        assert len(set(points)) == len(points) == document.items
        with suppress(NotAPoint):
            assert len(_OWNERS[document.reveal].respond(points)) == document.items
    answer = accepted(MatchingAnswer.parse, data, items=len(_OURS))
    if answer is not None:
        assert answer.to_bytes() == data
    for asking in _ASKED.values():
        found = accepted(asking.result, data)
        if found is not None:
            assert found.own == len(_OURS)
            assert 0 <= found.common <= min(found.own, found.theirs)


def seeds() -> Iterator[bytes]:
    for reveal, asking in _ASKED.items():
        yield asking.document.to_bytes()
        owner = _OWNERS[reveal]
        theirs = owner.blind(list(items_of(_THEIRS, Normalisation.EXACT)))
        yield MatchingAnswer(theirs, owner.respond(asking.document.points())).to_bytes()


def mutate(data: bytes, random: Random) -> bytes:
    if data.endswith(b"}"):
        return mutate_json(data, random)
    at = random.randrange(len(data))
    return data[:at] + bytes([random.randrange(256)]) + data[at + random.randrange(3) :]
