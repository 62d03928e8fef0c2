"""web3 over DataLedger's own transport, with what is unsafe by default switched off."""

from typing import Any

from web3 import Web3
from web3.middleware import (
    AttributeDictMiddleware,
    ExtraDataToPOAMiddleware,
    ValidationMiddleware,
)
from web3.providers.base import JSONBaseProvider
from web3.types import RPCEndpoint, RPCResponse

from dataledger.chain.profile import Profile
from dataledger.chain.transport import Transport
from dataledger.errors import ChainError, RequestRefused


class TransportProvider(JSONBaseProvider):
    """Hands web3's requests to a `Transport`.

    CCIP-Read is off: it would let a contract send this client to any URL (CVE-2026-40072).
    """

    global_ccip_read_enabled = False

    def __init__(self, transport: Transport) -> None:
        super().__init__()
        self._transport = transport

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        """Return the node's answer, or its error, as web3 expects either."""
        try:
            return {"jsonrpc": "2.0", "id": 1, "result": self._transport.request(method, params)}
        except RequestRefused as refusal:
            return {
                "jsonrpc": "2.0",
                "id": 1,
                "error": {
                    "code": refusal.rpc_code,
                    "message": refusal.rpc_message,
                    "data": refusal.rpc_data,  # type: ignore[typeddict-item]  # nodes differ
                },
            }

    def is_connected(self, show_traceback: bool = False) -> bool:  # noqa: FBT001, FBT002 - web3's
        """Return whether the node answers."""
        try:
            self._transport.request("eth_chainId")
        except ChainError:
            if show_traceback:
                raise
            return False
        return True


def make_web3(profile: Profile, transport: Transport) -> Web3:
    """Return a web3 object that asks through `transport` and takes full addresses only."""
    web3 = Web3(
        TransportProvider(transport), middleware=[AttributeDictMiddleware, ValidationMiddleware]
    )
    web3.ens = None
    if profile.poa:
        web3.middleware_onion.inject(ExtraDataToPOAMiddleware, layer=0)
    return web3
