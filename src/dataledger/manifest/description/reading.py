"""Recognises what kind of document somebody gives as a description, by its content."""

from dataledger.errors import DescriptionError
from dataledger.manifest.description.croissant import from_croissant, is_croissant
from dataledger.manifest.description.dcat import from_dcat, from_turtle, is_dcat
from dataledger.manifest.description.linked import parse_json
from dataledger.manifest.description.model import FORMAT, MAX_DESCRIPTION_BYTES, Description
from dataledger.manifest.description.parts import wrong


def read_description(data: bytes) -> Description:
    """Return the description in a file: the ledger's own, Croissant, or DCAT.

    Croissant and DCAT as JSON-LD need nothing else; DCAT as Turtle needs rdflib. A foreign document
    is kept whole as the description's `source`. Nothing is fetched from the network.

    Raises:
        DescriptionError: it is too large, not UTF-8, of no kind that is known, or says what no
            description can hold.
        DependencyMissing: it is Turtle, and rdflib is not installed.
    """
    if len(data) > MAX_DESCRIPTION_BYTES:
        raise wrong(f"it has more than {MAX_DESCRIPTION_BYTES} bytes")
    try:
        text = data.decode("utf-8-sig")  # which some editors put in front
    except UnicodeDecodeError as error:
        raise wrong(f"it is not UTF-8 at byte {error.start}") from None
    first = text.lstrip()[:1]
    if first not in {"{", "["}:
        return from_turtle(text)
    try:
        document = parse_json(text)
    except DescriptionError:
        if first == "[":  # so begins a blank node in Turtle, too
            return from_turtle(text)
        raise
    if isinstance(document, dict) and document.get("format") == FORMAT:
        return Description.read(text.encode())
    if is_dcat(document):
        return from_dcat(document, text)
    if is_croissant(document):
        return from_croissant(document, text)
    raise DescriptionError(
        "This JSON document is neither a description of the ledger, nor Croissant, nor DCAT.",
        remedy=f'Give it the member "format": "{FORMAT}", or the type that its standard wants: '
        "sc:Dataset, or dcat:Dataset.",
    )
