"""Where the story stands, and the few moves that all of its chapters make."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dataledger.chain.answers import Receipt, quantity
from dataledger.chain.connection import Connection
from dataledger.chain.fees import choose_fees
from dataledger.chain.identifiers import TransactionHash
from dataledger.chain.signer import UnsignedTransaction
from dataledger.contracts import dataset_ledger
from dataledger.contracts.artifacts import ContractName
from dataledger.contracts.events import DatasetRegistered, Event, VersionAdded
from dataledger.contracts.identifiers import DatasetId, GrantId, OrgId
from dataledger.contracts.reverts import decode_refusal
from dataledger.contracts.types import Parent, Step
from dataledger.demo.consortium import OWNER, Consortium, Organisation
from dataledger.demo.events import (
    StageReached,
    StepRefused,
    VersionParent,
    VersionRecorded,
    Written,
)
from dataledger.errors import CheckFailed, Refused, Reverted, TransactionPending
from dataledger.hashing import Digest
from dataledger.ledger.activity import Activity
from dataledger.ledger.results import Confirmed
from dataledger.manifest import Manifest

GAS_OF_A_STEP = 300_000
"""Far more than a step needs, so that only the contract's refusal can end it."""
RECEIPT_TIMEOUT_SECONDS = 30.0
_POLL_SECONDS = 0.02


@dataclass
class Scene:
    """The consortium, the folders of data by the names of their states, and the main dataset."""

    consortium: Consortium
    data: Path
    """Each state of the data is a directory in here: where it lies, it stays."""
    main: DatasetId | None = None
    manifests: dict[int, Manifest] = field(default_factory=dict)
    """Of the main dataset's versions."""
    grant: GrantId | None = None
    """Of the main dataset's use, once that is agreed."""

    @property
    def dataset(self) -> DatasetId:
        """The main dataset. Only to be asked for once it is planned."""
        if self.main is None:
            raise AssertionError("the story has not planned its dataset yet")
        return self.main

    def name(self, dataset: DatasetId) -> str:
        """Return `owner/slug`, as the chain has it."""
        found = self.consortium.ledger(OWNER).datasets.get(dataset)
        return f"{found.owner_slug}/{found.slug}"

    def slug(self, org: OrgId) -> str:
        """Return an organisation's slug, as the chain has it."""
        return self.consortium.ledger(OWNER).organisations.get(org).slug


def expect(holds: bool, promise: str) -> None:  # noqa: FBT001 - reads like an assertion
    """Return only if a promise of the story holds. Raises `CheckFailed`."""
    if not holds:
        raise broken(promise)


def broken(promise: str) -> CheckFailed:
    """Return the error for a promise of the story that does not hold."""
    return CheckFailed(
        f"The demo expected that {promise}, and it is not so.",
        remedy="This is a defect: run it again with --keep, and report what you see.",
    )


def written(confirmed: Confirmed[Event]) -> Written:
    """Return which transaction wrote it, and for how much gas."""
    return Written(confirmed.transaction_hash, confirmed.gas_used)


def advance(
    scene: Scene, actor: Organisation, dataset: DatasetId, to: str, activity: Activity
) -> StageReached:
    """Have `actor` take a dataset to the stage `to`, with the activity as evidence."""
    ledger = scene.consortium.ledger(actor)
    confirmed = ledger.lifecycle.advance(dataset, to, activity)
    event, policy = confirmed.event, ledger.datasets.get(dataset).policy
    return StageReached(
        dataset=scene.name(dataset),
        from_stage=ledger.policies.stage_name(policy, event.from_stage),
        to_stage=ledger.policies.stage_name(policy, event.to_stage),
        organisation=scene.slug(event.org),
        version=event.version,
        evidence=event.evidence,
        written=written(confirmed),
    )


def add_version(
    scene: Scene, number: int, manifest: Manifest, parents: Sequence[Parent] = ()
) -> VersionRecorded:
    """Have the owner add the main dataset's next version."""
    ledger = scene.consortium.ledger(OWNER)
    confirmed = ledger.datasets.add_version(scene.dataset, manifest, number=number, parents=parents)
    scene.manifests[number] = manifest
    return version_recorded(scene, confirmed)


