"""Asking a node which chain it serves, to pin that chain from then on."""

from collections.abc import Sequence
from typing import Any

from dataledger.chain.answers import bytes_of, quantity
from dataledger.chain.http import HttpPost, exchange
from dataledger.chain.identifiers import to_block_hash
from dataledger.chain.profile import Endpoint, Profile, check_profile_name
from dataledger.errors import InvalidArgument, NodeError, ProfileError, WrongChain, shown

POA_EXTRA_BYTES = 32
"""Blocks of proof-of-authority chains carry more than this in their extra data."""


def discover(
    name: str,
    endpoints: Sequence[Endpoint],
    *,
    confirmations: int = 1,
    timeout_seconds: float = 30.0,
    post: HttpPost = exchange,
) -> Profile:
    """Return a profile, without contracts, of the chain that all `endpoints` serve. Saves nothing.

    The answers are taken on trust: this is for whoever runs the node, or sets up its chain.

    Raises:
        ProfileError: `name` or `confirmations` breaks its rule, or there is no endpoint.
        ConnectionFailed: An endpoint does not answer.
        NodeError: An endpoint is no JSON-RPC service of a chain.
        WrongChain: The endpoints serve different chains.
    """
    check_profile_name(name)
    if not endpoints:
        raise ProfileError("No endpoint is given.", remedy="Name a node: http://HOST:PORT/.")
    found: list[Profile] = []
    for endpoint in endpoints:
        chain_id = _ask(endpoint, "eth_chainId", [], timeout_seconds, post)
        genesis = _ask(endpoint, "eth_getBlockByNumber", ["0x0", False], timeout_seconds, post)
        try:
            extra = bytes_of(genesis["extraData"], "a block's extra data")
            found.append(
                Profile(
                    name=name,
                    chain_id=quantity(chain_id, "a chain id"),
                    genesis_hash=to_block_hash(genesis["hash"].lower()),
                    endpoints=tuple(endpoints),
                    poa=len(extra) > POA_EXTRA_BYTES,
                    confirmations=confirmations,
                )
            )
        except (KeyError, TypeError, AttributeError, InvalidArgument):
            raise _no_chain(endpoint, genesis) from None
    for endpoint, profile in zip(endpoints, found, strict=True):
        if profile.identity != found[0].identity:
            raise WrongChain(
                f"{endpoints[0]} serves {found[0].identity}, and {endpoint} serves "
                f"{profile.identity}.",
                remedy="Name nodes of one chain only.",
            )
    return found[0]


def _ask(
    endpoint: Endpoint, method: str, params: list[Any], timeout_seconds: float, post: HttpPost
) -> Any:
    document = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    answer = post(endpoint, document, timeout_seconds=timeout_seconds)
    if not isinstance(answer, dict) or "result" not in answer:
        raise _no_chain(endpoint, answer)
    return answer["result"]


def _no_chain(endpoint: Endpoint, answer: object) -> NodeError:
    return NodeError(
        f"{endpoint} serves no chain: it answers with {shown(answer)}.",
        remedy="Name the JSON-RPC service of a node.",
    )
