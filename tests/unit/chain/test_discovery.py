"""Asking a node which chain it serves."""

from typing import Any

import pytest

from dataledger.chain.discovery import discover
from dataledger.chain.profile import Endpoint
from dataledger.errors import ConnectionFailed, NodeError, ProfileError, WrongChain

ENDPOINT = Endpoint("http://node.example:8545/")
SECOND = Endpoint("http://second.example:8545/")
GENESIS = {"hash": "0x" + "AB" * 32, "extraData": "0x"}


class Nodes:
    """Answers of nodes by endpoint and method."""

    def __init__(self, genesis: object = None, chain_id: object = "0x7") -> None:
        self.genesis = dict.fromkeys([ENDPOINT, SECOND], GENESIS if genesis is None else genesis)
        self.chain_id = chain_id

    def __call__(self, endpoint: Endpoint, document: Any, *, timeout_seconds: float) -> Any:
        assert timeout_seconds > 0
        by_method = {"eth_chainId": self.chain_id, "eth_getBlockByNumber": self.genesis[endpoint]}
        return {"jsonrpc": "2.0", "id": document["id"], "result": by_method[document["method"]]}


def test_the_chain_is_pinned_by_what_the_node_says() -> None:
    profile = discover("region", [ENDPOINT, SECOND], confirmations=3, post=Nodes())
    assert (profile.name, profile.chain_id, profile.confirmations) == ("region", 7, 3)
    assert profile.genesis_hash == "0x" + "ab" * 32
    assert profile.endpoints == (ENDPOINT, SECOND)
    assert profile.contracts == {}
    assert profile.poa is False


@pytest.mark.parametrize(("size", "poa"), [(32, False), (33, True), (97, True)])
def test_proof_of_authority_shows_in_the_extra_data(size: int, poa: bool) -> None:  # noqa: FBT001
    genesis = {**GENESIS, "extraData": "0x" + "00" * size}
    assert discover("x", [ENDPOINT], post=Nodes(genesis)).poa is poa


def test_nodes_of_different_chains_are_told_apart() -> None:
    nodes = Nodes()
    nodes.genesis[SECOND] = {**GENESIS, "hash": "0x" + "cd" * 32}
    with pytest.raises(WrongChain, match=r"second\.example"):
        discover("x", [ENDPOINT, SECOND], post=nodes)


@pytest.mark.parametrize(
    "genesis", [{}, [], "0x", 7, {"hash": "0x12", "extraData": "0x"}, {"hash": None}, None]
)
def test_what_is_no_genesis_block(genesis: object) -> None:
    nodes = Nodes()
    nodes.genesis[ENDPOINT] = genesis
    with pytest.raises(NodeError):
        discover("x", [ENDPOINT], post=nodes)


@pytest.mark.parametrize("chain_id", [None, 7, "7", "0xzz"])
def test_what_is_no_chain_id(chain_id: object) -> None:
    with pytest.raises(NodeError):
        discover("x", [ENDPOINT], post=Nodes(chain_id=chain_id))


@pytest.mark.parametrize("answer", [None, [], "", {"error": {"code": -32601, "message": "no"}}])
def test_what_is_no_answer(answer: object) -> None:
    def post(endpoint: Endpoint, document: object, *, timeout_seconds: float) -> Any:
        assert (endpoint, timeout_seconds) == (ENDPOINT, 30.0)
        assert isinstance(document, dict)
        return answer

    with pytest.raises(NodeError, match=r"node\.example"):
        discover("x", [ENDPOINT], post=post)


def test_no_node_and_no_name_are_refused() -> None:
    def post(endpoint: Endpoint, document: object, *, timeout_seconds: float) -> Any:
        raise ConnectionFailed(f"{endpoint} {document} {timeout_seconds}", remedy="Start it.")

    with pytest.raises(ProfileError, match="No endpoint"):
        discover("x", [], post=post)
    with pytest.raises(ProfileError, match="Not a profile name"):
        discover("X Y", [ENDPOINT], post=post)
    with pytest.raises(ConnectionFailed):
        discover("x", [ENDPOINT], post=post)
    with pytest.raises(ProfileError):
        discover("x", [ENDPOINT], confirmations=0, post=Nodes())
