"""The gas of the contract `DataUse`: a request's whole way, and runs under its grant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eth_account import Account
from web3 import Web3

from _gas_chain import ZERO_HASH, Measure, deploy
from _gas_ledger import ARTIFACTS, EVER, record, slug

if TYPE_CHECKING:
    from web3.contract import Contract

    from _gas_ledger import Consortium

RESERVE_TARGET_GAS = 116_000
SETTLE_TARGET_GAS = 100_000

CONSUMER, REGULATOR = 16, 32
BASIC = 1
RELEASED, FAILED = 0, 1
PLANNED = 1 << 1
ENVIRONMENT = Web3.keccak(text="environment")
QUERY = Web3.keccak(text="query")


def measure_use(consortium: Consortium) -> list[Measure]:
    """Lets a consumer use a dataset of an owner that stands right below the root."""
    web3, send = consortium.web3, consortium.send
    keys = dict(consortium.keys)
    for name, capability in [("consumer", CONSUMER), ("regulator", REGULATOR)]:
        keys[name] = web3.eth.accounts[len(keys)]
        consortium.keys = keys
        consortium.admit("root", name, capability)
    use = deploy(web3, ARTIFACTS / "DataUse.json", keys["root"], consortium.ledger.address)
    functions = use.functions
    rows: list[Measure] = []

    def row(operation: str, gas: int, target: int | None = None) -> None:
        rows.append(Measure("DataUse", operation, gas, target))

    send("owner", consortium.ledger.functions.register(slug("used"), 1, record("used")))
    dataset = consortium.dataset("owner", "used")
    document, purposes = Web3.keccak(text="project"), 1 << 3
    consumer = consortium.organisations.functions.member(keys["consumer"]).call()[0]
    project = functions.projectId(consumer, document, purposes).call()
    row("propose a project", send("consumer", functions.proposeProject(document, purposes)))
    row("approve a project", send("regulator", functions.approveProject(project, EVER)))
    row("classify", send("owner", functions.classify(dataset, 2)))
    budget = functions.setBudget(dataset, BASIC, (10**9, 10**6), (10**8, 10**6))
    row("set a budget", send("owner", budget))

    request = {
        "project": project,
        "dataset": dataset,
        "version": 1,
        "purpose": 3,
        "terms": Web3.keccak(text="policy"),
        "code": ZERO_HASH,
        "number": 1,
    }
    grant = functions.grantId(request).call()
    executor = Account.create()
    quorum = {"threshold": 1, "executors": [executor.address]}
    terms = {
        "terms": Web3.keccak(text="policy"),
        "validUntil": EVER,
        "stages": PLANNED,
        "code": ZERO_HASH,
        "composition": BASIC,
        "limit": (10**8, 10**6),
        "quorum": quorum,
    }
    row("request a use", send("consumer", functions.requestUse(request)))
    row("grant a use", send("owner", functions.grantUse(grant, terms)))
    row("co-sign a grant", send("regulator", functions.cosign(grant, terms)))

    inputs = [(dataset, 1, consortium.ledger.functions.commitment(dataset, 1).call())]
    names = ["reserve, a consumer's first run", "reserve"]
    for number, operation in enumerate(names):
        run = Web3.keccak(text=f"run {number}")
        reservation = (grant, run, 1, QUERY, (50_000, 10))
        target = RESERVE_TARGET_GAS if operation == "reserve" else None
        row(operation, send("owner", functions.reserve(reservation)), target)
        receipt = {
            "grant": grant,
            "run": run,
            "code": QUERY,
            "environment": ENVIRONMENT,
            "inputs": inputs,
            "output": Web3.keccak(text="answer"),
            "spent": (40_000, 10),
            "outcome": RELEASED,
        }
        signature = _sign(use, executor, receipt)
        gas = send("owner", functions.settle(receipt, quorum, [signature]))
    row("settle, with one signature", gas, SETTLE_TARGET_GAS)
    row("revoke a grant", send("owner", functions.revokeUse(grant, "consent withdrawn")))
    row("end a project", send("consumer", functions.endProject(project, "finished")))
    return rows


def _sign(use: Contract, executor: Any, receipt: dict[str, Any]) -> bytes:
    signed = executor.unsafe_sign_hash(use.functions.receiptDigest(receipt).call())
    signature: bytes = signed.signature
    return signature
