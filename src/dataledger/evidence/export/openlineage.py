"""OpenLineage 2-0-2 as JSON Lines: a run for the recording of the version, and one for each step.

A run begins and completes at the times of its activity record. Of a step without one, only its
recording is known, and it has the one event of that time.
"""

import uuid
from collections.abc import Iterator, Mapping, Sequence

from dataledger.evidence.export.facts import DatasetFacts, EventRef, Step
from dataledger.evidence.export.notes import Export, Notes, json_line, present
from dataledger.evidence.export.words import TERMS, event_iri, iso_time, moment, title_of
from dataledger.hashing import JsonValue
from dataledger.ledger.activity import Content

_SPEC = "https://openlineage.io/spec"
_SCHEMA = f"{_SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent"
PRODUCER = "urn:dataledger:export:1"
_FACTS_SCHEMA = f"{TERMS}facts"


def openlineage(facts: DatasetFacts) -> Export:
    """Return the version's life as run events, one on a line, oldest first."""
    notes = Notes(facts)
    title, title_fact = title_of(facts)
    for about, name in (
        ("outputs.facets.documentation", title_fact),
        ("outputs.facets.documentation", "description"),
        ("outputs.facets.version", "version"),
        ("outputs.facets.ownership", "owner"),
        ("inputs", "parents"),
        ("run", "steps"),
        ("run", "activities"),
        ("outputs.outputFacets.outputStatistics", "size_bytes"),
    ):
        notes.take(about, name)
    this = _this(notes, title)
    events = [*_recording(notes, this), *(e for s in facts.steps for e in _step(facts, s))]
    lines = [json_line(event) for event in events]
    return Export("openlineage", "application/jsonlines", "\n".join(lines) + "\n", notes)


def _recording(notes: Notes, this: JsonValue) -> Iterator[JsonValue]:
    facts = notes.facts
    event = facts.fact("version").event
    if event is None:
        return
    inputs = [_dataset(facts, origin.name, origin.version) for origin in facts.origins]
    facets = {"dataledger_facts": _facet({"notes": notes.to_json()}, _FACTS_SCHEMA)}
    time = iso_time(event.recorded_at_unix)
    run: JsonValue = {"runId": _run_id(event), "facets": facets | _event_facet(event)}
    job = _job(facts, "record")
    yield _event("COMPLETE", time, run=run, job=job, inputs=inputs, outputs=[this])


def _step(facts: DatasetFacts, step: Step) -> Iterator[JsonValue]:
    run: dict[str, JsonValue] = {
        "runId": _run_id(step.event),
        "facets": _event_facet(step.event),
    }
    job = _job(facts, f"{step.from_stage}-{step.to_stage}")
    record = step.activity
    if record is None:
        time = iso_time(step.event.recorded_at_unix)
        inputs = [_dataset(facts, facts.name, facts.version)]
        yield _event("COMPLETE", time, run=run, job=job, inputs=inputs, outputs=[])
        return
    told = {
        "document": str(step.evidence),
        "status": step.told.status.value,
        "type": record.type,
        "tool": f"{record.tool.name} {record.tool.version}",
        "by": step.by.to_json(),
    }
    run["facets"] = {
        **_event_facet(step.event),
        "dataledger_activity": _facet(told, f"{TERMS}activity"),
        "nominalTime": _facet(
            {
                "nominalStartTime": moment(record.started_at),
                "nominalEndTime": moment(record.ended_at),
            },
            f"{_SPEC}/facets/1-0-1/NominalTimeRunFacet.json#/$defs/NominalTimeRunFacet",
        ),
    }
    data = {
        "inputs": [_content(facts, content) for content in record.inputs],
        "outputs": [_content(facts, content) for content in record.outputs],
    }
    yield _event("START", moment(record.started_at), run=run, job=job, **data)
    yield _event("COMPLETE", moment(record.ended_at), run=run, job=job, **data)


def _event(
    kind: str,
    time: str,
    *,
    run: JsonValue,
    job: JsonValue,
    inputs: Sequence[JsonValue],
    outputs: Sequence[JsonValue],
) -> JsonValue:
    return {
        "eventType": kind,
        "eventTime": time,
        "producer": PRODUCER,
        "schemaURL": _SCHEMA,
        "run": run,
        "job": job,
        "inputs": inputs,
        "outputs": outputs,
    }


def _run_id(event: EventRef) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, event_iri(event)))


def _job(facts: DatasetFacts, name: str) -> JsonValue:
    return {"namespace": _namespace(facts), "name": f"{facts.name}.{name}", "facets": {}}


def _namespace(facts: DatasetFacts) -> str:
    return f"dataledger://eip155:{facts.chain.chain_id}/{facts.chain.contract}"


def _this(notes: Notes, title: str) -> dict[str, JsonValue]:
    facts = notes.facts
    said = facts.text("description")
    dataset = _dataset(facts, facts.name, facts.version)
    facets = dict(dataset["facets"]) if isinstance(dataset["facets"], Mapping) else {}
    facets["documentation"] = _facet(
        {"description": f"{title}: {said}" if said else title},
        f"{_SPEC}/facets/1-1-0/DocumentationDatasetFacet.json#/$defs/DocumentationDatasetFacet",
    )
    facets["ownership"] = _facet(
        {"owners": [{"name": facts.owner, "type": "OWNER"}]},
        f"{_SPEC}/facets/1-0-1/OwnershipDatasetFacet.json#/$defs/OwnershipDatasetFacet",
    )
    statistics = {
        "size": facts.value("size_bytes"),
        "fileCount": facts.value("file_count"),
        "rowCount": facts.value("record_count"),
    }
    return {
        **dataset,
        "facets": facets,
        "outputFacets": {
            "outputStatistics": _facet(
                present(statistics),
                f"{_SPEC}/facets/1-0-2/OutputStatisticsOutputDatasetFacet.json"
                "#/$defs/OutputStatisticsOutputDatasetFacet",
            )
        },
    }


def _dataset(facts: DatasetFacts, name: str, version: int | None) -> dict[str, JsonValue]:
    facets: dict[str, JsonValue] = {}
    if version is not None:
        facets["version"] = _facet(
            {"datasetVersion": str(version)},
            f"{_SPEC}/facets/1-0-1/DatasetVersionDatasetFacet.json"
            "#/$defs/DatasetVersionDatasetFacet",
        )
    return {"namespace": _namespace(facts), "name": name, "facets": facets}


def _content(facts: DatasetFacts, content: Content) -> JsonValue:
    if content.dataset is None:
        return _dataset(facts, str(content.content_root), None)
    name = facts.name if content.dataset == facts.dataset else None
    named = name or facts.names.get(content.dataset, str(content.dataset))
    return _dataset(facts, named, content.version)


def _event_facet(event: EventRef) -> dict[str, JsonValue]:
    return {"dataledger_event": _facet(event.to_json(), f"{TERMS}event")}


def _facet(members: Mapping[str, JsonValue], schema: str) -> JsonValue:
    return {"_producer": PRODUCER, "_schemaURL": schema, **members}
