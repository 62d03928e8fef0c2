"""A version's provenance as a PROV graph (W3C PROV-DM), apart from how it is written."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from dataledger.evidence.export.facts import Actor, DatasetFacts, EventRef, Status, Step
from dataledger.evidence.export.notes import Notes
from dataledger.evidence.export.words import (
    dataset_iri,
    event_iri,
    file_iri,
    iso_time,
    key_iri,
    moment,
    organisation_iri,
    title_of,
    version_iri,
)
from dataledger.hashing import JsonValue
from dataledger.ledger.activity import Content

MAX_MEMBERS = 1_000
"""From so many files on, the manifest's digest stands for them."""

RELATIONS = {
    "wasGeneratedBy": ("entity", "activity"),
    "used": ("activity", "entity"),
    "wasAssociatedWith": ("activity", "agent"),
    "wasAttributedTo": ("entity", "agent"),
    "wasDerivedFrom": ("generatedEntity", "usedEntity"),
    "actedOnBehalfOf": ("delegate", "responsible"),
    "specializationOf": ("specificEntity", "generalEntity"),
    "hadMember": ("collection", "entity"),
}
"""The relations that are used, with the names of their ends in PROV-JSON."""


@dataclass(slots=True)
class Element:
    """An entity, an activity, or an agent."""

    kind: str
    iri: str
    types: tuple[str, ...] = ()
    """Without their prefix: of PROV."""
    label: str = ""
    terms: dict[str, JsonValue] = field(default_factory=dict)
    """Attributes of the ledger's own namespace."""
    started_at: str | None = None
    ended_at: str | None = None


@dataclass(frozen=True, slots=True)
class Relation:
    """`subject` stands in a relation to `object`."""

    name: str
    subject: str
    object: str
    time: str | None = None


@dataclass(slots=True)
class Graph:
    """The elements by their names, and their relations, each once."""

    elements: dict[str, Element] = field(default_factory=dict)
    relations: dict[Relation, None] = field(default_factory=dict)
    generated: set[str] = field(default_factory=set)
    """The entities whose generation is told."""

    def add(self, element: Element) -> str:
        """Add an element, unless there is one of its name, and return its name."""
        self.elements.setdefault(element.iri, element)
        return element.iri

    def relate(self, name: str, subject: str, object_: str, time: str | None = None) -> None:
        """Add a relation."""
        self.relations[Relation(name, subject, object_, time)] = None

    def generate(self, entity: str, activity: str, time: str) -> None:
        """Add that an activity made an entity, unless another one did: PROV allows of one alone."""
        if entity not in self.generated:
            self.generated.add(entity)
            self.relate("wasGeneratedBy", entity, activity, time)


def graph_of(notes: Notes) -> tuple[Graph, str]:
    """Return the graph, and the name of the version in it."""
    facts = notes.facts
    graph = Graph()
    this = _version(graph, notes)
    owner = _organisation(graph, facts, facts.owner)
    graph.relate("wasAttributedTo", this, owner)
    introduced = facts.fact("version")
    if introduced.event is not None and introduced.by is not None:
        recorded = _event(graph, facts, introduced.event, introduced.by, "record the version")
        graph.relate("used", recorded, this)
    for origin in facts.origins:
        parent = _content(graph, f"{origin.name}@{origin.version}", origin.dataset, origin.version)
        graph.elements[parent].terms["relation"] = origin.relation
        graph.relate("wasDerivedFrom", this, parent)
    # First all that the chain proves: what records say of the same keys must not come before it.
    taken = [_step(graph, facts, this, step) for step in facts.steps]
    for iri, step in zip(taken, facts.steps, strict=True):
        _told(graph, facts, iri, step)
    for entry in facts.files if len(facts.files) <= MAX_MEMBERS else ():
        terms: dict[str, JsonValue] = {
            "digest": str(entry.digest),
            "sizeBytes": entry.size_bytes,
            "status": facts.fact("files").status.value,
        }
        file = Element("entity", file_iri(facts, entry.path), (), entry.path, terms)
        graph.relate("hadMember", this, graph.add(file))
    return graph, this


def _version(graph: Graph, notes: Notes) -> str:
    facts = notes.facts
    title, title_fact = title_of(facts)
    notes.take("label", title_fact)
    terms: dict[str, JsonValue] = {}  # the notes say of each what stands behind it
    for name in (
        *("id", "version", "content_root", "manifest_digest", "size_bytes", "file_count"),
        *("stage", "bans", "licence", "description"),
    ):
        value = notes.take(_camel(name), name)
        if value is not None:
            terms[_camel(name)] = value
    for about, name in (
        ("wasDerivedFrom", "parents"),
        ("activity", "steps"),
        ("activity", "activities"),
        ("hadMember", "files"),
        ("wasAttributedTo", "owner"),
    ):
        notes.take(about, name)
    iri = version_iri(facts.dataset, facts.version)
    graph.add(Element("entity", iri, ("Collection",), title, terms))
    dataset = Element("entity", dataset_iri(facts.dataset), (), facts.name)
    graph.relate("specializationOf", iri, graph.add(dataset))
    return iri


