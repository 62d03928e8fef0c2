"""What data may be used for: the vocabulary behind the purpose codes of the contract.

The contract knows numbers from 0 to 255, and nothing of what they mean. This table gives 0 to 127
their meaning, for everybody and for good: a code is never given another. A consortium may agree on
128 to 255 by itself. docs/use.md publishes the table; a test holds it to this one.
"""

import re
from dataclasses import dataclass

from dataledger.contracts.use_types import MAX_PURPOSE
from dataledger.errors import InvalidArgument, shown

FIRST_OWN_PURPOSE = 128
"""From here on, a consortium agrees by itself on what a code means."""
PURPOSE_IRI = "urn:dataledger:purpose:"

_CODE = re.compile(r"0|[1-9][0-9]{0,2}")


@dataclass(frozen=True, slots=True)
class Purpose:
    """A purpose with its code."""

    code: int
    name: str
    words: str

    @property
    def iri(self) -> str:
        """How policies of use name it."""
        return f"{PURPOSE_IRI}{self.name}"


PURPOSES = tuple(
    Purpose(code, name, words)
    for code, (name, words) in enumerate(
        (
            ("research", "Scientific research whose results are published."),
            ("model-training", "Training a model, or adapting one."),
            ("evaluation", "Measuring how well a model or a system does."),
            ("statistics", "Statistics about a population, and about no person in it."),
            ("decontamination", "Finding out whether test data is among training data."),
            ("matching", "Finding out how many, or which, records two parties share."),
            ("data-quality", "Measuring and mending the quality of data."),
            ("audit", "Supervision, audit, or the inspection of a system."),
            ("safety", "Finding faults, attacks and harms, and preventing them."),
            ("education", "Teaching, without results that leave it."),
            ("product", "Developing or providing a product or a service."),
            ("public-service", "A task in the public interest, of a public body."),
        )
    )
)

_BY_NAME = {purpose.name: purpose for purpose in PURPOSES}


def purpose(code: int) -> Purpose:
    """Return the purpose with that code; one without a name goes by its number.

    Raises:
        InvalidArgument: the code is not from 0 to 255.
    """
    if type(code) is not int or not 0 <= code <= MAX_PURPOSE:
        raise InvalidArgument(
            f"{shown(code)} is not a purpose code.", remedy=f"Give one from 0 to {MAX_PURPOSE}."
        )
    if has_name(code):
        return PURPOSES[code]
    whose = "the consortium" if code >= FIRST_OWN_PURPOSE else "a later vocabulary"
    return Purpose(code, f"purpose-{code}", f"Code {code}, of which {whose} says what it means.")


def has_name(code: int) -> bool:
    """Whether the table gives this code a meaning."""
    return 0 <= code < len(PURPOSES)


def parse_purpose(text: str) -> Purpose:
    """Return the purpose with that name, `purpose-N`, or code.

    Raises:
        InvalidArgument: there is none.
    """
    if text in _BY_NAME:
        return _BY_NAME[text]
    digits = text.removeprefix("purpose-")
    if _CODE.fullmatch(digits) and int(digits) <= MAX_PURPOSE:
        return purpose(int(digits))
    raise InvalidArgument(
        f"{shown(text)} is not a purpose.",
        remedy=f"Use one of {', '.join(_BY_NAME)}, or a code from 0 to {MAX_PURPOSE}.",
    )
