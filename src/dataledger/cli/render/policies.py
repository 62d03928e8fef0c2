"""Lifecycle policies: as a drawing for people, and in the form of a policy file for programs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dataledger.cli.names import Names
from dataledger.cli.render.document import document_of, json_text
from dataledger.cli.render.screen import Screen, Styled
from dataledger.cli.render.words import duration_text, parts_text, time_text
from dataledger.contracts.identifiers import Stage
from dataledger.contracts.types import Edge, Policy
from dataledger.hashing import JsonValue
from dataledger.ledger.policy_document import FORMAT
from dataledger.ledger.results import PublishedPolicy


@dataclass(frozen=True, slots=True)
class PolicyView:
    """One published policy."""

    published: PublishedPolicy
    names: Names

    def to_json(self) -> dict[str, JsonValue]:
        """Return `id`, `organisation`, `recorded_at_unix` and the `policy` as its file says it."""
        return {
            "id": self.published.id,
            "organisation": self.published.org,
            "digest": document_of(self.published.policy.digest),
            "recorded_at_unix": self.published.recorded_at_unix,
            "policy": policy_to_json(self.published.policy),
        }

    def draw(self, screen: Screen) -> None:
        """Draw every stage with the steps that lead away from it."""
        published, policy = self.published, self.published.policy
        screen.line(Styled(f"Policy {published.id}", "bold"), policy.name)
        screen.fields(
            [
                ("published by", self.names.organisation(published.org)),
                ("at", time_text(published.recorded_at_unix)),
                ("gate", policy.gate),
            ]
        )
        screen.line("")
        draw_stages(screen, policy)


@dataclass(frozen=True, slots=True)
class PolicyList:
    """All published policies."""

    policies: Sequence[PublishedPolicy]
    names: Names

    def to_json(self) -> dict[str, JsonValue]:
        """Return `policies`."""
        views = [PolicyView(published, self.names) for published in self.policies]
        return {"policies": [view.to_json() for view in views]}

    def draw(self, screen: Screen) -> None:
        """Draw a table."""
        screen.table(
            ["no.", "name", "stages", "steps", "published by", "at"],
            (
                [
                    published.id,
                    Styled(published.policy.name, "bold"),
                    len(published.policy.stage_names),
                    len(published.policy.edges),
                    self.names.organisation(published.org),
                    time_text(published.recorded_at_unix),
                ]
                for published in self.policies
            ),
            empty="No policy is published.",
        )


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """A policy as a policy file, in both forms of an answer."""

    policy: Policy

    def to_json(self) -> dict[str, JsonValue]:
        """Return the document that `PolicyDocument.parse` reads."""
        return policy_to_json(self.policy)

    def draw(self, screen: Screen) -> None:
        """Print the same document."""
        for line in json_text(self.to_json()).splitlines():
            screen.line(line)


def draw_stages(screen: Screen, policy: Policy) -> None:
    """Draw every stage with the steps that lead away from it, and what each step takes."""
    after = policy.after_version.steps
    for stage, name in policy.stages.items():
        notes = ["entry"] if stage == policy.entry else []
        if stage in after:
            notes.append(f"a new version leads to {policy.stages[after[stage]]}")
        screen.line(Styled("●", "cyan"), Styled(name, "bold"), Styled("; ".join(notes), "dim"))
        edges = [edge for edge in policy.edges if edge.from_stage == stage]
        for edge in edges:
            corner = "└─►" if edge is edges[-1] else "├─►"
            target = f"{policy.stages[edge.to_stage]:<12}"
            screen.line(Styled(corner, "cyan"), target, "; ".join(_conditions(edge)))


def policy_to_json(policy: Policy) -> dict[str, JsonValue]:
    """Return the policy in the form that `PolicyDocument.parse` reads."""
    names = policy.stages
    document: dict[str, JsonValue] = {
        "format": FORMAT,
        "name": policy.name,
        "stages": list(policy.stage_names),
        "entry": names[policy.entry],
        "after_version": {
            names[stage]: names[following]
            for stage, following in policy.after_version.steps.items()
        },
        "edges": [_edge_to_json(edge, names) for edge in policy.edges],
    }
    return document if policy.gate is None else document | {"gate": policy.gate}


def _edge_to_json(edge: Edge, names: dict[Stage, str]) -> dict[str, JsonValue]:
    options = {
        "duty": edge.duty,
        "must_differ": document_of(edge.must_differ),
        "owner_only": edge.owner_only,
        "gated": edge.gated,
        "approvals": edge.approvals,
        "approver_capabilities": document_of(edge.approver_capability),
        "min_seconds": edge.min_seconds,
    }
    return {
        "from": names[edge.from_stage],
        "to": names[edge.to_stage],
        "capabilities": document_of(edge.capability),
        **{key: value for key, value in options.items() if value},
    }


def _conditions(edge: Edge) -> Iterator[str]:
    yield "needs " + " and ".join(edge.capability.names)
    if edge.owner_only:
        yield "owner only"
    if edge.duty:
        yield f"does duty {edge.duty}"
    if edge.must_differ:
        yield f"not by {parts_text(edge.must_differ)}"
    if edge.approvals:
        who = " and ".join(edge.approver_capability.names)
        yield f"after {edge.approvals} approval(s) by {who}"
    if edge.min_seconds:
        yield f"not before {duration_text(edge.min_seconds)}"
    if edge.gated:
        yield "if the gate agrees"
