"""What nodes of each kind say, and what it means. The words are those of their sources."""

import pytest
from fake_node import refused

from dataledger.chain.refusals import SendOutcome, revert_data, send_outcome

CUSTOM = "0x792f660f" + "00" * 31 + "07"


@pytest.mark.parametrize(
    ("words", "outcome"),
    [
        ("already known", SendOutcome.KNOWN),  # geth
        ("transaction already imported", SendOutcome.KNOWN),  # anvil
        ("Known transaction", SendOutcome.KNOWN),  # Besu
        ("AlreadyKnown", SendOutcome.KNOWN),  # Nethermind
        ("nonce too low: next nonce 5, tx nonce 3", SendOutcome.NONCE_USED),  # geth
        ("Nonce too low", SendOutcome.NONCE_USED),  # Besu
        ("intrinsic gas too low: gas 0, minimum needed 21000", SendOutcome.HOPELESS),
        ("exceeds block gas limit", SendOutcome.HOPELESS),
        ("intrinsic gas too high -- tx.gas_limit > env.block.gas_limit", SendOutcome.HOPELESS),
        ("max initcode size exceeded", SendOutcome.HOPELESS),
        ("transaction type not supported", SendOutcome.HOPELESS),
        ("invalid chain id for signer", SendOutcome.HOPELESS),
        ("insufficient funds for gas * price + value", SendOutcome.HOPELESS),
        ("Upfront cost exceeds account balance", SendOutcome.HOPELESS),
        ("Gas price below configured minimum gas price", SendOutcome.HOPELESS),
        ("transaction underpriced", SendOutcome.HOPELESS),
        ("Sender account not authorized to send transactions", SendOutcome.HOPELESS),
        ("replacement transaction underpriced", SendOutcome.LATER),
        ("txpool is full", SendOutcome.LATER),
        ("nonce too high", SendOutcome.LATER),
        ("Transaction nonce is too distant from current sender nonce", SendOutcome.LATER),
        ("something nobody has said before", SendOutcome.LATER),
        ("", SendOutcome.LATER),
    ],
)
def test_sending(words: str, outcome: SendOutcome) -> None:
    assert send_outcome(refused(words)) is outcome


@pytest.mark.parametrize(
    ("code", "words", "data"),
    [
        pytest.param(3, "execution reverted", CUSTOM, id="geth"),
        pytest.param(3, "execution reverted: custom error 0x792f660f", CUSTOM, id="anvil"),
        pytest.param(-32000, "Execution reverted", CUSTOM, id="besu"),
        pytest.param(-32015, "VM execution error.", "Reverted " + CUSTOM, id="nethermind"),
        pytest.param(
            -32603, "Error: reverted", {"data": CUSTOM, "message": "revert"}, id="hardhat"
        ),
        pytest.param(
            -32000,
            "VM Exception while processing transaction: revert",
            {"0xaa": {"error": "revert", "return": CUSTOM}, "stack": "…"},
            id="ganache",
        ),
    ],
)
def test_revert_data(code: int, words: str, data: object) -> None:
    found = revert_data(refused(words, code=code, data=data))
    assert found == bytes.fromhex(CUSTOM[2:])


@pytest.mark.parametrize("data", [None, "0x", "0xabc", "text", {"message": "revert"}, 5, []])
def test_a_revert_without_data(data: object) -> None:
    assert revert_data(refused("execution reverted", code=3, data=data)) == b""


@pytest.mark.parametrize("data", [None, "0x", {"nested": {"deeper": 1}}])
def test_no_revert(data: object) -> None:
    assert revert_data(refused("header not found", data=data)) is None
