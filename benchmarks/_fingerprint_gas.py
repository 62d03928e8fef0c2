"""Has the contract verify proofs of records, on a chain for the occasion, and prints the gas.

Usage: _fingerprint_gas.py PROOF…
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from _gas_chain import ZERO_HASH, development_chain, gas_of
from _gas_ledger import Consortium, slug
from dataledger.ledger.proof_calls import record_entry
from dataledger.manifest.proofs import RecordProof, parse_proof

if TYPE_CHECKING:
    from web3.contract.contract import ContractFunction


def recorded(proof: RecordProof) -> dict[str, Any]:
    """What a version says whose manifest has the proof's file alone."""
    place = proof.file
    return {
        "contentRoot": place.content_root.value,
        "manifestDigest": ZERO_HASH[:-1] + b"\1",
        "sizeBytes": place.entry.size_bytes,
        "fileCount": place.tree_size,
        "recordCount": place.records.record_count,
        "saltScheme": 1,
        "parents": [],
    }


def verification(consortium: Consortium, name: str, proof: RecordProof) -> ContractFunction:
    """The call that verifies the proof, against a version that is recorded first."""
    record = recorded(proof)
    consortium.send("owner", consortium.ledger.functions.register(slug(name), 1, record))
    entry = record_entry(proof.file)
    return consortium.ledger.functions.verifyRecord(
        consortium.dataset("owner", name),
        1,
        record,
        (entry.head, entry.tail, entry.record_count, entry.record_root.value),
        (proof.file.leaf_index, list(proof.file.path)),
        proof.salt + proof.record,
        (proof.leaf_index, list(proof.path)),
    )


def execution_gas(consortium: Consortium, call: ContractFunction) -> int:
    """What the call costs another contract: the gas before its first and after its last step."""
    options = {"disableStack": True, "disableStorage": True, "enableMemory": False}
    transaction = call.build_transaction({"from": consortium.keys["owner"], "gas": 10**6})
    request = {"from": transaction["from"], "to": transaction["to"], "data": transaction["data"]}
    traced = consortium.web3.provider.make_request(
        "debug_traceCall", [request | {"gas": hex(10**6)}, "latest", options]
    )
    steps = [step for step in traced["result"]["structLogs"] if step["depth"] == 1]
    return int(steps[0]["gas"]) - int(steps[-1]["gas"]) + int(steps[-1]["gasCost"])


def main() -> None:
    gas = []
    with development_chain() as web3:
        consortium, _ = Consortium.found(web3)
        for number, path in enumerate(sys.argv[1:]):
            proof = parse_proof(Path(path).read_bytes())
            if not isinstance(proof, RecordProof):
                raise SystemExit(f"{path} is no proof of a record")
            call = verification(consortium, f"proof-{number}", proof)
            if call.call() is not True:
                raise SystemExit(f"the contract does not believe {path}")
            gas.append(
                {
                    "execution": execution_gas(consortium, call),
                    "transaction": gas_of(call, consortium.keys["owner"], web3),
                }
            )
    print(json.dumps({"gas": gas}))


if __name__ == "__main__":
    main()
