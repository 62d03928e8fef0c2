"""Lifecycle policies as files: JSON with names for stages and capabilities.

    {"format": "dataledger/policy/1", "name": "default", "stages": ["PLANNED", "COLLECTED"],
     "entry": "PLANNED", "after_version": {"PLANNED": "PLANNED"},
     "edges": [{"from": "PLANNED", "to": "COLLECTED", "capabilities": ["CUSTODIAN"],
                "owner_only": true}]}

What an edge does not say is not required of the step: `duty` (1 to 3), `must_differ` (of `OWNER`,
`DUTY_1`, `DUTY_2`, `DUTY_3`), `owner_only`, `gated`, `approvals` with `approver_capabilities`, and
`min_seconds`. `gate` is an address. `after_version` says which stage a new version leads to; where
a stage is absent, none may be added. SUSPENDED and RECALLED belong to regulators; a policy may only
say how RECALLED is left.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntFlag
from importlib.resources import files
from pathlib import Path
from typing import Self, TypeVar

from dataledger.contracts.identifiers import RECALLED, SUSPENDED, Address, Stage, to_address
from dataledger.contracts.types import (
    ALL_PARTS,
    DUTIES,
    Capability,
    Edge,
    Parts,
    Policy,
    StageTable,
)
from dataledger.errors import PolicyError, SourceNotFound, SourceUnreadable, UsageError, shown
from dataledger.hashing import JsonValue, members, natural, parse_strict, string

FORMAT = "dataledger/policy/1"
MAX_POLICY_BYTES = 256 * 1024
MAX_STAGES = 29
MAX_NAME_CHARACTERS = 64

_REQUIRED = ("format", "name", "stages", "entry", "after_version", "edges")
_EDGE_OPTIONS = (
    *("duty", "must_differ", "owner_only", "gated"),
    *("approvals", "approver_capabilities", "min_seconds"),
)
_LIMITS = {"duty": 3, "approvals": 2**8 - 1, "min_seconds": 2**32 - 1}

F = TypeVar("F", bound=IntFlag)


@dataclass(frozen=True, slots=True)
class PolicyDocument:
    """A policy that the contract would take, unless an equal one is published already.

    Raises:
        PolicyError: the policy breaks a rule; the message names the offending edge or stage.
    """

    policy: Policy

    def __post_init__(self) -> None:
        for problem in _problems(self.policy):
            raise _wrong(problem)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the contract would take, but hardly anyone would mean."""
        policy = self.policy
        reachable = _reachable(policy)
        return tuple(
            f"The stage {name} cannot be reached from {policy.stages[policy.entry]}."
            for stage, name in policy.stages.items()
            if stage not in reachable
        )

    @classmethod
    def default(cls) -> Self:
        """Return the default lifecycle policy, which ships in the package."""
        return cls.parse(files("dataledger.ledger").joinpath("policies/default.json").read_bytes())

    @classmethod
    def load(cls, path: Path) -> Self:
        """Return the policy in a file.

        Raises:
            SourceNotFound: there is no such file.
            SourceUnreadable: it cannot be read.
            PolicyError: as for `parse`.
        """
        try:
            with path.open("rb") as file:
                data = file.read(MAX_POLICY_BYTES + 1)
        except FileNotFoundError:
            raise SourceNotFound(
                f"There is no policy file {shown(str(path))}.", remedy="Check the path."
            ) from None
        except OSError as error:
            raise SourceUnreadable(
                f"The policy file {shown(str(path))} cannot be read: {error.strerror}.",
                remedy="Name a file that you may read.",
            ) from error
        return cls.parse(data)

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Return the policy in a JSON document.

        Raises:
            PolicyError: it is not strict JSON, not of this format, or breaks a rule.
        """
        try:
            return cls(_policy(parse_strict(data, max_bytes=MAX_POLICY_BYTES)))
        except PolicyError:
            raise
        except UsageError as error:
            raise _wrong(str(error)) from error


# ------------------------------------------------------------------------------------------ reading


def _policy(value: JsonValue) -> Policy:
    document = members(value, *_REQUIRED, optional=("gate",))
    if document["format"] != FORMAT:
        raise _wrong(f"its format is {shown(document['format'])}, not {FORMAT!r}")
    names = tuple(string(name) for name in _items(document["stages"], "stages"))
    stages = {name: Stage(number) for number, name in enumerate(names, start=1)}
    stages |= {"SUSPENDED": SUSPENDED, "RECALLED": RECALLED}
    after = document["after_version"]
    if not isinstance(after, dict):
        raise _wrong("its after_version is no object")
    return Policy(
        name=string(document["name"]),
        stage_names=names,
        entry=_stage(stages, document["entry"], "entry"),
        after_version=StageTable.of(
            {
                _stage(stages, stage, "after_version"): _stage(stages, next_, "after_version")
                for stage, next_ in after.items()
            }
        ),
        gate=_gate(document.get("gate")),
        edges=tuple(
            _edge(stages, item, f"edge {number}")
            for number, item in enumerate(_items(document["edges"], "edges"), start=1)
        ),
    )


def _edge(stages: dict[str, Stage], value: JsonValue, where: str) -> Edge:
    item = members(value, "from", "to", "capabilities", optional=_EDGE_OPTIONS)
    from_stage, to_stage = (_stage(stages, item[key], where) for key in ("from", "to"))
    where = f"{where} ({item['from']} → {item['to']})"
    return Edge(
        from_stage=from_stage,
        to_stage=to_stage,
        capability=_flags(Capability, item["capabilities"], where),
        duty=_number(item, "duty", where),
        must_differ=_flags(Parts, item.get("must_differ", []), where),
        owner_only=_boolean(item, "owner_only", where),
        gated=_boolean(item, "gated", where),
        approvals=_number(item, "approvals", where),
        approver_capability=_flags(Capability, item.get("approver_capabilities", []), where),
        min_seconds=_number(item, "min_seconds", where),
    )


def _items(value: JsonValue, noun: str) -> list[JsonValue]:
    if not isinstance(value, list):
        raise _wrong(f"its {noun} are no list")
    return value


def _stage(stages: dict[str, Stage], name: JsonValue, where: str) -> Stage:
    if not isinstance(name, str) or name not in stages:
        raise _wrong(f"{where} names {shown(name)}, which is none of its stages")
    return stages[name]


def _flags(kind: type[F], value: JsonValue, where: str) -> F:
    result = kind(0)
    for name in _items(value, f"flags of {where}"):
        if not isinstance(name, str) or name not in kind.__members__:
            known = ", ".join(kind.__members__)
            raise _wrong(f"{where} names {shown(name)}, which is none of {known}")
        result |= kind[name]
    return result


def _number(item: dict[str, JsonValue], key: str, where: str) -> int:
    number = natural(item.get(key, 0))
    if number > _LIMITS[key]:
        raise _wrong(f"{where} has the {key} {number}, over {_LIMITS[key]}")
    return number


def _boolean(item: dict[str, JsonValue], key: str, where: str) -> bool:
    value = item.get(key, False)
    if not isinstance(value, bool):
        raise _wrong(f"{where} has {key} {shown(value)}, neither true nor false")
    return value


def _gate(value: JsonValue) -> Address | None:
    return None if value is None else to_address(string(value))


# ----------------------------------------------------------------------------------------- checking


def _problems(policy: Policy) -> Iterator[str]:
    """Name what the contract would refuse, and what would mislead a reader."""
    yield from _naming_problems(policy)
    own = range(1, len(policy.stage_names) + 1)
    after = policy.after_version.steps
    if policy.entry not in own:
        yield f"its entry is stage {policy.entry}, which is none of its own"
    elif after.get(policy.entry) != policy.entry:
        yield (
            "a version added at the entry stage must stay there: registering with a first version "
            "and adding it later must come to the same"
        )
    for stage, following in after.items():
        if (stage not in own and stage != RECALLED) or following not in own:
            yield f"after_version leads from {_name(policy, stage)} to {_name(policy, following)}"
    steps = Counter((edge.from_stage, edge.to_stage) for edge in policy.edges)
    for edge in policy.edges:
        where = f"the edge {_name(policy, edge.from_stage)} → {_name(policy, edge.to_stage)}"
        if steps[edge.from_stage, edge.to_stage] > 1:
            yield f"{where} stands there twice"
        for problem in _edge_problems(edge, own):
            yield f"{where} {problem}"
    if policy.gate is not None and not int(policy.gate, 16):
        yield "its gate is the zero address, which stands for none"
    gated = any(edge.gated for edge in policy.edges)
    if gated != (policy.gate is not None):
        yield "a gate belongs to a policy exactly when one of its edges is gated"


def _naming_problems(policy: Policy) -> Iterator[str]:
    if not 0 < len(policy.stage_names) <= MAX_STAGES:
        yield f"it has {len(policy.stage_names)} stages, not 1 to {MAX_STAGES}"
    for name in (policy.name, *policy.stage_names):
        if not 0 < len(name) <= MAX_NAME_CHARACTERS or not name.isprintable():
            yield f"the name {shown(name)} is not 1 to {MAX_NAME_CHARACTERS} printable characters"
    for name, count in Counter([*policy.stage_names, "SUSPENDED", "RECALLED"]).items():
        if count > 1:
            yield f"the stage name {shown(name)} stands for two stages"


def _edge_problems(edge: Edge, own: range) -> Iterator[str]:
    if edge.from_stage not in own and edge.from_stage != RECALLED:
        yield "starts where only a regulator may lead away"
    if edge.to_stage not in own:
        yield "ends where only a regulator may lead"
    if edge.from_stage == edge.to_stage:
        yield "leads nowhere"
    if edge.duty not in {0, *DUTIES} or edge.must_differ not in range(ALL_PARTS + 1):
        yield "names a duty other than 1, 2 and 3"
    if not edge.capability:
        yield "needs no capability: everyone could take it"
    if edge.owner_only and Parts.OWNER in edge.must_differ:
        yield "is for the owner alone, who must not take it"
    if bool(edge.approvals) != bool(edge.approver_capability):
        yield "must say both how many approvals it needs and what approvers need, or neither"


def _reachable(policy: Policy) -> set[Stage]:
    # A regulator can lead anywhere to SUSPENDED, and from any version to RECALLED.
    reached = {policy.entry, SUSPENDED, RECALLED}
    steps = [(edge.from_stage, edge.to_stage) for edge in policy.edges]
    steps += policy.after_version.steps.items()
    while found := {to for start, to in steps if start in reached} - reached:
        reached |= found
    return reached


def _name(policy: Policy, stage: Stage) -> str:
    return policy.stages.get(stage, f"stage {stage}")


def _wrong(reason: str) -> PolicyError:
    return PolicyError(
        f"This lifecycle policy cannot be published: {reason}.",
        remedy="Correct the policy file; its format is described in docs/sdk.md.",
    )
