"""The use of datasets, asked for and granted: `ledger.uses`."""

from collections.abc import Iterable

from dataledger.contracts import data_use, dataset_ledger
from dataledger.contracts.identifiers import DatasetId, GrantId, OrgId, to_version
from dataledger.contracts.reverts import Refusal
from dataledger.contracts.use_events import (
    UseCosigned,
    UseGranted,
    UseRefused,
    UseRequested,
    UseRevoked,
)
from dataledger.contracts.use_types import (
    MAX_OWN_STAGE,
    NO_COST,
    NO_QUORUM,
    Composition,
    Cost,
    GrantState,
    Quorum,
    Request,
    Terms,
    bitmap_of,
)
from dataledger.errors import InvalidArgument, Refused
from dataledger.hashing import Digest
from dataledger.ledger.datasets import Datasets
from dataledger.ledger.documents import Documents
from dataledger.ledger.organisations import Organisations
from dataledger.ledger.policies import Policies
from dataledger.ledger.projects import Projects
from dataledger.ledger.purposes import Purpose, parse_purpose, purpose
from dataledger.ledger.results import (
    Confirmed,
    DatasetRef,
    OrgRef,
    Recorded,
    StageRef,
    last_of,
)
from dataledger.ledger.text import check_text
from dataledger.ledger.use_contract import UseContract
from dataledger.ledger.use_grants import no_grant, read_grants, read_terms
from dataledger.ledger.use_policy import UsePolicy
from dataledger.ledger.use_results import GrantRef, ProjectRef, UseGrant

PurposeRef = Purpose | int | str
"""A purpose: itself, its code, or its name."""


