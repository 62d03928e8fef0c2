"""What an organisation's work leaves behind: the activity record, whose digest is the evidence."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

from dataledger import __version__
from dataledger.chain.signer import Signer
from dataledger.contracts.identifiers import DatasetId, to_slug
from dataledger.demo.consortium import Organisation
from dataledger.demo.events import WorkDone
from dataledger.hashing import Digest, JsonValue
from dataledger.ledger.activity import Activity, Agent, Content, Tool
from dataledger.manifest import Manifest


class Work:
    """A piece of work, which begins as this object is made."""

    def __init__(self) -> None:
        self.started_at = datetime.now(UTC)

    def record(
        self,
        kind: str,
        program: ModuleType,
        organisation: Organisation,
        signer: Signer,
        *,
        inputs: Sequence[Content] = (),
        outputs: Sequence[Content] = (),
        parameters: Mapping[str, JsonValue] | None = None,
    ) -> Activity:
        """Return the record of the work, which ends now; `program` did it."""
        agent = Agent(to_slug(organisation.slug), signer.address, "ADMIN")
        return Activity(
            type=kind,
            tool=Tool(program.__name__, __version__, source_digest(program)),
            agents=(agent,),
            started_at=self.started_at,
            ended_at=datetime.now(UTC),
            inputs=tuple(inputs),
            outputs=tuple(outputs),
            parameters=parameters or {},
        )


def source_digest(program: ModuleType) -> Digest:
    """Return the SHA-256 of a module's source file, as `sha256sum` prints it."""
    return Digest.of(Path(str(program.__file__)).read_bytes())


def content(manifest: Manifest, dataset: DatasetId, version: int) -> Content:
    """Return what a version's files are, and where the ledger records them."""
    return Content(manifest.content_root, manifest.manifest_digest, dataset, version)


def done(activity: Activity, organisation: Organisation, counts: Mapping[str, int]) -> WorkDone:
    """Return the event that tells of a piece of work."""
    tool = activity.tool
    if tool.code_digest is None:
        raise AssertionError("every tool of the demo has a source file")
    return WorkDone(
        activity=activity.type,
        organisation=organisation.slug,
        tool=f"{tool.name} {tool.version}",
        code_digest=tool.code_digest,
        counts=dict(counts),
        evidence=activity.evidence,
    )
