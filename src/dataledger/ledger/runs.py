"""Runs beside the data, their cost and their receipts: `ledger.runs`."""

import secrets
from collections.abc import Iterable, Iterator, Sequence

from dataledger.contracts import data_use, dataset_ledger
from dataledger.contracts.identifiers import DatasetId, GrantId, RunId, to_version
from dataledger.contracts.reverts import Refusal
from dataledger.contracts.use_events import RunReserved, RunSettled, UseRequested
from dataledger.contracts.use_types import (
    NO_COST,
    NO_QUORUM,
    Cost,
    GrantState,
    Input,
    Outcome,
    Quorum,
    Receipt,
    Reservation,
    RunState,
)
from dataledger.errors import InvalidArgument, NotFound
from dataledger.hashing import Digest, Hash32
from dataledger.ledger.datasets import Datasets
from dataledger.ledger.documents import Documents
from dataledger.ledger.environment import Environment
from dataledger.ledger.receipts import ReceiptSignature, UnsignedReceipt
from dataledger.ledger.results import Confirmed, DatasetRef, Recorded, VersionRef, last_of
from dataledger.ledger.use_contract import UseContract, false_log
from dataledger.ledger.use_grants import no_grant, read_terms
from dataledger.ledger.use_results import GrantRef, RunRef, UseRun
from dataledger.ledger.uses import Uses


def new_run_id() -> RunId:
    """Return an id that no run has yet.

    A run has one of its own: whoever reserves twice with one id reserves once, and pays once.
    """
    return RunId(Hash32(secrets.token_bytes(32)))


