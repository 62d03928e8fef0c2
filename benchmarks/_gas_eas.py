"""The gas of the Ethereum Attestation Service's own contracts, as its npm package has them."""

from __future__ import annotations

from typing import Any

from web3 import Web3

from _gas_chain import NODE_MODULES, ZERO_ADDRESS, ZERO_HASH, Measure, deploy, gas_of

ARTIFACTS = NODE_MODULES / "@ethereum-attestation-service/eas-contracts/artifacts/contracts"
DATA_SIZES_BYTES = (0, 32, 64, 160, 320)
BATCH = 50


def attest_of(size_bytes: int) -> str:
    """The name of an attestation of that much data."""
    return f"attest, {size_bytes} bytes"


ATTEST_160, ATTEST_320, REVOKE = attest_of(160), attest_of(320), "revoke"


def measure_eas(web3: Web3) -> list[Measure]:
    sender = web3.eth.accounts[0]
    registry = deploy(web3, ARTIFACTS / "SchemaRegistry.sol/SchemaRegistry.json", sender)
    eas = deploy(web3, ARTIFACTS / "EAS.sol/EAS.json", sender, registry.address)
    definition = ("bytes data", ZERO_ADDRESS, True)
    gas_of(registry.functions.register(*definition), sender, web3)
    schema = Web3.solidity_keccak(["string", "address", "bool"], definition)

    def request(size_bytes: int) -> dict[str, Any]:
        return {
            "recipient": ZERO_ADDRESS,
            "expirationTime": 0,
            "revocable": True,
            "refUID": ZERO_HASH,
            "data": b"\xa5" * size_bytes,
            "value": 0,
        }

    rows = []
    for size_bytes in DATA_SIZES_BYTES:
        attest = eas.functions.attest({"schema": schema, "data": request(size_bytes)})
        rows.append(Measure("EAS", attest_of(size_bytes), gas_of(attest, sender, web3)))
    batch = [{"schema": schema, "data": [request(160)] * BATCH}]
    each = gas_of(eas.functions.multiAttest(batch), sender, web3) // BATCH
    rows.append(Measure("EAS", f"multiAttest of {BATCH}, 160 bytes, each", each))

    attest = eas.functions.attest({"schema": schema, "data": request(0)})
    sent = attest.transact({"from": sender})
    # The one datum of the event Attested that is not indexed.
    uid = bytes(web3.eth.wait_for_transaction_receipt(sent, timeout=30)["logs"][0]["data"])
    revoke = eas.functions.revoke({"schema": schema, "data": {"uid": uid, "value": 0}})
    rows.append(Measure("EAS", REVOKE, gas_of(revoke, sender, web3)))
    return rows
