"""Projects under which data is used: `ledger.projects`."""

from collections.abc import Sequence

from dataledger.contracts import data_use
from dataledger.contracts.identifiers import ProjectId
from dataledger.contracts.reverts import Refusal
from dataledger.contracts.use_events import ProjectApproved, ProjectEnded, ProjectProposed
from dataledger.contracts.use_types import Project, numbers_in, project_id
from dataledger.errors import NotFound
from dataledger.ledger.documents import Documents
from dataledger.ledger.organisations import Organisations
from dataledger.ledger.project_document import ProjectDocument
from dataledger.ledger.results import Confirmed, OrgRef, Recorded, last_of
from dataledger.ledger.text import check_text
from dataledger.ledger.use_contract import UseContract, false_log
from dataledger.ledger.use_results import ProjectRef, ProjectState, UseProject


class Projects:
    """Proposes projects, and approves and ends them.

    Writes raise `Refused` when the contract refuses; a repeated write is already there. Every
    method raises `ProfileError` where the profile names no contract `DataUse`.
    """

    def __init__(self, use: UseContract, orgs: Organisations, documents: Documents) -> None:
        self._use = use
        self._organisations = orgs
        self._documents = documents

    # -------------------------------------------------------------------------------------- writing

    def propose(self, document: ProjectDocument) -> Confirmed[ProjectProposed]:
        """Propose a project of the signer's organisation. The document is kept.

        What describes it goes to `ledger.documents`; the chain gets its digest and its purposes.
        """
        chain = self._use.chain
        digest = self._documents.keep(document)

        def find(refusal: Refusal) -> Recorded[ProjectProposed] | None:
            if refusal.error_name != "ProjectExists":
                return None
            # Its id is derived from all that it says, so this is the very same one.
            project: ProjectId = refusal.arguments["project"]
            return last_of(chain.events([ProjectProposed], project))

        call = data_use.propose_project(digest, document.bitmap)
        return chain.write(call, ProjectProposed, find=find)

    def approve(self, project: ProjectRef, *, valid_until_unix: int) -> Confirmed[ProjectApproved]:
        """Approve a project, as a regulator over its applicant; in place of an earlier approval.

        Args:
            project: The project.
            valid_until_unix: First second after the approval.

        Raises:
            InvalidIdentifier: this can be no project id.
        """
        chain, id_ = self._use.chain, self.resolve(project)

        def find(refusal: Refusal) -> Recorded[ProjectApproved] | None:
            if refusal.error_name != "ApprovalUnchanged":
                return None
            return last_of(chain.events([ProjectApproved], id_, chain.signer_org()))

        call = data_use.approve_project(id_, valid_until_unix)
        return chain.write(call, ProjectApproved, find=find)

    def end(self, project: ProjectRef, reason: str) -> Confirmed[ProjectEnded]:
        """End a project, and so every grant under it, for good.

        Raises:
            InvalidArgument: the reason is not printable.
            InvalidIdentifier: this can be no project id.
        """
        chain, id_ = self._use.chain, self.resolve(project)

        def find(refusal: Refusal) -> Recorded[ProjectEnded] | None:
            if refusal.error_name != "ProjectIsEnded":
                return None
            last = last_of(chain.events([ProjectEnded], id_))
            said = None if last is None else (last.event.org, last.event.reason)
            return last if said == (chain.signer_org(), reason) else None

        call = data_use.end_project(id_, check_text("reason", reason))
        return chain.write(call, ProjectEnded, find=find)

    # -------------------------------------------------------------------------------------- reading

    def resolve(self, project: ProjectRef) -> ProjectId:
        """Return the id that `project` means, whether or not there is such a project.

        Raises:
            InvalidIdentifier: the text is no `0x…` of 32 bytes.
        """
        return project if isinstance(project, ProjectId) else ProjectId.parse(project)

    def get(self, project: ProjectRef) -> UseProject:
        """Return a project as it stands.

        Raises:
            NotFound: there is none.
            CommitmentMismatch: the node's logs are not what the contract commits to.
        """
        id_ = self.resolve(project)
        found = self._use.chain.snapshot(lambda block: self._read([id_], block))
        if not found:
            raise NotFound(
                f"There is no project {id_}.",
                remedy="List the projects, and give the id of one.",
            )
        return found[0]

    def list(self, applicant: OrgRef | None = None) -> tuple[UseProject, ...]:
        """Return all projects (of `applicant`), in the order in which they were proposed.

        Raises:
            NotFound: there is no such applicant.
            CommitmentMismatch: the node's logs are not what the contract commits to.
        """
        chain = self._use.chain
        org = None if applicant is None else self._organisations.resolve(applicant)

        def read(block: int) -> tuple[UseProject, ...]:
            found = chain.events([ProjectProposed], None, org, to_block=block)
            return self._read([recorded.event.project for recorded in found], block)

        return chain.snapshot(read)

    def _read(self, projects: Sequence[ProjectId], block: int) -> tuple[UseProject, ...]:
        chain = self._use.chain
        kept = chain.read_all((data_use.project_of(id_) for id_ in projects), block=block)
        there = {
            id_: project
            for id_, project in zip(projects, kept, strict=True)
            if project.applicant is not None
        }
        proposed = {
            recorded.event.project: recorded.event
            for recorded in chain.events([ProjectProposed], list(there), to_block=block)
        }
        ended = [id_ for id_, project in there.items() if project.ended]
        reasons = {
            recorded.event.project: recorded.event.reason
            for recorded in chain.events([ProjectEnded], ended, to_block=block)
        }
        now_unix = self._use.time_of(block)
        for id_, project in there.items():
            self._check(id_, project, proposed.get(id_))
        return tuple(
            UseProject(
                id=id_,
                state=_state(project, now_unix),
                applicant=proposed[id_].org,
                document=proposed[id_].document,
                purposes=numbers_in(project.purposes),
                approved_by=project.approved_by,
                valid_until_unix=project.valid_until_unix or None,
                end_reason=reasons.get(id_),
                proposed_at_unix=proposed[id_].recorded_at_unix,
                as_of_block=block,
            )
            for id_, project in there.items()
        )

    def _check(self, id_: ProjectId, project: Project, told: ProjectProposed | None) -> None:
        if told is None or told.org != project.applicant or told.purposes != project.purposes:
            raise false_log(f"the project {id_}")
        derived = project_id(
            self._use.chain_id, self._use.address, told.org, told.document, told.purposes
        )
        if derived != id_:
            raise false_log(f"the project {id_}")


def _state(project: Project, now_unix: int) -> ProjectState:
    if project.ended:
        return ProjectState.ENDED
    if project.approved_by is None:
        return ProjectState.PROPOSED
    over = now_unix >= project.valid_until_unix
    return ProjectState.EXPIRED if over else ProjectState.APPROVED
