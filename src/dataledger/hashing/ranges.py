"""Proofs in RFC 9162 trees from the roots of their subtrees, and proofs of neighbouring leaves.

A tree of any size has a proof from few subtrees. Whoever keeps some of their roots passes the
function `subtree(begin, end)`, which returns the root over the leaves from `begin` to before `end`;
it is only asked for subtrees that the tree really has (section 2.1.1).

A *range path* proves the leaves from `begin` to before `end` at once. It is the roots of the
largest subtrees without any of these leaves, from left to right: about log n hashes, whatever the
length of the range. For one leaf, these are the hashes of its inclusion path, in another order. The
RFC has no such proof, but the inclusion path of each leaf of the range follows from it.
"""

from collections.abc import Callable, Iterator, Sequence

from dataledger.errors import InvalidArgument, ProofInvalid
from dataledger.hashing.digest import Hash32, to_hash32
from dataledger.hashing.merkle import node_hash, root

Subtree = Callable[[int, int], Hash32]


def split(size: int) -> int:
    """Return the number of leaves of the left subtree: the largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1


def subtree_of(leaf_hashes: Sequence[Hash32]) -> Subtree:
    """Return the function `subtree` of a tree whose leaves are all at hand."""
    return lambda begin, end: root(leaf_hashes[begin:end])


# ---------------------------------------------------------------------------------------- making


def inclusion_path(index: int, size: int, subtree: Subtree) -> tuple[Hash32, ...]:
    """Return the path from leaf `index` to the root, lowest sibling first (section 2.1.3.1).

    Raises:
        InvalidArgument: there is no leaf at `index`.
    """
    _check_range(index, index + 1, size)
    path = []
    begin, end = 0, size
    while end - begin > 1:
        middle = begin + split(end - begin)
        if index < middle:
            path.append(subtree(middle, end))
            end = middle
        else:
            path.append(subtree(begin, middle))
            begin = middle
    return tuple(reversed(path))


def consistency_path(old_size: int, new_size: int, subtree: Subtree) -> tuple[Hash32, ...]:
    """Return the proof that the tree extends that of its first `old_size` leaves (section 2.1.4.1).

    `subtree` is that of the new tree. Of a tree to itself, the proof is empty.

    Raises:
        InvalidArgument: unless 0 < `old_size` <= `new_size`.
    """
    if not 0 < old_size <= new_size:
        raise InvalidArgument(
            f"No consistency proof leads from {old_size} to {new_size} leaves.",
            remedy="Use an old size from 1 to the number of leaves.",
        )
    path = []
    begin, end = 0, new_size
    while old_size < end:
        middle = begin + split(end - begin)
        if old_size <= middle:
            path.append(subtree(middle, end))
            end = middle
        else:
            path.append(subtree(begin, middle))
            begin = middle
    # What is left ends where the old tree ends. The whole old tree's root the verifier has.
    if begin:
        path.append(subtree(begin, end))
    return tuple(reversed(path))


def range_path(begin: int, end: int, size: int, subtree: Subtree) -> tuple[Hash32, ...]:
    """Return the range path of the leaves from `begin` to before `end`.

    Raises:
        InvalidArgument: unless 0 <= `begin` < `end` <= `size`.
    """
    _check_range(begin, end, size)

    def outside(first: int, last: int) -> Iterator[Hash32]:
        if begin <= first and last <= end:
            return
        if last <= begin or end <= first:
            yield subtree(first, last)
            return
        middle = first + split(last - first)
        yield from outside(first, middle)
        yield from outside(middle, last)

    return tuple(outside(0, size))


# ------------------------------------------------------------------------------------- verifying


def verify_range(
    leaf_hashes: Sequence[Hash32],
    begin: int,
    size: int,
    path: Sequence[Hash32],
    expected_root: Hash32,
) -> None:
    """Return only if these are the leaves from number `begin` on, in a tree of `size` leaves.

    Raises:
        ProofInvalid: the range is empty or lies outside the tree, the path has the wrong length, or
            it leads to another root.
        InvalidDigest: a hash is not 32 bytes.
    """
    for value in (expected_root, *path, *leaf_hashes):
        to_hash32(value)
    result = _range_subtree(leaf_hashes, begin, size, path)(0, size)
    if result != expected_root:
        raise _invalid(f"it leads to the root {result.hex()} instead of {expected_root.hex()}")


def inclusion_paths(
    leaf_hashes: Sequence[Hash32], begin: int, size: int, path: Sequence[Hash32]
) -> Iterator[tuple[Hash32, ...]]:
    """Yield each leaf's own inclusion path, which any verifier of the RFC can check.

    Raises:
        ProofInvalid: the range is empty or lies outside the tree, or the path has the wrong length.
    """
    subtree = _range_subtree(leaf_hashes, begin, size, path)
    for index in range(begin, begin + len(leaf_hashes)):
        yield inclusion_path(index, size, subtree)


def _range_subtree(
    leaf_hashes: Sequence[Hash32], begin: int, size: int, path: Sequence[Hash32]
) -> Subtree:
    """Return the function `subtree` of a tree of which a range, and its path, is all that is known.

    It knows the subtrees inside the range, those in the path, and those made up of both.
    """
    end = begin + len(leaf_hashes)
    if not 0 <= begin < end <= size:
        raise _invalid(f"leaves {begin} to {end} are no range in a tree of {size} leaves")
    places: list[tuple[int, int]] = []

    def note(first: int, last: int) -> Hash32:
        places.append((first, last))
        return Hash32(b"")

    range_path(begin, end, size, note)
    if len(path) != len(places):
        raise _invalid(f"its path has {len(path)} hashes, and not {len(places)}")
    known = dict(zip(places, path, strict=True))

    def subtree(first: int, last: int) -> Hash32:
        if (first, last) in known:
            return known[first, last]
        if begin <= first and last <= end:
            return root(leaf_hashes[first - begin : last - begin])
        middle = first + split(last - first)
        return node_hash(subtree(first, middle), subtree(middle, last))

    return subtree


def _check_range(begin: int, end: int, size: int) -> None:
    if not 0 <= begin < end <= size:
        what = f"is no leaf {begin}" if end == begin + 1 else f"are no leaves {begin} to {end}"
        raise InvalidArgument(
            f"There {what} in a tree of {size} leaves.",
            remedy="Count from 0 to the number of leaves; the end is not part of a range.",
        )


def _invalid(reason: str) -> ProofInvalid:
    return ProofInvalid(
        f"The proof does not hold: {reason}.",
        remedy="Ask for a new proof, and check that it is about these leaves and this root.",
    )
