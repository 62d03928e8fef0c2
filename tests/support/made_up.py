"""Bundles of a chain that is made up: whatever its state says, hashes and proofs agree with it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sealing import with_fields, with_headers
from tries import Trie

from dataledger.contracts.head_rule import next_head
from dataledger.contracts.identifiers import NO_HEAD
from dataledger.evidence.verifier import Bundle, Event, rlp, slots
from dataledger.evidence.verifier.trie import NodePool
from dataledger.hashing import Hash32

OTHERS = {bytes([number]) * 20: bytes([number]) * 40 for number in range(1, 30)}
"""Other accounts, and other words of the contract's storage."""


def words_of(bundle: Bundle) -> dict[Hash32, Hash32]:
    """Return what a bundle's storage holds in each slot that it shows."""
    pool = NodePool(bundle.nodes)
    address = bytes.fromhex(bundle.contract[2:])
    account = rlp.decode(pool.lookup(bundle.header.hash_of("stateRoot"), address) or b"")
    assert isinstance(account, list)
    root = account[2]
    assert isinstance(root, bytes)
    places = slots.all_slots(bundle.dataset, bundle.versions)
    return {place: slots.word(pool.lookup(Hash32(root), place)) for place in places}


def chained(events: Sequence[Event]) -> tuple[Event, ...]:
    """Return the events, each with the head to which it leads."""
    head, result = NO_HEAD, []
    for event in events:
        head = next_head(head, event)
        result.append(Event(event.topics, head + event.data[32:]))
    return tuple(result)


def made_up(
    bundle: Bundle,
    code_hash: Hash32,
    *,
    events: Sequence[Event] | None = None,
    words: Mapping[Hash32, bytes] | None = None,
    account: list[rlp.Item] | None = None,
) -> Bundle:
    """Return the bundle on a chain whose state is so.

    The head in storage is that of the events. `words` replaces what stands in other slots, as the
    trie has it; `account` is the contract's own, and without anything in it there is none.
    """
    told = chained(bundle.events if events is None else events)
    held = {**words_of(bundle), slots.head_slot(bundle.dataset): Hash32(told[-1].data[:32])}
    content = {place: _value(word) for place, word in held.items()} | dict(words or {})
    storage = Trie({**OTHERS, **{place: value for place, value in content.items() if value}})
    if account is None:
        account = [b"\1", b"", storage.root, code_hash]
    address = bytes.fromhex(bundle.contract[2:])
    accounts = Trie(OTHERS | ({address: rlp.encode(account)} if account else {}))
    nodes = accounts.proof(address).union(*(storage.proof(place) for place in content))
    header = with_fields(bundle.header, stateRoot=accounts.root)
    changed = replace(bundle, events=told, nodes=tuple(sorted(nodes)))
    return with_headers(changed, bundle.consensus, [header])


def _value(word: bytes) -> bytes:
    number = int.from_bytes(word)
    return rlp.encode(rlp.integer(number)) if number else b""
