"""Privacy budgets of datasets, and how sensitive these are: `ledger.budgets`."""

from dataledger.contracts import data_use, dataset_ledger
from dataledger.contracts.identifiers import DatasetId
from dataledger.contracts.reverts import Refusal
from dataledger.contracts.use_events import BudgetSet, DatasetClassified, UseRequested
from dataledger.contracts.use_types import Composition, Cost
from dataledger.errors import InvalidArgument, shown
from dataledger.ledger.costs import left_of, left_of_budget
from dataledger.ledger.datasets import Datasets
from dataledger.ledger.results import Confirmed, DatasetRef, Recorded, last_of
from dataledger.ledger.use_contract import UseContract
from dataledger.ledger.use_results import ConsumerBudget, UseBudget
from dataledger.ledger.versions import no_dataset

MAX_LEVEL = 255


class Budgets:
    """Sets what may be spent on datasets, and says what is left.

    Writes raise `Refused` when the contract refuses; a repeated write is already there. Every
    method raises `ProfileError` where the profile names no contract `DataUse`.
    """

    def __init__(self, use: UseContract, datasets: Datasets) -> None:
        self._use = use
        self._datasets = datasets

    # -------------------------------------------------------------------------------------- writing

    def set(
        self,
        dataset: DatasetRef,
        total: Cost,
        *,
        per_consumer: Cost | None = None,
        composition: Composition = Composition.BASIC,
    ) -> Confirmed[BudgetSet]:
        """Set what may be spent on a dataset of the signer's organisation.

        Args:
            dataset: The dataset.
            total: What all consumers together may cost it.
            per_consumer: What each consumer may cost it; by default, as much as all together.
            composition: What costs count; fixed while anything is counted.
        """
        chain, id_ = self._use.chain, self._datasets.resolve(dataset)

        def find(refusal: Refusal) -> Recorded[BudgetSet] | None:
            if refusal.error_name != "BudgetUnchanged":
                return None
            return last_of(chain.events([BudgetSet], id_, chain.signer_org()))

        each = total if per_consumer is None else per_consumer
        call = data_use.set_budget(id_, composition, total, each)
        return chain.write(call, BudgetSet, find=find)

    def classify(self, dataset: DatasetRef, level: int) -> Confirmed[DatasetClassified]:
        """Say how sensitive a dataset is, from 0 to 255: its owner to raise the level, a regulator.

        From level 2 on, its grants need a co-signature. A level that the signer's organisation
        set, and nobody since, is already there.

        Raises:
            InvalidArgument: this can be no level.
        """
        chain, id_ = self._use.chain, self._datasets.resolve(dataset)
        if type(level) is not int or not 0 <= level <= MAX_LEVEL:
            raise InvalidArgument(
                f"{shown(level)} is not a level.", remedy=f"Give one from 0 to {MAX_LEVEL}."
            )

        def find(refusal: Refusal) -> Recorded[DatasetClassified] | None:
            if refusal.error_name != "LevelUnchanged":
                return None
            last = last_of(chain.events([DatasetClassified], id_))
            ours = last is not None and last.event.org == chain.signer_org()
            return last if ours else None

        return chain.write(data_use.classify(id_, level), DatasetClassified, find=find)

    # -------------------------------------------------------------------------------------- reading

    def get(self, dataset: DatasetRef) -> UseBudget:
        """Return what may be spent on a dataset, what is left, of whom, and its level.

        Who ever asked for the dataset's use is found in the logs of all requests; what is counted
        for each is the contract's.

        Raises:
            NotFound: there is no such dataset.
        """
        id_ = self._datasets.resolve(dataset)
        return self._use.chain.snapshot(lambda block: self._read(id_, block))

    def level(self, dataset: DatasetRef) -> int:
        """Return how sensitive a dataset is; 0 where nobody said."""
        return self._use.chain.read(data_use.level_of(self._datasets.resolve(dataset)))

    def _read(self, dataset: DatasetId, block: int) -> UseBudget:
        chain = self._use.chain
        if chain.read(dataset_ledger.state(dataset), block=block).owner is None:
            raise no_dataset(dataset)
        budget = chain.read(data_use.budget_of(dataset), block=block)
        requests = chain.events([UseRequested], to_block=block)
        consumers = sorted(
            {
                recorded.event.org
                for recorded in requests
                if recorded.event.request.dataset == dataset
            }
        )
        counted = chain.read_all(
            (data_use.counted_for(dataset, org) for org in consumers), block=block
        )
        return UseBudget(
            dataset=dataset,
            composition=budget.composition,
            total=budget.total,
            counted=budget.counted,
            left=left_of_budget(budget),
            per_consumer=budget.per_consumer,
            consumers=tuple(
                ConsumerBudget(org, cost, left_of(budget.per_consumer, cost))
                for org, cost in zip(consumers, counted, strict=True)
            ),
            level=chain.read(data_use.level_of(dataset), block=block),
            level_by=chain.read(data_use.level_by(dataset), block=block),
            as_of_block=block,
        )
