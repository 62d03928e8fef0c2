"""The gas of DataLedger's own contracts, from their committed artifacts."""

from __future__ import annotations

import json
import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eth_account import Account
from web3 import Web3

from _gas_chain import ZERO_ADDRESS, ZERO_HASH, Measure, deploy, gas_of
from _gas_eas import ATTEST_160, ATTEST_320

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from web3.contract import Contract
    from web3.contract.contract import ContractFunction

ARTIFACTS = Path(__file__).resolve().parent.parent / "src/dataledger/contracts/artifacts"

REGISTER_TARGET_GAS = 110_000
ADVANCE_TARGET_GAS = 52_000
# EIP-170: larger runtime code cannot be deployed.
CODE_SIZE_LIMIT_BYTES = 24_576

EVER = 2**40 - 1
CUSTODIAN, PROCESSOR, LABELER, AUDITOR = 1, 2, 4, 8
OPERATOR = 1
DERIVED = 0
SERIOUS = 1


@dataclass(frozen=True)
class CodeSize:
    """A contract's runtime code, of which EIP-170 allows `CODE_SIZE_LIMIT_BYTES`."""

    contract: str
    size_bytes: int

    @property
    def missed(self) -> bool:
        """Whether it is too large."""
        return self.size_bytes >= CODE_SIZE_LIMIT_BYTES


def edge(from_stage: int, to: int, capability: int, **terms: Any) -> dict[str, Any]:
    return {
        "from": from_stage,
        "to": to,
        "capability": capability,
        "duty": 0,
        "mustDiffer": 0,
        "ownerOnly": False,
        "gated": False,
        "approvals": 0,
        "approverCapability": 0,
        "minSeconds": 0,
    } | terms


def policy() -> dict[str, Any]:
    """A lifecycle that has a step of every price: bare, with duties, with separation, approved."""
    return {
        "name": "benchmark",
        "stageNames": ["PLANNED", "COLLECTED", "CLEANED", "LABELED", "AUDITED", "PUBLISHED"],
        "entry": 1,
        "afterVersion": bytes([0, 1, 2, 3, 4, 0, 2]).ljust(32, b"\0"),
        "gate": ZERO_ADDRESS,
        "edges": [
            edge(1, 2, CUSTODIAN, ownerOnly=True),
            edge(2, 3, PROCESSOR, duty=1),
            edge(3, 4, LABELER, duty=2),
            edge(4, 5, AUDITOR, mustDiffer=0x0F),
            edge(5, 6, CUSTODIAN, ownerOnly=True, approvals=1, approverCapability=AUDITOR),
        ],
    }


def slug(text: str) -> bytes:
    return text.encode("ascii").ljust(32, b"\0")


