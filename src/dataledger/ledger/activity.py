"""Activity records: what was done in a step, kept off the chain.

The record is a PROV activity (W3C PROV-DM, section 2.1.1) as canonical JSON:

    {"agents": [{"member": "0x…", "organisation": "acme", "role": "OPERATOR"}],
     "ended_at": "2026-01-31T12:00:00Z", "format": "dataledger/activity/1",
     "inputs": [{"content_root": "sha256:…", "dataset": "0x…", "manifest_digest": "sha256:…",
                 "version": 1}],
     "outputs": […], "parameters": {…}, "started_at": "2026-01-31T11:00:00Z",
     "tool": {"code_digest": "sha256:…", "name": "clean.py", "version": "1.2"}, "type": "clean"}

The SHA-256 of these bytes is the evidence of the step. Members that are null in Python are absent.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Self

from dataledger.contracts.identifiers import (
    Address,
    DatasetId,
    Slug,
    to_address,
    to_slug,
    to_version,
)
from dataledger.errors import ActivityError, UsageError, shown
from dataledger.hashing import (
    Digest,
    JsonValue,
    canonical_bytes,
    members,
    natural,
    parse_canonical,
    string,
)
from dataledger.ledger.json_forms import (
    address_from_json,
    dataset_from_json,
    digest_from_json,
    list_from_json,
)

FORMAT = "dataledger/activity/1"
MAX_ACTIVITY_BYTES = 1024 * 1024
MAX_TEXT_CHARACTERS = 256

_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{6})?Z")
_REMEDY = "Use the activity record exactly as it was written, or write it again."


@dataclass(frozen=True, slots=True)
class Tool:
    """The program that did it."""

    name: str
    version: str
    code_digest: Digest | None = None
    """Of the program's own bytes, whatever these are: a script, an archive, an image."""

    def __post_init__(self) -> None:
        _check_text("tool name", self.name)
        _check_text("tool version", self.version)


@dataclass(frozen=True, slots=True)
class Content:
    """Data that went in or came out, and where the ledger records it, if it does."""

    content_root: Digest
    manifest_digest: Digest
    dataset: DatasetId | None = None
    version: int | None = None

    def __post_init__(self) -> None:
        if self.version is not None:
            to_version(self.version)
            if self.dataset is None:
                raise _wrong(f"version {self.version} is named without its dataset")


@dataclass(frozen=True, slots=True)
class Agent:
    """Who did it."""

    organisation: Slug
    member: Address
    role: str
    """In what role, in words of the organisation's own choice, such as `OPERATOR`."""

    def __post_init__(self) -> None:
        to_slug(self.organisation)
        to_address(self.member)
        _check_text("agent's role", self.role)