class Runs:
    """Reserves what runs may cost, and settles them with receipts.

    Writes raise `Refused` when the contract refuses; a repeated write is already there. Every
    method raises `ProfileError` where the profile names no contract `DataUse`.
    """

    def __init__(
        self, use: UseContract, uses: Uses, datasets: Datasets, documents: Documents
    ) -> None:
        self._use = use
        self._uses = uses
        self._datasets = datasets
        self._documents = documents

    # -------------------------------------------------------------------------------------- writing

    def reserve(
        self,
        grant: GrantRef,
        run: RunRef,
        code: Digest,
        cost: Cost = NO_COST,
        *,
        version: int | None = None,
    ) -> Confirmed[RunReserved]:
        """Reserve what a run may cost, before it touches the data; as the dataset's owner.

        Who repeats it while it is in flight joins it, and who repeats it later finds it already
        there, as long as the grant is usable: a run id is for one run alone (`new_run_id`).

        Args:
            grant: The grant.
            run: Its id.
            code: SHA-256 of the algorithm, or of the declared query.
            cost: The most that it can cost; nothing where the use is exact.
            version: What it is going to read; by default the version granted, or the current one.

        Raises:
            NotFound: there is no such grant.
            InvalidIdentifier: this can be no grant, run or version.
        """
        chain, grant_id = self._use.chain, self._uses.resolve(grant)
        if version is None:
            version = self._version_of(grant_id)
        reservation = Reservation(grant_id, _run_id(run), to_version(version), code, cost)

        def find(refusal: Refusal) -> Recorded[RunReserved] | None:
            if refusal.error_name != "RunExists":
                return None
            for recorded in chain.events([RunReserved], grant_id, chain.signer_org()):
                event = recorded.event
                said = (event.grant, event.run, event.version, event.code, event.cost)
                if Reservation(*said) == reservation:
                    return recorded
            return None

        return chain.write(data_use.reserve(reservation), RunReserved, find=find)

    def prepare(
        self,
        grant: GrantRef,
        run: RunRef,
        *,
        environment: Environment | Digest,
        output: Digest | None = None,
        spent: Cost = NO_COST,
        others: Sequence[VersionRef] = (),
    ) -> UnsignedReceipt:
        """Return the receipt of a run that was reserved, for its executors to sign.

        Args:
            grant: The grant.
            run: Its id.
            environment: What the code ran on, which is kept in `ledger.documents`, or its digest.
            output: SHA-256 of what was released; None where nothing was, since the run failed.
            spent: What it cost; no more than was reserved.
            others: Versions of other datasets that it read, too.

        Raises:
            NotFound: there is no such run, or no such version.
        """
        found = self.get(grant, run)
        own = self._uses.get(found.grant).request.dataset
        read = (VersionRef(own, found.version), *others)
        if not isinstance(environment, Digest):
            environment = self._documents.keep(environment)
        receipt = Receipt(
            grant=found.grant,
            run=found.run,
            code=found.code,
            environment=environment,
            inputs=tuple(self._input(version) for version in read),
            output=output,
            spent=spent,
            outcome=Outcome.FAILED if output is None else Outcome.RELEASED,
        )
        return self._unsigned(receipt)

    def sign_receipt(self, receipt: Receipt | UnsignedReceipt) -> ReceiptSignature:
        """Return the signer's signature over a receipt, as one of the grant's executors.

        Raises:
            InvalidArgument: the receipt is for another chain or contract.
        """
        unsigned = receipt if isinstance(receipt, UnsignedReceipt) else self._unsigned(receipt)
        self._check_place(unsigned)
        return unsigned.sign(self._use.chain.signer)

    def settle(
        self,
        receipt: Receipt | UnsignedReceipt,
        signatures: Iterable[ReceiptSignature] = (),
    ) -> Confirmed[RunSettled]:
        """Settle a run, once: what it reserved and did not spend is no longer counted.

        Raises:
            NotFound: there is no such grant.
            InvalidArgument: a signature is by none of the grant's executors, or the receipt is
                for another chain or contract.
        """
        if isinstance(receipt, UnsignedReceipt):
            self._check_place(receipt)
            receipt = receipt.receipt
        settled = receipt
        chain = self._use.chain
        terms = read_terms(self._use, settled.grant)
        quorum = NO_QUORUM if terms is None else terms.quorum
        call = data_use.settle(settled, quorum, _in_order(quorum, signatures))

        def find(refusal: Refusal) -> Recorded[RunSettled] | None:
            if refusal.error_name != "AlreadySettled":
                return None
            found = chain.events([RunSettled], settled.grant, chain.signer_org())
            return last_of([recorded for recorded in found if recorded.event.receipt == settled])

        return chain.write(call, RunSettled, find=find)

    # -------------------------------------------------------------------------------------- reading

    def get(self, grant: GrantRef, run: RunRef) -> UseRun:
        """Return a run.

        Raises:
            NotFound: the grant has no such run.
            CommitmentMismatch: the node's logs are not what the contract keeps.
        """
        grant_id, run_id = self._uses.resolve(grant), _run_id(run)
        found = self._use.chain.snapshot(
            lambda block: tuple(self._read(grant_id, block, only=run_id))
        )
        if found:
            return found[0]
        raise NotFound(
            f"The grant {grant_id} has no run {run_id}.",
            remedy="Reserve before the run, or list the runs.",
        )

    def list(
        self,
        *,
        grant: GrantRef | None = None,
        dataset: DatasetRef | None = None,
        output: Digest | None = None,
        state: RunState | None = None,
    ) -> tuple[UseRun, ...]:
        """Return all runs that are so, in the order of their reservations.

        A receipt's costs are held against the contract's; the rest of it stands in the logs alone.
        That a node withholds no run cannot be seen: ask several where it matters.

        Args:
            grant: Those of this grant.
            dataset: Those that used this dataset, be it as another's input.
            output: Those that released this: who asks for a model's digest learns its ancestry.
            state: Those in this state.

        Raises:
            CommitmentMismatch: the node's logs are not what the contract keeps.
        """
        grant_id = None if grant is None else self._uses.resolve(grant)
        dataset_id = None if dataset is None else self._datasets.resolve(dataset)
        chain = self._use.chain

        def read(block: int) -> tuple[UseRun, ...]:
            granted: set[GrantId] = set()
            if dataset_id is not None:
                requested = chain.events([UseRequested], to_block=block)
                granted = {
                    recorded.event.grant
                    for recorded in requested
                    if recorded.event.request.dataset == dataset_id
                }
            return tuple(
                found
                for found in self._read(grant_id, block)
                if state in {None, found.state}
                and (output is None or _released(found, output))
                and (dataset_id is None or found.grant in granted or _reads(found, dataset_id))
            )

        return chain.snapshot(read)

    def of_output(self, output: Digest) -> tuple[UseRun, ...]:
        """Return the runs whose receipts name this output, such as a model's digest.

        Their receipts' `inputs` are the versions that it came from, and `code` is what made it.
        """
        return self.list(output=output)

    def _read(
        self, grant: GrantId | None, block: int, *, only: RunId | None = None
    ) -> Iterator[UseRun]:
        chain = self._use.chain
        reserved = [
            recorded.event
            for recorded in chain.events([RunReserved], grant, to_block=block)
            if only in {None, recorded.event.run}
        ]
        settled = {
            (r.event.receipt.grant, r.event.receipt.run): r.event
            for r in chain.events([RunSettled], grant, to_block=block)
        }
        kept = chain.read_all((data_use.run_of(e.grant, e.run) for e in reserved), block=block)
        for event, run in zip(reserved, kept, strict=True):
            told = settled.get((event.grant, event.run))
            state = RunState.RESERVED if told is None else RunState.SETTLED
            cost = event.cost if told is None else told.receipt.spent
            if (run.state, run.cost) != (state, cost):
                raise false_log(f"the run {event.run}")
            yield UseRun(
                grant=event.grant,
                run=event.run,
                state=state,
                version=event.version,
                code=event.code,
                reserved=event.cost,
                receipt=None if told is None else told.receipt,
                signers=() if told is None else told.signers,
                reserved_at_unix=event.recorded_at_unix,
                settled_at_unix=None if told is None else told.recorded_at_unix,
                as_of_block=block,
            )

    # -------------------------------------------------------------------------------------- helpers

    def _version_of(self, grant: GrantId) -> int:
        kept = self._use.chain.read(data_use.grant_of(grant))
        if kept.state is GrantState.NONE:
            raise no_grant(grant)
        if kept.version:
            return kept.version
        return self._use.chain.read(dataset_ledger.state(kept.dataset)).version_count

    def _input(self, version: VersionRef) -> Input:
        call = dataset_ledger.commitment(version.dataset, to_version(version.version))
        commitment = self._use.chain.read(call)
        if not any(commitment):
            raise NotFound(
                f"The dataset {version.dataset} has no version {version.version}.",
                remedy="Give one that it has.",
            )
        return Input(version.dataset, version.version, commitment)

    def _unsigned(self, receipt: Receipt) -> UnsignedReceipt:
        return UnsignedReceipt(self._use.chain_id, self._use.address, receipt)

    def _check_place(self, unsigned: UnsignedReceipt) -> None:
        here = (self._use.chain_id, self._use.address)
        if (unsigned.chain_id, unsigned.contract) != here:
            raise InvalidArgument(
                f"The receipt is for the contract {unsigned.contract} on chain "
                f"{unsigned.chain_id}, not for {here[1]} on chain {here[0]}.",
                remedy="Use the profile of the chain that it names.",
            )


def _run_id(run: RunRef) -> RunId:
    return run if isinstance(run, RunId) else RunId.parse(run)


def _in_order(quorum: Quorum, signatures: Iterable[ReceiptSignature]) -> list[bytes]:
    """Return one signature for each executor of the quorum, empty where it has not signed."""
    given = {signed.executor: signed.signature for signed in signatures}
    for executor in given:
        if executor not in quorum.executors:
            raise InvalidArgument(
                f"{executor} is none of the grant's {len(quorum.executors)} executors.",
                remedy="Leave its signature out, or have an executor sign.",
            )
    return [given.get(executor, b"") for executor in quorum.executors]


def _released(run: UseRun, output: Digest) -> bool:
    return run.receipt is not None and run.receipt.output == output


def _reads(run: UseRun, dataset: DatasetId) -> bool:
    return run.receipt is not None and any(i.dataset == dataset for i in run.receipt.inputs)