def record(label: str, parents: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
    return {
        "contentRoot": Web3.keccak(text=f"content {label}"),
        "manifestDigest": Web3.keccak(text=f"manifest {label}"),
        "sizeBytes": 2**31,
        "fileCount": 100_000,
        "recordCount": 10_000_000,
        "saltScheme": 0,
        "parents": list(parents),
    }


NO_RECORD = {
    "contentRoot": ZERO_HASH,
    "manifestDigest": ZERO_HASH,
    "sizeBytes": 0,
    "fileCount": 0,
    "recordCount": 0,
    "saltScheme": 0,
    "parents": [],
}


@dataclass
class Consortium:
    """The two contracts with a root, a branch three deep, and a key for each part."""

    web3: Web3
    organisations: Contract
    ledger: Contract
    keys: Mapping[str, str]

    @classmethod
    def found(cls, web3: Web3) -> tuple[Consortium, list[Measure]]:
        """Deploys and fills the consortium; what that cost."""
        names = ["root", "owner", "processor", "labeler", "auditor", "sector", "branch", "deep"]
        keys = dict(zip(names, web3.eth.accounts, strict=False))
        organisations = deploy(
            web3,
            ARTIFACTS / "Organisations.json",
            keys["root"],
            keys["root"],
            slug("root"),
            "Root authority",
            ZERO_HASH,
        )
        ledger = deploy(web3, ARTIFACTS / "DatasetLedger.json", keys["root"], organisations.address)
        self = cls(web3, organisations, ledger, keys)
        costs = [
            self.admit("root", name, capability)
            for name, capability in [
                ("owner", CUSTODIAN | LABELER),
                ("processor", PROCESSOR),
                ("labeler", LABELER),
                ("auditor", AUDITOR),
                ("sector", CUSTODIAN),
            ]
        ]
        self.admit("sector", "branch", CUSTODIAN)
        self.admit("branch", "deep", CUSTODIAN)
        rows = [Measure("Organisations", "admit", max(costs))]
        add = organisations.functions.addMember(2, Account.create().address, OPERATOR, 0, EVER)
        rows.append(Measure("Organisations", "addMember", gas_of(add, keys["owner"], web3)))
        publish = ledger.functions.publishPolicy(policy())
        rows.append(
            Measure("DatasetLedger", "publishPolicy, 5 edges", gas_of(publish, keys["root"], web3))
        )
        return self, rows

    def admit(self, parent: str, name: str, capabilities: int) -> int:
        """Admits the organisation of that name; the gas used."""
        admission = {
            "slug": slug(name),
            "name": f"The {name}",
            "capabilities": capabilities,
            "grantable": capabilities,
            "admin": self.keys[name],
            "adminValidUntil": EVER,
            "profileDigest": Web3.keccak(text=name),
        }
        return gas_of(self.organisations.functions.admit(admission), self.keys[parent], self.web3)

    def dataset(self, owner: str, name: str) -> bytes:
        """The identifier of the owner's dataset of that name."""
        org = self.organisations.functions.member(self.keys[owner]).call()[0]
        identifier: bytes = self.ledger.functions.datasetId(org, slug(name)).call()
        return identifier

    def send(self, by: str, call: ContractFunction) -> int:
        """Makes the call with the key of that name; the gas used."""
        return gas_of(call, self.keys[by], self.web3)

    def step(self, dataset: bytes, from_stage: int, to: int) -> dict[str, Any]:
        """A step of version 1."""
        evidence = Web3.keccak(text=f"{from_stage} {to}")
        return {
            "dataset": dataset,
            "version": 1,
            "from": from_stage,
            "to": to,
            "evidence": evidence,
        }

    def walk(self, owner: str, name: str) -> tuple[list[int], int, int]:
        """Takes a dataset through its life.

        Returns:
            The gas of each step without approval, of the approval, and of the step that needs it.
        """
        functions = self.ledger.functions
        self.send(owner, functions.register(slug(name), 1, record(name)))
        dataset = self.dataset(owner, name)
        parts = [owner, "processor", "labeler", "auditor"]
        costs = [
            self.send(by, functions.advance(self.step(dataset, at, at + 1)))
            for at, by in enumerate(parts, start=1)
        ]
        last = self.step(dataset, 5, 6)
        approval = self.send("auditor", functions.approve(last))
        return costs, approval, self.send(owner, functions.advance(last))


def measure_ledger(consortium: Consortium) -> list[Measure]:
    functions = consortium.ledger.functions
    send = consortium.send
    rows: list[Measure] = []

    def row(operation: str, gas: int, target: int | None = None, peer: str | None = None) -> None:
        rows.append(Measure("DatasetLedger", operation, gas, target, peer))

    row("register, no version yet", send("owner", functions.register(slug("bare"), 1, NO_RECORD)))
    first = functions.register(slug("first"), 1, record("first"))
    row("register with version 1", send("owner", first), REGISTER_TARGET_GAS, ATTEST_160)
    parent = {"dataset": consortium.dataset("owner", "first"), "version": 1, "relation": DERIVED}
    derived = functions.register(slug("derived"), 1, record("derived", [parent]))
    row("register with version 1 and 1 parent", send("owner", derived), None, ATTEST_320)
    deep = functions.register(slug("deep"), 1, record("deep"))
    row("register with version 1, owner at depth 3", send("deep", deep), None, ATTEST_160)
    dataset = consortium.dataset("owner", "derived")
    row(
        "add version",
        send("owner", functions.addVersion(dataset, 2, record("2"))),
        None,
        ATTEST_160,
    )

    describe = functions.describe(dataset, Web3.keccak(text="description"))
    row("describe", send("owner", describe))

    for owner, depth, target in [("owner", 1, ADVANCE_TARGET_GAS), ("deep", 3, None)]:
        costs, approval, approved = consortium.walk(owner, f"walk-{depth}")
        least, typical, most = min(costs), round(statistics.median(costs)), max(costs)
        row(f"advance, owner at depth {depth}, least", least, target, ATTEST_160)
        row(f"advance, owner at depth {depth}, typical", typical, target, ATTEST_160)
        row(f"advance, owner at depth {depth}, most", most, target, ATTEST_160)
        row(f"advance with 1 approval, owner at depth {depth}", approved, None, ATTEST_160)
        if depth == 1:
            row("approve", approval, None, ATTEST_160)

    send("owner", functions.register(slug("signed"), 1, record("signed")))
    signed = consortium.dataset("owner", "signed")
    row("advance by signature", advance_by_signature(consortium, signed))
    recall = functions.recall(signed, 1, SERIOUS, "consent withdrawn")
    row("recall", send("root", recall), None, "revoke")
    return rows


def advance_by_signature(consortium: Consortium, dataset: bytes) -> int:
    """The second signed step of a key: its first one opens the storage of its nonce."""
    signer = Account.create()
    consortium.send(
        "owner",
        consortium.organisations.functions.addMember(2, signer.address, OPERATOR, 0, EVER),
    )
    types = {
        "Advance": [
            {"name": "step", "type": "Step"},
            {"name": "nonce", "type": "uint256"},
            {"name": "deadline", "type": "uint256"},
        ],
        "Step": [
            {"name": "dataset", "type": "bytes32"},
            {"name": "version", "type": "uint32"},
            {"name": "from", "type": "uint8"},
            {"name": "to", "type": "uint8"},
            {"name": "evidence", "type": "bytes32"},
        ],
    }
    domain = {
        "name": "DataLedger",
        "version": "1",
        "chainId": consortium.web3.eth.chain_id,
        "verifyingContract": consortium.ledger.address,
    }
    gas = 0
    for nonce, (at, by) in enumerate([(1, "signer"), (2, "processor"), (3, "signer")]):
        step = consortium.step(dataset, at, at + 1)
        if by != "signer":
            consortium.send(by, consortium.ledger.functions.advance(step))
            continue
        message = {"step": step, "nonce": nonce // 2, "deadline": EVER}
        signature = signer.sign_typed_data(domain, types, message).signature
        authorisation = {
            "signer": signer.address,
            "nonce": nonce // 2,
            "deadline": EVER,
            "signature": signature,
        }
        gas = consortium.send(
            "auditor", consortium.ledger.functions.advanceBySig(step, authorisation)
        )
    return gas


def code_sizes() -> list[CodeSize]:
    """The size of every contract that is deployed."""
    artifacts = [json.loads(path.read_text("utf-8")) for path in sorted(ARTIFACTS.glob("*.json"))]
    sizes = [
        CodeSize(each["name"], len(bytes.fromhex(each["deployed_bytecode"].removeprefix("0x"))))
        for each in artifacts
    ]
    return [size for size in sizes if size.size_bytes > 0]
