"""Descriptions, of the ledger's own kind and from elsewhere; and what is exported of them."""

import json
from collections.abc import Iterator
from random import Random

from croissant_example import croissant_example
from dataset_facts import facts
from fuzzing import accepted, mutate_json

from dataledger.evidence.coverage import Standard, coverage
from dataledger.evidence.export import Format, export
from dataledger.evidence.export.notes import FACTS_TERM
from dataledger.manifest.description import Description, ForeignFormat, read_description

MAX_BYTES = 16_384


def check(data: bytes) -> None:
    if data.lstrip()[:1] not in {b"{", b"["}:
        return  # Turtle is another package's to read
    found = accepted(read_description, data)
    if found is None:
        return
    assert Description.parse(found.to_bytes()) == found
    told = facts(found)
    for format_ in Format:
        text = export(told, format_).text
        assert text.isascii()
        assert text.replace("\n", "").isprintable()
        for line in text.splitlines() if format_ is Format.OPENLINEAGE else [text]:
            json.loads(line)
    for standard in Standard:
        json.dumps(coverage(told, standard).to_json(), default=dict)
    source = found.source
    if source and source.format is ForeignFormat.CROISSANT and source.text == data.decode():
        before = json.loads(source.text)
        after = json.loads(export(told, Format.CROISSANT).text)
        changed = {"distribution", FACTS_TERM}
        assert {k: v for k, v in after.items() if k not in changed} == {
            k: v for k, v in before.items() if k not in changed
        }


def seeds() -> Iterator[bytes]:
    yield json.dumps(croissant_example()).encode()
    yield b'{"@type":"sc:Dataset","name":"a","distribution":{"@id":"README.md","sha256":"00"}}'
    yield (
        b'{"@context":{"t":"http://purl.org/dc/terms/"},"@graph":[{"@id":"urn:x","@type":'
        b'"dcat:Dataset","t:title":{"@value":"a"},"t:publisher":{"@id":"urn:y"},"dcat:keyword":'
        b'["k"],"t:temporal":{"dcat:startDate":"2020"},"t:license":{"@id":"urn:l"}},'
        b'{"@id":"urn:y","foaf:name":"Acme"}]}'
    )
    yield (
        b'{"format":"dataledger/description/1","title":"a","creators":[{"name":"A","id":"x"}],'
        b'"measures":[{"name":"m","value":"1","method":"c"}],"statements":{"biases":["b"]},'
        b'"temporal":{"start":"2020"},"issued":"2026-01-31","homepage":"https://a.example/",'
        b'"source":{"format":"croissant","media_type":"application/ld+json","text":"{}"}}'
    )


def mutate(data: bytes, random: Random) -> bytes:
    return mutate_json(data, random)
