"""Writes receipts.json. Run it from anywhere: `python tests/vectors/generate_receipts.py`.

EIP-712 word by word, from the literal type strings; nothing here comes from the package. Each run
writes the same bytes.
"""

from typing import Any

from eth_hash.auto import keccak
from generate import HERE, written

CHAIN_ID = 31337
DATA_USE = bytes(range(20, 40))

DOMAIN_TYPE = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
COST_TYPE = "Cost(uint64 micro,uint64 deltaPico)"
INPUT_TYPE = "Input(bytes32 dataset,uint32 version,bytes32 commitment)"
RECEIPT_TYPE = (
    "Receipt(bytes32 grant,bytes32 run,bytes32 code,bytes32 environment,Input[] inputs,"
    "bytes32 output,Cost spent,uint8 outcome)"
)


def word(number: int) -> bytes:
    return number.to_bytes(32)


def named(text: str) -> bytes:
    return keccak(text.encode())


def domain() -> bytes:
    return keccak(
        named(DOMAIN_TYPE)
        + named("DataLedger")
        + named("1")
        + word(CHAIN_ID)
        + DATA_USE.rjust(32, b"\0")
    )


def struct_hash(receipt: dict[str, Any]) -> bytes:
    inputs = b"".join(
        keccak(named(INPUT_TYPE) + dataset + word(version) + commitment)
        for dataset, version, commitment in zip(
            receipt["datasets"], receipt["versions"], receipt["commitments"], strict=True
        )
    )
    spent = keccak(named(COST_TYPE) + word(receipt["micro"]) + word(receipt["delta_pico"]))
    return keccak(
        named(RECEIPT_TYPE + COST_TYPE + INPUT_TYPE)
        + receipt["grant"]
        + receipt["run"]
        + receipt["code"]
        + receipt["environment"]
        + keccak(inputs)
        + receipt["output"]
        + spent
        + word(receipt["outcome"])
    )


def receipt(name: str, inputs: int, micro: int, delta_pico: int, outcome: int) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": name,
        "grant": named(f"{name}: grant"),
        "run": named(f"{name}: run"),
        "code": named(f"{name}: code"),
        "environment": named(f"{name}: environment"),
        "datasets": [named(f"{name}: dataset {number}") for number in range(inputs)],
        "versions": [number * 7 + 1 for number in range(inputs)],
        "commitments": [named(f"{name}: commitment {number}") for number in range(inputs)],
        "output": named(f"{name}: output") if outcome == 0 else bytes(32),
        "micro": micro,
        "delta_pico": delta_pico,
        "outcome": outcome,
    }
    found["struct_hash"] = struct_hash(found)
    found["digest"] = keccak(b"\x19\x01" + domain() + found["struct_hash"])
    return found


def receipts() -> dict[str, Any]:
    cases = [
        receipt("one input, released", 1, 1_000_000, 10, 0),
        receipt("no delta", 1, 1, 0, 0),
        receipt("failed, nothing spent", 1, 0, 0, 1),
        receipt("failed, all spent", 2, 2**53 - 1, 2**53 - 1, 1),
        receipt("many inputs", 9, 250_000, 1, 0),
        receipt("no input", 0, 5, 5, 0),
    ]
    return {
        "chain_id": CHAIN_ID,
        "data_use": DATA_USE,
        "domain_separator": domain(),
        "receipts": cases,
        "receipt_count": len(cases),
    }


if __name__ == "__main__":
    (HERE / "receipts.json").write_text(written(receipts()))