@dataclass(frozen=True, slots=True)
class Activity:
    """What was done. Times are in UTC, to the microsecond.

    Raises:
        ActivityError: a text is empty, too long or unprintable; there is no agent; a time is
            without a time zone, or the end lies before the start; or the parameters have no
            canonical form.
    """

    type: str
    tool: Tool
    agents: tuple[Agent, ...]
    started_at: datetime
    ended_at: datetime
    inputs: tuple[Content, ...] = ()
    outputs: tuple[Content, ...] = ()
    parameters: Mapping[str, JsonValue] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        _check_text("type", self.type)
        if not self.agents:
            raise _wrong("it names no agent")
        for name in ("started_at", "ended_at"):
            moment: datetime = getattr(self, name)
            if moment.tzinfo is None:
                raise _wrong(f"{name} has no time zone")
            object.__setattr__(self, name, moment.astimezone(UTC))
        if self.ended_at < self.started_at:
            raise _wrong("it ended before it started")
        try:
            # A copy of its own: what the caller changes later must not change the evidence.
            copy = parse_canonical(
                canonical_bytes(dict(self.parameters)), max_bytes=MAX_ACTIVITY_BYTES
            )
        except UsageError as error:
            raise _wrong(f"its parameters cannot be recorded: {error}") from error
        object.__setattr__(self, "parameters", copy)

    @property
    def evidence(self) -> Digest:
        """The SHA-256 of `to_bytes()`."""
        return Digest.of(self.to_bytes())

    def to_bytes(self) -> bytes:
        """Return the record: canonical JSON (RFC 8785), without a final newline."""
        tool: dict[str, JsonValue] = {"name": self.tool.name, "version": self.tool.version}
        if self.tool.code_digest is not None:
            tool["code_digest"] = str(self.tool.code_digest)
        return canonical_bytes(
            {
                "agents": [
                    {"member": a.member, "organisation": a.organisation, "role": a.role}
                    for a in self.agents
                ],
                "ended_at": _time_to_text(self.ended_at),
                "format": FORMAT,
                "inputs": [_content_to_json(content) for content in self.inputs],
                "outputs": [_content_to_json(content) for content in self.outputs],
                "parameters": self.parameters,
                "started_at": _time_to_text(self.started_at),
                "tool": tool,
                "type": self.type,
            }
        )

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a record. All rules are checked as if it were new.

        Raises:
            ActivityError: it is too large, not canonical JSON, or no activity record.
        """
        try:
            document = members(
                parse_canonical(data, max_bytes=MAX_ACTIVITY_BYTES),
                *("agents", "ended_at", "format", "inputs", "outputs"),
                *("parameters", "started_at", "tool", "type"),
            )
            if document["format"] != FORMAT:
                raise _wrong(f"its format is {shown(document['format'])}, not {FORMAT!r}")
            parameters = document["parameters"]
            if not isinstance(parameters, dict):
                raise _wrong("its parameters are no object")
            return cls(
                type=string(document["type"]),
                tool=_tool_from_json(document["tool"]),
                agents=list_from_json(document["agents"], _agent_from_json),
                started_at=_time_from_text(string(document["started_at"])),
                ended_at=_time_from_text(string(document["ended_at"])),
                inputs=list_from_json(document["inputs"], _content_from_json),
                outputs=list_from_json(document["outputs"], _content_from_json),
                parameters=parameters,
            )
        except ActivityError:
            raise
        except UsageError as error:
            raise _wrong(str(error)) from error


def _content_to_json(content: Content) -> dict[str, JsonValue]:
    document: dict[str, JsonValue] = {
        "content_root": str(content.content_root),
        "manifest_digest": str(content.manifest_digest),
    }
    if content.dataset is not None:
        document["dataset"] = str(content.dataset)
    if content.version is not None:
        document["version"] = content.version
    return document


def _content_from_json(value: JsonValue) -> Content:
    document = members(value, "content_root", "manifest_digest", optional=("dataset", "version"))
    return Content(
        content_root=digest_from_json(document["content_root"]),
        manifest_digest=digest_from_json(document["manifest_digest"]),
        dataset=dataset_from_json(document["dataset"]) if "dataset" in document else None,
        version=natural(document["version"]) if "version" in document else None,
    )


def _tool_from_json(value: JsonValue) -> Tool:
    document = members(value, "name", "version", optional=("code_digest",))
    return Tool(
        name=string(document["name"]),
        version=string(document["version"]),
        code_digest=digest_from_json(document["code_digest"])
        if "code_digest" in document
        else None,
    )


def _agent_from_json(value: JsonValue) -> Agent:
    document = members(value, "member", "organisation", "role")
    return Agent(
        organisation=to_slug(string(document["organisation"])),
        member=address_from_json(document["member"]),
        role=string(document["role"]),
    )


def _time_to_text(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat() + "Z"


def _time_from_text(text: str) -> datetime:
    if _TIME.fullmatch(text):
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            pass
        else:
            # Refuses a fraction of zero, which is written as none.
            if _time_to_text(moment) == text:
                return moment
    raise _wrong(f"{shown(text)} is not a time in UTC such as 2026-01-31T12:00:00Z (RFC 3339)")


def _check_text(noun: str, text: str) -> None:
    if not 0 < len(text) <= MAX_TEXT_CHARACTERS or not text.isprintable():
        raise _wrong(
            f"its {noun}, {shown(text)}, is not 1 to {MAX_TEXT_CHARACTERS} printable characters"
        )


def _wrong(reason: str) -> ActivityError:
    return ActivityError(f"This is no activity record: {reason}.", remedy=_REMEDY)
