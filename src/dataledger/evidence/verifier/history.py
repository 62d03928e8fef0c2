"""What a dataset's raw events say, read at the places where the contract writes it.

A few words of each event are enough, so that nothing here needs an ABI; a test holds them to it.
An event that is not known here counts for the head all the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

from dataledger.contracts.identifiers import Slug, address_of, keccak256, to_slug
from dataledger.errors import InvalidSlug
from dataledger.evidence.verifier.bundle import Event
from dataledger.evidence.verifier.refusal import refused
from dataledger.evidence.verifier.slots import WORD_BYTES, Recall
from dataledger.hashing import Algorithm, Digest, Hash32

_RECORD = "(bytes32,bytes32,uint64,uint64,uint64,uint8,(bytes32,uint32,uint8)[])"
SIGNATURES = (
    f"DatasetRegistered(bytes32,uint32,address,bytes32,uint16,bytes32,{_RECORD},uint40)",
    f"VersionAdded(bytes32,uint32,address,bytes32,uint32,uint8,{_RECORD},uint40)",
    "StepApproved(bytes32,uint32,address,bytes32,uint32,uint8,uint8,bytes32,uint40)",
    "Advanced(bytes32,uint32,address,bytes32,uint32,uint8,uint8,bytes32,uint40)",
    "DatasetDescribed(bytes32,uint32,address,bytes32,bytes32,uint40)",
    "DatasetSuspended(bytes32,uint32,address,bytes32,uint8,string,uint40)",
    "DatasetReinstated(bytes32,uint32,address,bytes32,uint8,string,uint40)",
    "VersionRecalled(bytes32,uint32,address,bytes32,uint32,uint8,uint8,string,uint40)",
)
_TIME_WORDS = {
    "DatasetRegistered": 4,
    "VersionAdded": 4,
    "StepApproved": 5,
    "Advanced": 5,
    "DatasetDescribed": 2,
    "DatasetSuspended": 3,
    "DatasetReinstated": 3,
    "VersionRecalled": 5,
}
_RECORD_WORD = 5
"""Both events with a version's record end with it, behind so many words."""

SUSPENDED = 30


@dataclass(frozen=True, slots=True)
class EventLine:
    """One event, in short."""

    name: str
    """Of the event; its topic where that is unknown."""
    org: int
    by: str
    recorded_at_unix: int | None


@dataclass(slots=True)
class VersionFacts:
    """What the events say of a version."""

    number: int
    commitment: Hash32
    content_root: Digest
    manifest_digest: Digest
    size_bytes: int
    file_count: int
    record_count: int
    recorded_at_unix: int
    recall: Recall | None = None


@dataclass(slots=True)
class History:
    """What all events of a dataset say together."""

    owner: int
    slug: Slug
    policy: int
    versions: list[VersionFacts] = field(default_factory=list)
    stage: int | None = None
    """None until an event names one: the policy knows where a dataset begins."""
    suspended_by: int = 0
    evidence: list[Digest] = field(default_factory=list)
    """Of the activity records behind its steps and approvals."""
    descriptions: list[Digest] = field(default_factory=list)
    lines: list[EventLine] = field(default_factory=list)

    def version(self, number: int) -> VersionFacts:
        """Return a version. Raises `ProofInvalid` where there is none of that number."""
        if not 0 < number <= len(self.versions):
            raise refused(f"The events tell of no version {number}.")
        return self.versions[number - 1]


def read_history(events: Sequence[Event]) -> History:
    """Return what the events say, which are those of one dataset, in their order.

    Raises:
        ProofInvalid: they are not as the contract writes them.
    """
    first = events[0]
    if _name(first) != "DatasetRegistered":
        raise refused("The first event is not the dataset's registration.")
    try:
        slug = to_slug(word_of(first, 2).rstrip(b"\0").decode("ascii"))
    except (InvalidSlug, UnicodeDecodeError) as error:
        raise refused("The dataset is registered under no slug.") from error
    history = History(owner=_integer(first.topics[2]), slug=slug, policy=_word(first, 1))
    for number, event in enumerate(events):
        _take(history, event, is_first=number == 0)
    return history


def word_of(event: Event, index: int) -> Hash32:
    """Return a word of an event's data. Raises `ProofInvalid` where the data is shorter."""
    found = event.data[index * WORD_BYTES : (index + 1) * WORD_BYTES]
    if len(found) != WORD_BYTES:
        raise refused("The data of an event is cut off.")
    return Hash32(found)


def _take(history: History, event: Event, *, is_first: bool) -> None:
    name = _name(event)
    org, by = _integer(event.topics[2]), address_of(event.topics[3][-20:])
    time = _word(event, _TIME_WORDS[name]) if name in _TIME_WORDS else None
    history.lines.append(EventLine(name, org, by, time))
    match name:
        case "DatasetRegistered":
            if not is_first:
                raise refused("The dataset is registered twice.")
            if word_of(event, _RECORD_WORD) != bytes(WORD_BYTES):
                _take_version(history, event, 1)
        case "VersionAdded":
            _take_version(history, event, _word(event, 1))
            history.stage = _word(event, 2)
        case "StepApproved":
            history.evidence.append(_digest(event, 4))
        case "Advanced":
            history.evidence.append(_digest(event, 4))
            history.stage = _word(event, 3)
        case "DatasetDescribed":
            history.descriptions.append(_digest(event, 1))
        case "DatasetSuspended":
            history.stage, history.suspended_by = SUSPENDED, org
        case "DatasetReinstated":
            history.stage, history.suspended_by = _word(event, 1), 0
        case "VersionRecalled":
            recall = Recall(org, _word(event, 2), _word(event, 5))
            history.version(_word(event, 1)).recall = recall
            history.stage = _word(event, 3)


def _take_version(history: History, event: Event, number: int) -> None:
    if number != len(history.versions) + 1:
        raise refused(f"Version {number} follows {len(history.versions)} versions.")
    at = _RECORD_WORD
    history.versions.append(
        VersionFacts(
            number=number,
            commitment=keccak256(event.data[at * WORD_BYTES :]),
            content_root=_digest(event, at),
            manifest_digest=_digest(event, at + 1),
            size_bytes=_word(event, at + 2),
            file_count=_word(event, at + 3),
            record_count=_word(event, at + 4),
            recorded_at_unix=_word(event, 4),
        )
    )


def _digest(event: Event, index: int) -> Digest:
    return Digest(Algorithm.SHA256, word_of(event, index))


def _word(event: Event, index: int) -> int:
    return _integer(word_of(event, index))


def _integer(word: bytes) -> int:
    return int.from_bytes(word)


def _name(event: Event) -> str:
    return _names().get(event.topics[0], f"0x{event.topics[0].hex()}")


@cache
def _names() -> dict[Hash32, str]:
    return {keccak256(text.encode()): text.partition("(")[0] for text in SIGNATURES}
