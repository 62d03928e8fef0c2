"""The evidence of a step: an activity record from a file, or written from options."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from dataledger.cli.parameters import READABLE_PATH, VERSION_NAME, VersionName, moment, setting
from dataledger.cli.session import Session

if TYPE_CHECKING:
    from dataledger.hashing import Digest, JsonValue
    from dataledger.ledger import Ledger
    from dataledger.ledger.activity import Activity, Content

F = TypeVar("F", bound=Callable[..., object])

_INPUT = "A version that went in; repeatable."
_OUTPUT = "A version that came out; repeatable."
_PARAMETER = "What the tool was told; repeatable."


@dataclass(frozen=True, slots=True)
class Description:
    """What the options of `activity_options` say."""

    activity_type: str | None
    tool: str | None
    code: Path | None
    parameters: Sequence[str]
    inputs: Sequence[VersionName]
    outputs: Sequence[VersionName]
    started_at: str | None
    ended_at: str | None


def activity_options(function: F) -> F:
    """Add the options to a command that together describe an activity."""
    for decorate in (
        click.option("--ended-at", metavar="TIME", help="When it ended.  [default: now]"),
        click.option("--started-at", metavar="TIME", help="And began.  [default: the same]"),
        click.option("--output", "outputs", multiple=True, type=VERSION_NAME, help=_OUTPUT),
        click.option("--input", "inputs", multiple=True, type=VERSION_NAME, help=_INPUT),
        click.option("--param", "parameters", multiple=True, metavar="K=V", help=_PARAMETER),
        click.option("--code", type=READABLE_PATH, help="The tool's program; its digest counts."),
        click.option("--tool", metavar="NAME@VERSION", help="What it was done with."),
        click.option("--type", "activity_type", metavar="TEXT", help="What was done."),
    ):
        function = decorate(function)
    return function


def evidence_options(function: F) -> F:
    """Add --activity and --evidence to a command, beside the options of `activity_options`."""
    for decorate in (
        activity_options,
        click.option("--evidence", metavar="DIGEST", help="Of a record that is kept elsewhere."),
        click.option("--activity", type=READABLE_PATH, help="File with the activity record."),
    ):
        function = decorate(function)
    return function


def evidence_of(
    session: Session,
    ledger: "Ledger",
    *,
    activity: Path | None,
    evidence: str | None,
    default_type: str,
    default_input: VersionName,
    described: dict[str, Any],
) -> "Activity | Digest":
    """Return the record in a file, the digest of one kept elsewhere, or a record just written.

    Raises:
        click.UsageError: not exactly one of the three is given.
    """
    description = Description(**described)
    given = [activity is not None, evidence is not None, any(described.values())]
    if given.count(True) != 1:
        raise click.UsageError(
            "A step needs one kind of evidence: --activity FILE, --evidence DIGEST, or --tool and "
            "what else describes the activity."
        )
    if activity is not None:
        return read_activity(activity)
    if evidence is not None:
        from dataledger.hashing import Digest

        return Digest.parse_sha256(evidence)
    return describe_activity(
        session, ledger, description, default_type=default_type, default_inputs=[default_input]
    )


def describe_activity(
    session: Session,
    ledger: "Ledger",
    description: Description,
    *,
    default_type: str | None = None,
    default_inputs: Sequence[VersionName] = (),
) -> "Activity":
    """Return an activity record by the account's organisation, with contents as recorded.

    Raises:
        click.UsageError: tool or type is missing.
        NotFound: the account's key is no member, or there is no such dataset or version.
    """
    from dataledger.cli.names import find_version
    from dataledger.ledger.activity import Activity, Agent, Content, Tool

    activity_type = description.activity_type or default_type
    if description.tool is None or activity_type is None:
        raise click.UsageError("Say what was done, with --type, and with which --tool.")
    tool_name, _, tool_version = description.tool.rpartition("@")
    if not tool_name:
        raise click.UsageError("--tool needs a version: NAME@VERSION.")

    def contents(names: Iterable[VersionName]) -> "tuple[Content, ...]":
        versions = [find_version(ledger, name) for name in names]
        return tuple(
            Content(v.record.content_root, v.record.manifest_digest, v.dataset, v.number)
            for v in versions
        )

    member = ledger.members.get(session.address())
    organisation = ledger.organisations.get(member.org)
    ended_at = moment(description.ended_at) if description.ended_at else datetime.now(UTC)
    return Activity(
        type=activity_type,
        tool=Tool(tool_name, tool_version, _code_digest(session, description.code)),
        agents=(Agent(organisation.slug, member.key, member.role.name),),
        started_at=moment(description.started_at) if description.started_at else ended_at,
        ended_at=ended_at,
        inputs=contents(description.inputs or default_inputs),
        outputs=contents(description.outputs),
        parameters=dict(_parameter(text) for text in description.parameters),
    )


def read_activity(file: Path) -> "Activity":
    """Return the activity record in `file`. Raises as `read_input` and `Activity.parse` do."""
    from dataledger.cli.output import read_input
    from dataledger.ledger.activity import MAX_ACTIVITY_BYTES, Activity

    data = read_input(file, noun="activity record", max_bytes=MAX_ACTIVITY_BYTES)
    return Activity.parse(data)


def _code_digest(session: Session, code: Path | None) -> "Digest | None":
    """Return a program's digest: of a file, its bytes'; of a directory, its content root."""
    if code is None:
        return None
    manifest = session.fingerprint(code)
    return manifest.content_root if code.is_dir() else manifest.entries[0].digest


def _parameter(text: str) -> "tuple[str, JsonValue]":
    """Return key and value of `KEY=VALUE`; a value that is JSON is read as such, else as text."""
    from dataledger.errors import CanonicalisationError
    from dataledger.hashing import parse_strict

    key, value = setting(text)
    try:
        return key, parse_strict(value.encode())
    except CanonicalisationError:
        return key, value
