"""The formats by name."""

from collections.abc import Callable
from enum import StrEnum

from dataledger.evidence.export.croissant import croissant
from dataledger.evidence.export.dcat import dcat
from dataledger.evidence.export.dps import dps
from dataledger.evidence.export.facts import DatasetFacts
from dataledger.evidence.export.notes import Export, Notes, json_text
from dataledger.evidence.export.openlineage import openlineage
from dataledger.evidence.export.prov import prov_json, prov_o
from dataledger.evidence.export.spdx import spdx


class Format(StrEnum):
    """A standard that a version can be written in, or the facts themselves."""

    CROISSANT = "croissant"
    PROV = "prov"
    PROV_O = "prov-o"
    DCAT = "dcat"
    OPENLINEAGE = "openlineage"
    SPDX = "spdx"
    DPS = "dps"
    FACTS = "facts"


def export(facts: DatasetFacts, format_: Format) -> Export:
    """Return what is known of a version as a document of the format.

    The text is ASCII, and has no more than the facts; the notes say what stands behind each part.
    """
    return _WRITERS[format_](facts)


def _facts(facts: DatasetFacts) -> Export:
    notes = Notes(facts)
    for name in facts.named:
        notes.take(name, name)
    return Export("facts", "application/json", json_text(facts.to_json()), notes)


_WRITERS: dict[Format, Callable[[DatasetFacts], Export]] = {
    Format.CROISSANT: croissant,
    Format.PROV: prov_json,
    Format.PROV_O: prov_o,
    Format.DCAT: dcat,
    Format.OPENLINEAGE: openlineage,
    Format.SPDX: spdx,
    Format.DPS: dps,
    Format.FACTS: _facts,
}