def version_recorded(
    scene: Scene, confirmed: Confirmed[VersionAdded | DatasetRegistered]
) -> VersionRecorded:
    """Return what tells of a version that was added, or that a registration brought."""
    event = confirmed.event
    record = event.record
    if record is None:
        raise AssertionError("only to be asked for with a version")
    return VersionRecorded(
        dataset=scene.name(event.dataset),
        version=event.version if isinstance(event, VersionAdded) else 1,
        content_root=record.content_root,
        manifest_digest=record.manifest_digest,
        file_count=record.file_count,
        size_bytes=record.size_bytes,
        parents=tuple(
            VersionParent(scene.name(parent.dataset), parent.version, parent.relation)
            for parent in record.parents
        ),
        organisation=scene.slug(event.org),
        written=written(confirmed),
    )


# ------------------------------------------------------------------------------------ refused steps


def attempt(scene: Scene, actor: Organisation, to: str, what: str, *, error: str) -> StepRefused:
    """Have `actor` try a step that must be refused with `error`, a custom error's name.

    The SDK lets the contract judge before it signs. So the same step is then signed and sent
    without that question: it is mined, and reverts. Afterwards the dataset is as it was.
    """
    evidence = Digest.of(what.encode())
    ledger = scene.consortium.ledger(actor)
    before = ledger.datasets.get(scene.dataset)
    refusal = _refusal(scene, actor, to, evidence)
    expect(refusal.error_name == error, f"{actor.slug} is refused with {error}")
    step = Step(
        dataset=scene.dataset,
        version=before.version_count,
        from_stage=before.stage,
        to_stage=ledger.policies.stage(before.policy, to),
        evidence=evidence,
    )
    receipt, reverted_with = _send_regardless(scene, actor, step)
    expect(not receipt.succeeded, f"{actor.slug} could not force this: {what}")
    expect(reverted_with == error, f"the transaction of {actor.slug} reverts with {error}")
    after = ledger.datasets.get(scene.dataset)
    expect(after.head == before.head, "a refused step leaves the history as it was")
    return StepRefused(
        attempt=what,
        organisation=actor.slug,
        error=refusal.error_name,
        message=str(refusal),
        arguments=refusal.arguments,
        written=Written(receipt.transaction_hash, receipt.gas_used),
    )


def _refusal(scene: Scene, actor: Organisation, to: str, evidence: Digest) -> Refused:
    try:
        scene.consortium.ledger(actor).lifecycle.advance(scene.dataset, to, evidence)
    except Refused as refusal:
        return refusal
    raise broken(f"the contract refuses {actor.slug} the step to {to}")


def _send_regardless(scene: Scene, actor: Organisation, step: Step) -> tuple[Receipt, str]:
    """Mine a step without simulating it; return its receipt, and the error it reverted with."""
    connection, signer = scene.consortium.connection, scene.consortium.signer(actor)
    to = connection.profile.contract(ContractName.DATASET_LEDGER).address
    data = dataset_ledger.advance(step).data
    nonce = connection.transport.request("eth_getTransactionCount", [signer.address, "latest"])
    signed = signer.sign_transaction(
        UnsignedTransaction(
            chain_id=connection.profile.chain_id,
            nonce=quantity(nonce, "a nonce"),
            to=to,
            data=data,
            gas=GAS_OF_A_STEP,
            fees=choose_fees(base_fee=connection.head().base_fee, suggested_price=0, balance=0),
        )
    )
    connection.transport.request("eth_sendRawTransaction", [f"0x{signed.raw.hex()}"])
    receipt = _await_receipt(connection, signed.hash)
    try:
        connection.call(to, data, sender=signer.address, block=receipt.block_number - 1)
    except Reverted as reverted:
        return receipt, decode_refusal(reverted.data, ContractName.DATASET_LEDGER).error_name
    return receipt, ""


def _await_receipt(connection: Connection, transaction_hash: TransactionHash) -> Receipt:
    deadline = time.monotonic() + RECEIPT_TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        receipt = connection.receipt(transaction_hash)
        if receipt is not None:
            return receipt
        time.sleep(_POLL_SECONDS)
    raise TransactionPending(
        f"The devnet has not mined transaction {transaction_hash} within "
        f"{RECEIPT_TIMEOUT_SECONDS:g} seconds.",
        remedy="Run the demo again when the machine is less busy.",
        transaction_hash=transaction_hash,
    )