def _step(graph: Graph, facts: DatasetFacts, this: str, step: Step) -> str:
    """Add a step as the chain has it, and return its name."""
    label = f"{step.from_stage} → {step.to_stage}"
    iri = _event(graph, facts, step.event, step.by, label)
    element = graph.elements[iri]
    element.terms["evidence"] = str(step.evidence)
    graph.relate("used", iri, this)
    return iri


def _told(graph: Graph, facts: DatasetFacts, iri: str, step: Step) -> None:
    """Add what the record of the step `iri` says, if it is at hand: all of it is asserted."""
    record = step.activity
    if record is None:
        return
    work = Element(
        "activity",
        f"urn:dataledger:activity:{step.evidence}",
        (),
        record.type,
        {"status": Status.ASSERTED.value, "document": str(step.evidence), "event": iri},
        moment(record.started_at),
        moment(record.ended_at),
    )
    done = graph.add(work)
    terms: dict[str, JsonValue] = {"status": Status.ASSERTED.value}
    if record.tool.code_digest is not None:
        terms["codeDigest"] = str(record.tool.code_digest)
    name = f"{record.tool.name} {record.tool.version}"
    tool = Element("agent", f"urn:dataledger:tool:{step.evidence}", ("SoftwareAgent",), name, terms)
    graph.relate("wasAssociatedWith", done, graph.add(tool))
    for agent in record.agents:
        name = key_iri(facts.chain, agent.member)
        if name not in graph.elements:  # else the chain says for whom the key acts
            said: dict[str, JsonValue] = {"status": Status.ASSERTED.value}
            graph.add(Element("agent", name, (), agent.member, said))
            organisation = _organisation(graph, facts, str(agent.organisation))
            graph.relate("actedOnBehalfOf", name, organisation)
        graph.relate("wasAssociatedWith", done, name)
    used = {_content_of(graph, facts, content) for content in record.inputs}
    made = {_content_of(graph, facts, content) for content in record.outputs}
    for content in sorted(used):
        graph.relate("used", done, content)
    for content in sorted(made - used):
        graph.generate(content, done, moment(record.ended_at))


def _event(graph: Graph, facts: DatasetFacts, event: EventRef, by: Actor, label: str) -> str:
    terms: dict[str, JsonValue] = {
        "status": Status.PROVEN.value,
        **{_camel(name): value for name, value in event.to_json().items()},
    }
    time = iso_time(event.recorded_at_unix)
    iri = graph.add(Element("activity", event_iri(event), (), label, terms, time, time))
    graph.relate("wasAssociatedWith", iri, _key(graph, facts, by))
    return iri


def _key(graph: Graph, facts: DatasetFacts, by: Actor) -> str:
    organisation = _organisation(graph, facts, by.organisation)
    if by.key is None:
        return organisation
    key = graph.add(Element("agent", key_iri(facts.chain, by.key), (), by.key))
    graph.relate("actedOnBehalfOf", key, organisation)
    return key


def _organisation(graph: Graph, facts: DatasetFacts, slug: str) -> str:
    iri = organisation_iri(facts.chain, slug)
    return graph.add(Element("agent", iri, ("Organization",), slug))


def _content_of(graph: Graph, facts: DatasetFacts, content: Content) -> str:
    if content.dataset is None or content.version is None:
        root = str(content.content_root)
        terms: dict[str, JsonValue] = {"contentRoot": root, "status": Status.ASSERTED.value}
        return graph.add(Element("entity", f"urn:dataledger:content:{root}", (), root, terms))
    name = facts.names.get(content.dataset, str(content.dataset))
    return _content(graph, f"{name}@{content.version}", content.dataset, content.version)


def _content(graph: Graph, label: str, dataset: object, version: int) -> str:
    return graph.add(Element("entity", f"urn:dataledger:dataset:{dataset}:{version}", (), label))


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def ends(relation: Relation) -> Iterator[tuple[str, str]]:
    """Yield the names that PROV-JSON has for the relation's ends, each with what stands there."""
    subject, object_ = RELATIONS[relation.name]
    yield f"prov:{subject}", relation.subject
    yield f"prov:{object_}", relation.object
