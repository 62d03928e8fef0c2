"""The two sides find exactly what they share, and neither sends anything that tells more."""

import hashlib

import private_set_intersection.python as psi
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataledger.node.matching import protocol
from dataledger.node.matching.items import ITEM_PREFIX, Normalisation, items_of
from dataledger.node.matching.messages import ANSWER_TAG, read_request, write_points
from dataledger.node.matching.protocol import AskerSide, NotAPoint, OwnerSide

ONE_SIDE = [f"person{number}@example.org" for number in range(300)]
OTHER_SIDE = [f"person{number}@example.org" for number in range(220, 520)]
SHARED = set(ONE_SIDE) & set(OTHER_SIDE)


def items(texts: list[str]) -> dict[str, str]:
    return items_of(texts, Normalisation.EXACT)


def exchange(asked: list[str], held: list[str], *, ids: bool) -> tuple[bytes, list[bytes], object]:
    """Return the request, what the owner answers with, and what the asker finds."""
    asker, owner = AskerSide(reveal_ids=ids), OwnerSide(reveal_ids=ids)
    request = asker.request(list(items(asked)))
    _, points = read_request(request)
    response, owners = owner.respond(points), owner.blind(list(items(held)))
    found = (asker.shared if ids else asker.count)(owners, response)
    return request, [*owners, *response], found


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("ids", [False, True])
def test_what_is_found_is_the_true_intersection(
    monkeypatch: pytest.MonkeyPatch, *, ids: bool, threads: int
) -> None:
    monkeypatch.setattr(protocol, "LEAST_OF_A_THREAD", 100 if threads > 1 else 1000)
    monkeypatch.setattr(protocol, "usable_processors", lambda: threads)
    _, _, found = exchange(ONE_SIDE, OTHER_SIDE, ids=ids)
    if ids:
        own = list(items(ONE_SIDE).values())
        assert isinstance(found, list)
        assert {own[place] for place in found} == SHARED
        assert found == sorted(found)
    else:
        assert found == len(SHARED)


@settings(max_examples=15)
@given(st.sets(st.integers(0, 12), min_size=1).map(sorted), st.sets(st.integers(0, 12)).map(sorted))
def test_small_sets_of_any_shape_are_compared_rightly(one: list[int], other: list[int]) -> None:
    _, _, found = exchange([str(n) for n in one], [str(n) for n in other], ids=False)
    assert found == len(set(one) & set(other))


@pytest.mark.parametrize("ids", [False, True])
def test_no_message_holds_an_item_its_text_or_a_hash_of_it(*, ids: bool) -> None:
    request, answered, _ = exchange(ONE_SIDE, OTHER_SIDE, ids=ids)
    transcript = request + write_points(answered, ANSWER_TAG)
    for text in {*ONE_SIDE, *OTHER_SIDE}:
        for plain in (text.encode(), ITEM_PREFIX + text.encode()):
            digest = hashlib.sha256(plain).digest()
            item = digest.hex().encode()
            twice = hashlib.sha256(item).digest()
            for trace in (text.encode(), digest, item, twice):
                assert trace not in transcript


def test_the_same_set_looks_different_each_time() -> None:
    first, _, _ = exchange(ONE_SIDE[:5], OTHER_SIDE[:5], ids=False)
    second, _, _ = exchange(ONE_SIDE[:5], OTHER_SIDE[:5], ids=False)
    assert not set(read_request(first)[1]) & set(read_request(second)[1])


@pytest.mark.parametrize("threads", [1, 3])
def test_an_answer_about_the_size_does_not_keep_the_order_of_the_request(
    monkeypatch: pytest.MonkeyPatch, threads: int
) -> None:
    monkeypatch.setattr(protocol, "LEAST_OF_A_THREAD", 10)
    monkeypatch.setattr(protocol, "usable_processors", lambda: threads)
    asker, owner = AskerSide(reveal_ids=False), OwnerSide(reveal_ids=False)
    _, points = read_request(asker.request(list(items(ONE_SIDE[:60]))))
    shuffled = points[1::2] + points[::2]
    assert owner.respond(points) == owner.respond(shuffled) == sorted(owner.respond(points))


def test_an_answer_about_ids_keeps_the_order_of_the_request() -> None:
    owner = OwnerSide(reveal_ids=True)
    _, points = read_request(AskerSide(reveal_ids=True).request(list(items(ONE_SIDE[:20]))))
    assert owner.respond(points[::-1]) == owner.respond(points)[::-1]


def test_the_owners_items_are_sorted_whatever_order_they_are_read_in() -> None:
    owner, held = OwnerSide(reveal_ids=False), list(items(OTHER_SIDE[:40]))
    assert owner.blind(held) == owner.blind(held[::-1]) == sorted(owner.blind(held))


def test_a_dishonest_asker_learns_ids_from_an_answer_about_the_size() -> None:
    """What `docs/matching.md` warns of: sorting binds only those who use one key for all items."""
    asked, held = ONE_SIDE[215:225], OTHER_SIDE
    owner = OwnerSide(reveal_ids=False)
    keys = [psi.client.CreateWithNewKey(reveal_intersection=False) for _ in asked]
    points = [
        key.CreateRequest([item]).encrypted_elements[0]
        for key, item in zip(keys, items(asked), strict=True)
    ]
    setup = psi.ServerSetup()
    setup.raw.encrypted_elements.extend(owner.blind(list(items(held))))
    response = psi.Response(encrypted_elements=owner.respond(points))
    learned = {
        text
        for key, text in zip(keys, items(asked).values(), strict=True)
        if key.GetIntersectionSize(setup, response)
    }
    assert learned == SHARED & set(asked)


OFF_THE_CURVE = next(
    b"\x02" + x.to_bytes(32)
    for x in range(1, 100)
    if pow(
        x**3 - 3 * x + 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
        (2**256 - 2**224 + 2**192 + 2**96 - 2) // 2,
        2**256 - 2**224 + 2**192 + 2**96 - 1,
    )
    != 1
)
BEYOND_THE_FIELD = b"\x02" + b"\xff" * 32


@pytest.mark.parametrize("point", [OFF_THE_CURVE, BEYOND_THE_FIELD])
def test_what_is_no_point_of_the_curve_is_refused_by_both_sides(point: bytes) -> None:
    with pytest.raises(NotAPoint, match="no point of the curve"):
        OwnerSide(reveal_ids=False).respond([point])
    asker = AskerSide(reveal_ids=False)
    with pytest.raises(NotAPoint, match="no point of the curve"):
        asker.count([], [point])
