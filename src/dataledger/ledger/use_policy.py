"""The terms of a use, as a policy in W3C's ODRL 2.2: what is asked for, and what is granted.

The chain holds the SHA-256 of its canonical JSON (RFC 8785), and what machines decide by; the
policy says the same to lawyers, and whatever else was agreed. Any policy in ODRL's JSON-LD is
taken; `UsePolicy.request` and `UsePolicy.agreement` write plain ones:

    {"@context": "http://www.w3.org/ns/odrl.jsonld", "@type": "Agreement",
     "permission": [{"action": "use", "assignee": "urn:dataledger:organisation:north",
       "assigner": "urn:dataledger:organisation:acme",
       "constraint": [{"leftOperand": "purpose", "operator": "eq",
                       "rightOperand": {"@id": "urn:dataledger:purpose:research"}},
                      {"leftOperand": "dateTime", "operator": "lt",
                       "rightOperand": {"@type": "xsd:dateTime", "@value": "…"}}],
       "target": "urn:dataledger:dataset:0x…"}],
     "uid": "urn:dataledger:grant:0x…"}
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Self

from dataledger.contracts.identifiers import WITHOUT_END, DatasetId, GrantId, ProjectId
from dataledger.errors import UsageError, UseDocumentError, shown
from dataledger.hashing import Digest, JsonValue, canonical_bytes, parse_canonical, parse_strict
from dataledger.ledger.purposes import Purpose

CONTEXT = "http://www.w3.org/ns/odrl.jsonld"
KINDS = ("Agreement", "Offer", "Request", "Set")
MAX_POLICY_BYTES = 256 * 1024

_RULES = ("permission", "prohibition", "obligation")


@dataclass(frozen=True, slots=True)
class UsePolicy:
    """An ODRL policy in JSON-LD.

    Raises:
        UseDocumentError: its context is not ODRL's, it is of no kind of policy, has no `uid`, or
            no rule; or it has no canonical form.
    """

    document: Mapping[str, JsonValue] = field(hash=False)

    def __post_init__(self) -> None:
        try:
            copy = parse_canonical(canonical_bytes(dict(self.document)), max_bytes=MAX_POLICY_BYTES)
        except UsageError as error:
            raise _wrong(str(error)) from error
        if not isinstance(copy, dict):
            raise _wrong("it is no object")
        context = copy.get("@context")
        if context != CONTEXT and not (isinstance(context, list) and CONTEXT in context):
            raise _wrong(f"its @context is {shown(context)}, not {CONTEXT!r}")
        kind = copy.get("@type")
        if kind not in KINDS:
            raise _wrong(f"its @type is {shown(kind)}, none of {', '.join(KINDS)}")
        if not isinstance(copy.get("uid"), str) or not copy["uid"]:
            raise _wrong("it has no uid")
        if not any(isinstance(copy.get(rule), list) and copy[rule] for rule in _RULES):
            raise _wrong(f"it has none of {', '.join(_RULES)}")
        object.__setattr__(self, "document", copy)

    @property
    def digest(self) -> Digest:
        """The SHA-256 of `to_bytes()`, by which the chain names it."""
        return Digest.of(self.to_bytes())

    def to_bytes(self) -> bytes:
        """Return the policy: canonical JSON (RFC 8785), without a final newline."""
        return canonical_bytes(dict(self.document))

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a policy as it was kept.

        Raises:
            UseDocumentError: it is too large, not canonical JSON, or no policy in ODRL.
        """
        try:
            return cls(_object(parse_canonical(data, max_bytes=MAX_POLICY_BYTES)))
        except UseDocumentError:
            raise
        except UsageError as error:
            raise _wrong(str(error)) from error

    @classmethod
    def read(cls, data: bytes) -> Self:
        """Read a policy that somebody wrote by hand, in any JSON. Raises as `parse` does."""
        try:
            return cls(_object(parse_strict(data, max_bytes=MAX_POLICY_BYTES)))
        except UseDocumentError:
            raise
        except UsageError as error:
            raise _wrong(str(error)) from error

    @classmethod
    def request(
        cls,
        project: ProjectId,
        dataset: DatasetId,
        purpose: Purpose,
        *,
        applicant: str,
        version: int = 0,
        number: int = 0,
    ) -> Self:
        """Return what `applicant`, an organisation's slug, asks for: equal input, equal policy."""
        uid = f"urn:dataledger:request:{project}:{dataset}:{version}:{purpose.code}:{number}"
        rule = {"assignee": _organisation(applicant)}
        return cls(_policy("Request", uid, rule, _target(dataset, version), [_purpose(purpose)]))

    @classmethod
    def agreement(
        cls,
        grant: GrantId,
        dataset: DatasetId,
        purpose: Purpose,
        *,
        owner: str,
        applicant: str,
        valid_until_unix: int,
        version: int = 0,
    ) -> Self:
        """Return what `owner` grants to `applicant`, both by slug: equal input, equal policy.

        Raises:
            UseDocumentError: the end lies after the year 9999, and is not `WITHOUT_END`.
        """
        constraints = [_purpose(purpose)]
        if valid_until_unix < WITHOUT_END:
            constraints.append(_until(valid_until_unix))
        rule = {"assignee": _organisation(applicant), "assigner": _organisation(owner)}
        uid = f"urn:dataledger:grant:{grant}"
        return cls(_policy("Agreement", uid, rule, _target(dataset, version), constraints))


def _policy(
    kind: str,
    uid: str,
    parties: Mapping[str, JsonValue],
    target: str,
    constraints: list[JsonValue],
) -> dict[str, JsonValue]:
    rule = {"action": "use", "constraint": constraints, "target": target, **parties}
    return {"@context": CONTEXT, "@type": kind, "permission": [rule], "uid": uid}


def _until(unix: int) -> JsonValue:
    try:
        end = datetime.fromtimestamp(unix, UTC).replace(tzinfo=None).isoformat()
    except (ValueError, OverflowError, OSError) as error:
        raise _wrong(f"its end, {unix}, lies after the year 9999") from error
    return {
        "leftOperand": "dateTime",
        "operator": "lt",
        "rightOperand": {"@type": "xsd:dateTime", "@value": f"{end}Z"},
    }


def _target(dataset: DatasetId, version: int) -> str:
    which = f":version:{version}" if version else ""
    return f"urn:dataledger:dataset:{dataset}{which}"


def _purpose(purpose: Purpose) -> JsonValue:
    return {"leftOperand": "purpose", "operator": "eq", "rightOperand": {"@id": purpose.iri}}


def _organisation(slug: str) -> str:
    return f"urn:dataledger:organisation:{slug}"


def _object(value: JsonValue) -> dict[str, JsonValue]:
    if not isinstance(value, dict):
        raise _wrong("it is no object")
    return value


def _wrong(reason: str) -> UseDocumentError:
    return UseDocumentError(
        f"This is no policy of use: {reason}.",
        remedy="Write it in ODRL 2.2, as JSON-LD; docs/use.md has one.",
    )
