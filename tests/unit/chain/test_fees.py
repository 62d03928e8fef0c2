"""Fees that each kind of chain takes."""

import pytest

from dataledger.chain.fees import choose_fees

GWEI = 10**9


@pytest.mark.parametrize(
    ("base_fee", "suggested", "balance", "fields"),
    [
        pytest.param(0, 0, 1, {"maxFeePerGas": 0, "maxPriorityFeePerGas": 0}, id="free"),
        pytest.param(
            0, GWEI, 0, {"maxFeePerGas": 0, "maxPriorityFeePerGas": 0}, id="free-with-default-tip"
        ),
        pytest.param(None, 0, 0, {"gasPrice": 0}, id="free-before-eip-1559"),
        pytest.param(None, 5, 100, {"gasPrice": 5}, id="before-eip-1559"),
        pytest.param(None, 5, 0, {"gasPrice": 0}, id="before-eip-1559-without-ether"),
        pytest.param(
            7, GWEI, 1, {"maxFeePerGas": GWEI + 7, "maxPriorityFeePerGas": GWEI - 7}, id="priced"
        ),
        pytest.param(7, 5, 1, {"maxFeePerGas": 14, "maxPriorityFeePerGas": 0}, id="no-tip"),
        pytest.param(7, 0, 1, {"maxFeePerGas": 7, "maxPriorityFeePerGas": 0}, id="zero-price"),
    ],
)
def test_choice(base_fee: int | None, suggested: int, balance: int, fields: dict[str, int]) -> None:
    fees = choose_fees(base_fee=base_fee, suggested_price=suggested, balance=balance)
    assert fees.fields() == fields
