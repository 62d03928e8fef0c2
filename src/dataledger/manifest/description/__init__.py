"""What an organisation says of its dataset, as one document; and readers of other standards' files.

Everything in a description is asserted by whoever wrote it. Its digest on the chain proves who said
it and when, and never that it is so.
"""

from dataledger.manifest.description.model import MAX_DESCRIPTION_BYTES, Description
from dataledger.manifest.description.parts import (
    MAX_TEXT_BYTES,
    ForeignFormat,
    Measure,
    Party,
    Period,
    Source,
    Topic,
)
from dataledger.manifest.description.reading import read_description

__all__ = [
    "MAX_DESCRIPTION_BYTES",
    "MAX_TEXT_BYTES",
    "Description",
    "ForeignFormat",
    "Measure",
    "Party",
    "Period",
    "Source",
    "Topic",
    "read_description",
]
