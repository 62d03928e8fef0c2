"""Asking a node which chain it serves."""

from typing import Any

import pytest

from dataledger.chain.discovery import discover
from dataledger.chain.profile import Endpoint
from dataledger.errors import NodeError, ProfileError, WrongChain

FIRST, SECOND = Endpoint("http://first.example/"), Endpoint("http://second.example/")
GENESIS = {"hash": "0x" + "AB" * 32, "extraData": "0x"}


class Nodes:
    """Answers with a chain id and a genesis block for each endpoint."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers

    def __call__(self, endpoint: Endpoint, document: Any, *, timeout_seconds: float) -> Any:
        assert timeout_seconds > 0
        chain_id, genesis = self.answers["first" if endpoint == FIRST else "second"]
        return {"result": chain_id if document["method"] == "eth_chainId" else genesis}


def test_a_profile_without_contracts() -> None:
    profile = discover("mine", [FIRST], confirmations=3, post=Nodes(first=("0x7e8", GENESIS)))
    assert (profile.name, profile.chain_id, profile.confirmations) == ("mine", 2024, 3)
    assert profile.genesis_hash == "0x" + "ab" * 32
    assert profile.endpoints == (FIRST,)
    assert not profile.poa
    assert profile.contracts == {}


@pytest.mark.parametrize(("extra", "poa"), [(32, False), (33, True), (97, True)])
def test_proof_of_authority_shows_in_the_extra_data(extra: int, *, poa: bool) -> None:
    genesis = GENESIS | {"extraData": "0x" + "00" * extra}
    assert discover("mine", [FIRST], post=Nodes(first=("0x1", genesis))).poa is poa


def test_all_endpoints_serve_one_chain() -> None:
    same = ("0x1", GENESIS)
    other = ("0x1", GENESIS | {"hash": "0x" + "cd" * 32})
    assert discover("mine", [FIRST, SECOND], post=Nodes(first=same, second=same)).chain_id == 1
    with pytest.raises(WrongChain, match=r"http://first\.example serves .* serves chain 1"):
        discover("mine", [FIRST, SECOND], post=Nodes(first=same, second=other))


@pytest.mark.parametrize(
    ("chain_id", "genesis"),
    [
        (None, GENESIS),
        ("seven", GENESIS),
        ("0x1", None),
        ("0x1", {}),
        ("0x1", {"hash": "0x12", "extraData": "0x"}),
        ("0x1", {"hash": 5, "extraData": "0x"}),
        ("0x1", {"hash": GENESIS["hash"], "extraData": 5}),
    ],
)
def test_what_is_no_chain(chain_id: object, genesis: object) -> None:
    with pytest.raises(NodeError):
        discover("mine", [FIRST], post=Nodes(first=(chain_id, genesis)))


@pytest.mark.parametrize("answer", [None, [], {"error": {"code": 1}}])
def test_what_is_no_answer(answer: object) -> None:
    def post(endpoint: Endpoint, document: object, *, timeout_seconds: float) -> object:
        assert (endpoint, timeout_seconds) == (FIRST, 30.0)
        assert document
        return answer

    with pytest.raises(NodeError, match="serves no chain"):
        discover("mine", [FIRST], post=post)


def test_names_and_endpoints_are_checked_first() -> None:
    with pytest.raises(ProfileError, match="Not a profile name"):
        discover("../x", [FIRST], post=Nodes())
    with pytest.raises(ProfileError, match="No endpoint"):
        discover("mine", [], post=Nodes())
