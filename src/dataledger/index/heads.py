"""What the contracts keep, compared with what the events in the index lead to.

A head commits to every event of a dataset, so heads that agree show that none is missing, altered
or made up. Events of organisations have no such chain: there, what the contract holds now of each
organisation and key is compared, and how many organisations and policies there are.
"""

from collections.abc import Mapping, Sequence

from dataledger.chain.connection import Connection
from dataledger.contracts import dataset_ledger
from dataledger.contracts.identifiers import Address, DatasetId, Head
from dataledger.errors import HistoryBroken, NodeError, RequestRefused, Reverted
from dataledger.hashing import Hash32
from dataledger.index.projection import REMEDY

HEADS_AT_ONCE = 250
"""Reading them costs two million gas, which every chain's limit for one call allows."""

_HEAD_BYTES = 32
_SELECTOR_BYTES = 4
_LOADER_BYTES = 88


class StateUnavailable(Exception):
    """The node no longer has what the contracts held at the end of a block. Never leaves `sync`."""


def compare_heads(
    connection: Connection, ledger: Address, heads: Mapping[DatasetId, Head], *, block: int
) -> None:
    """Return only if the contract held these heads at the end of a block.

    Raises:
        HistoryBroken: it held another one; the message names the dataset.
        StateUnavailable: the node does not have that block's state any more.
        NodeError: the node answers with something else than heads.
    """
    datasets = list(heads)
    for start in range(0, len(datasets), HEADS_AT_ONCE):
        part = datasets[start : start + HEADS_AT_ONCE]
        for dataset, found in zip(part, read_heads(connection, ledger, part, block), strict=True):
            if found != heads[dataset]:
                raise HistoryBroken(
                    f"The history of the dataset {dataset} is broken: at block {block}, its events "
                    f"lead to the head 0x{heads[dataset].hex()}, and the contract holds "
                    f"0x{found.hex()}. Events are missing, or the index was altered.",
                    remedy=f"{REMEDY} Then make the index anew: `dataledger index rebuild`.",
                )


def read_heads(
    connection: Connection, ledger: Address, datasets: Sequence[DatasetId], block: int
) -> list[Head]:
    """Return the heads that the contract held at the end of a block; raises as `compare_heads`."""
    loader = _loader(ledger) + b"".join(dataset.value for dataset in datasets)
    try:
        answer = connection.transport.request(
            "eth_call", [{"data": f"0x{loader.hex()}"}, hex(block)]
        )
        data = bytes.fromhex(answer[2:])
        if len(data) == 1 + _HEAD_BYTES * len(datasets):
            return [
                Head(Hash32(data[at : at + _HEAD_BYTES])) for at in range(1, len(data), _HEAD_BYTES)
            ]
    except (RequestRefused, TypeError, ValueError):
        pass  # A node may not run code that is not on the chain. One by one, then.
    return _read_singly(connection, ledger, datasets, block)


def _read_singly(
    connection: Connection, ledger: Address, datasets: Sequence[DatasetId], block: int
) -> list[Head]:
    calls = [dataset_ledger.head(dataset) for dataset in datasets]
    try:
        answers = connection.calls([(ledger, call.data) for call in calls], block=block)
    except RequestRefused as refusal:
        raise StateUnavailable from refusal
    found = []
    for call, answer in zip(calls, answers, strict=True):
        if isinstance(answer, Reverted):
            raise NodeError(
                "The node says that the contract refuses to tell a dataset's head.",
                remedy="Ask another node.",
            )
        found.append(call.result(answer))
    return found


def _loader(ledger: Address) -> bytes:
    """Return code that, followed by ids, returns a zero byte and the heads of those datasets.

    It is run as the creation of a contract that is never made: `eth_call` without an address, for
    which no contract beyond the ledger must be on the chain. The zero byte is there because code
    must not begin with 0xEF, which is what the call's result stands for.
    """
    selector = dataset_ledger.head(DatasetId(Hash32(bytes(_HEAD_BYTES)))).data[:_SELECTOR_BYTES]
    code = b"".join(
        (
            # Memory from 0: the selector, then one id; from 0x40: the heads. Stack: 32 i.
            *(b"\x63", selector, bytes.fromhex("60e01b600052"), bytes.fromhex("6000")),
            bytes.fromhex("5b"),  # 13, for each id:
            *(bytes.fromhex("8061"), _LOADER_BYTES.to_bytes(2), bytes.fromhex("01")),  # its place
            bytes.fromhex("80381461005057"),  # if that is the end: to 80
            bytes.fromhex("602090600439"),  # the id, behind the selector
            bytes.fromhex("6020816040016024600073"),  # where the head goes; the call
            *(bytes.fromhex(ledger[2:]), bytes.fromhex("5afa")),  # STATICCALL with all gas
            bytes.fromhex("61004957600080fd"),  # went well: to 73; else revert
            bytes.fromhex("5b602001600d56"),  # 73: the next one
            bytes.fromhex("5b50600101603ff3"),  # 80: return from 0x3f on
        )
    )
    if len(code) != _LOADER_BYTES:
        raise AssertionError(f"the loader has {len(code)} bytes")
    return code