class Uses:
    """Asks for the use of datasets, answers, and says what can be used.

    Writes raise `Refused` when the contract refuses; a repeated write is already there. Every
    method raises `ProfileError` where the profile names no contract `DataUse`.
    """

    def __init__(
        self,
        use: UseContract,
        orgs: Organisations,
        projects: Projects,
        *,
        datasets: Datasets,
        policies: Policies,
        documents: Documents,
    ) -> None:
        self._use = use
        self._organisations = orgs
        self._datasets = datasets
        self._policies = policies
        self._projects = projects
        self._documents = documents

    # -------------------------------------------------------------------------------------- writing

    def request(
        self,
        dataset: DatasetRef,
        project: ProjectRef,
        purpose: PurposeRef,
        *,
        version: int | None = None,
        code: Digest | None = None,
        terms: UsePolicy | Digest | None = None,
        number: int = 0,
    ) -> Confirmed[UseRequested]:
        """Ask for the use of a dataset, under a project of the signer's organisation.

        Args:
            dataset: The dataset.
            project: The project; it must be approved, and cover the dataset's owner.
            purpose: One of the project's purposes.
            version: The one version that is asked for; by default, every one.
            code: SHA-256 of the algorithm to be run; by default, declared queries only.
            terms: What is asked for, which is kept in `ledger.documents`, or the digest of a
                policy that is kept elsewhere; by default, a plain policy.
            number: Tells apart requests that are otherwise the same.

        Raises:
            InvalidArgument: there is no such purpose.
            InvalidIdentifier: this can be no project, dataset or version.
        """
        chain = self._use.chain
        wanted = _purpose(purpose)
        project_id, dataset_id = self._projects.resolve(project), self._datasets.resolve(dataset)
        wanted_version = 0 if version is None else to_version(version)
        if terms is None:
            terms = UsePolicy.request(
                project_id,
                dataset_id,
                wanted,
                applicant=self._signer_name(),
                version=wanted_version,
                number=number,
            )
        request = Request(
            project=project_id,
            dataset=dataset_id,
            version=wanted_version,
            purpose=wanted.code,
            terms=self._keep(terms),
            code=code,
            number=number,
        )

        def find(refusal: Refusal) -> Recorded[UseRequested] | None:
            if refusal.error_name != "RequestExists":
                return None
            # Its id is derived from all that it says, so this is the very same one.
            grant: GrantId = refusal.arguments["grant"]
            return last_of(chain.events([UseRequested], grant))

        return chain.write(data_use.request_use(request), UseRequested, find=find)

    def grant(
        self,
        grant: GrantRef,
        *,
        valid_until_unix: int,
        stages: Iterable[StageRef],
        limit: Cost = NO_COST,
        composition: Composition | None = None,
        code: Digest | None = None,
        quorum: Quorum = NO_QUORUM,
        terms: UsePolicy | Digest | None = None,
    ) -> Confirmed[UseGranted]:
        """Grant a request, as the dataset's owner, on terms that stay.

        Args:
            grant: The request.
            valid_until_unix: First second after the grant.
            stages: The stages of the dataset in which it may be used, by number or name.
            limit: What all runs together may cost; nothing for an exact use.
            composition: What the limit counts; by default, what the dataset's budget counts, or
                BASIC while there is none; NONE where there is no limit.
            code: SHA-256 of the one algorithm that may be run; by default, the one asked for.
            quorum: The executors that must sign receipts; by default, none.
            terms: What is granted, as for `request`.

        Raises:
            NotFound: there is no such request, or the dataset's policy has no such stage.
            InvalidArgument: a stage is none that can be granted; or the limit counts by another
                composition than the dataset's budget, so that nothing could ever be spent.
        """
        chain = self._use.chain
        asked = self.get(grant)
        dataset = asked.request.dataset
        state = chain.read(dataset_ledger.state(dataset))
        if composition is None:
            composition = self._composition(dataset, limit)
        elif asked.state is GrantState.REQUESTED:
            self._check_composition(dataset, composition)
        if terms is None:
            terms = UsePolicy.agreement(
                asked.id,
                dataset,
                purpose(asked.request.purpose),
                owner=self._name(asked.owner),
                applicant=self._name(asked.applicant),
                valid_until_unix=valid_until_unix,
                version=asked.request.version,
            )
        numbers = [self._policies.stage(state.policy, stage) for stage in stages]
        granted = Terms(
            terms=self._keep(terms),
            valid_until_unix=valid_until_unix,
            stages=bitmap_of(numbers, highest=MAX_OWN_STAGE),
            code=asked.request.code if code is None else code,
            composition=composition,
            limit=limit,
            quorum=quorum,
        )

        def find(refusal: Refusal) -> Recorded[UseGranted] | None:
            if not _is_answered_as(refusal, "NotRequested", GrantState.GRANTED):
                return None
            last = last_of(chain.events([UseGranted], asked.id, chain.signer_org()))
            return last if last is not None and last.event.terms == granted else None

        return chain.write(data_use.grant_use(asked.id, granted), UseGranted, find=find)

    def cosign(self, grant: GrantRef, *, terms: Terms | None = None) -> Confirmed[UseCosigned]:
        """Co-sign a grant, as a regulator over the dataset's owner.

        Args:
            grant: The grant.
            terms: What was read and is agreed to; by default, what was granted. The contract
                refuses other terms than those.

        Raises:
            NotFound: there is no such request.
            InvalidArgument: it was not granted.
        """
        chain, id_ = self._use.chain, self.resolve(grant)
        agreed = read_terms(self._use, id_) if terms is None else terms
        if agreed is None:
            raise InvalidArgument(
                f"The request {id_} is not granted, and so there is nothing to co-sign.",
                remedy="Wait for the dataset's owner to grant it.",
            )

        def find(refusal: Refusal) -> Recorded[UseCosigned] | None:
            if refusal.error_name != "AlreadyCosigned":
                return None
            return last_of(chain.events([UseCosigned], id_, chain.signer_org()))

        return chain.write(data_use.cosign(id_, agreed), UseCosigned, find=find)

    def refuse(self, grant: GrantRef, reason: str) -> Confirmed[UseRefused]:
        """Refuse a request, for good, as the dataset's owner or a regulator over it.

        Raises:
            InvalidArgument: the reason is not printable.
            InvalidIdentifier: this can be no request.
        """
        chain, id_ = self._use.chain, self.resolve(grant)

        def find(refusal: Refusal) -> Recorded[UseRefused] | None:
            if not _is_answered_as(refusal, "NotRequested", GrantState.REFUSED):
                return None
            last = last_of(chain.events([UseRefused], id_, chain.signer_org()))
            return last if last is not None and last.event.reason == reason else None

        call = data_use.refuse_use(id_, check_text("reason", reason))
        return chain.write(call, UseRefused, find=find)

    def revoke(self, grant: GrantRef, reason: str) -> Confirmed[UseRevoked]:
        """Revoke a grant, for good; open runs can still be settled. Raises as `refuse` does."""
        chain, id_ = self._use.chain, self.resolve(grant)

        def find(refusal: Refusal) -> Recorded[UseRevoked] | None:
            if not _is_answered_as(refusal, "NotGranted", GrantState.REVOKED):
                return None
            last = last_of(chain.events([UseRevoked], id_, chain.signer_org()))
            return last if last is not None and last.event.reason == reason else None

        call = data_use.revoke_use(id_, check_text("reason", reason))
        return chain.write(call, UseRevoked, find=find)

    # -------------------------------------------------------------------------------------- reading

    def resolve(self, grant: GrantRef) -> GrantId:
        """Return the id that `grant` means, whether or not there is such a request.

        Raises:
            InvalidIdentifier: the text is no `0x…` of 32 bytes.
        """
        return grant if isinstance(grant, GrantId) else GrantId.parse(grant)

    def get(self, grant: GrantRef) -> UseGrant:
        """Return a request, and what became of it.

        Raises:
            NotFound: there is none.
            CommitmentMismatch: the node's logs are not what the contract commits to.
        """
        id_ = self.resolve(grant)
        found = self._use.chain.snapshot(lambda block: read_grants(self._use, [id_], block=block))
        if not found:
            raise no_grant(id_)
        return found[0]

    def list(
        self,
        *,
        dataset: DatasetRef | None = None,
        project: ProjectRef | None = None,
        applicant: OrgRef | None = None,
        owner: OrgRef | None = None,
        state: GrantState | None = None,
    ) -> tuple[UseGrant, ...]:
        """Return all requests and grants that are so, in the order of the requests.

        The logs of all requests are read. Raises as `get` does.

        Raises:
            NotFound: there is no such organisation.
        """
        chain = self._use.chain
        resolve = self._organisations.resolve
        asked = None if applicant is None else resolve(applicant)
        owned = None if owner is None else resolve(owner)
        wanted_dataset = None if dataset is None else self._datasets.resolve(dataset)
        wanted_project = None if project is None else self._projects.resolve(project)

        def read(block: int) -> tuple[UseGrant, ...]:
            found = chain.events([UseRequested], None, asked, to_block=block)
            ids = [
                recorded.event.grant
                for recorded in found
                if wanted_dataset in {None, recorded.event.request.dataset}
                and wanted_project in {None, recorded.event.request.project}
            ]
            return tuple(
                grant
                for grant in read_grants(self._use, ids, block=block)
                if owned in {None, grant.owner} and state in {None, grant.state}
            )

        return chain.snapshot(read)

    def is_usable(self, grant: GrantRef) -> bool:
        """Whether a run could be reserved now, if the budget has room for it.

        Raises:
            NotFound: there is no such request.
        """
        return self.why_not(grant) is None

    def why_not(self, grant: GrantRef) -> Refused | None:
        """Return why no run could be reserved now, in words; None where one could.

        It is the contract's own answer, by the time of the newest block. Room in the budget is
        not looked at: see `ledger.budgets.get`.

        Raises:
            NotFound: there is no such request.
        """
        chain, id_ = self._use.chain, self.resolve(grant)
        (answer,) = chain.try_all([data_use.check_usable(id_)], block="latest")
        if not isinstance(answer, Refusal):
            return None
        if answer.error_name == "UnknownGrant":
            raise no_grant(id_)
        return chain.in_words(answer)

    # -------------------------------------------------------------------------------------- helpers

    def _keep(self, terms: UsePolicy | Digest) -> Digest:
        return terms if isinstance(terms, Digest) else self._documents.keep(terms)

    def _composition(self, dataset: DatasetId, limit: Cost) -> Composition:
        if limit == NO_COST:
            return Composition.NONE
        counted = self._use.chain.read(data_use.budget_of(dataset)).composition
        return Composition.BASIC if counted is Composition.NONE else counted

    def _check_composition(self, dataset: DatasetId, composition: Composition) -> None:
        """Return only if a budget, where there is one, counts in the same way."""
        counted = self._use.chain.read(data_use.budget_of(dataset)).composition
        if Composition.NONE in {counted, composition} or counted is composition:
            return
        raise InvalidArgument(
            f"The budget of the dataset {dataset} counts {_counts(counted)}, and the grant's limit "
            f"would count {_counts(composition)}: nothing could be spent under it.",
            remedy=f"Give the limit in {_counts(counted)}, or set the budget anew while nothing is "
            "counted.",
        )

    def _signer_name(self) -> str:
        org = self._use.chain.signer_org()
        # Who has no organisation is refused by the contract, whatever its policy says.
        return self._use.chain.signer.address if org is None else self._name(org)

    def _name(self, org: OrgId) -> str:
        return self._use.chain.names.organisations([org])[org]


def _purpose(given: PurposeRef) -> Purpose:
    if isinstance(given, Purpose):
        return given
    return parse_purpose(given) if isinstance(given, str) else purpose(given)


def _is_answered_as(refusal: Refusal, error_name: str, state: GrantState) -> bool:
    return refusal.error_name == error_name and refusal.arguments["state"] is state


def _counts(composition: Composition) -> str:
    return "rho (ZCDP)" if composition is Composition.ZCDP else "epsilon and delta (BASIC)"
