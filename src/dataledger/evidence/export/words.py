"""How the exports spell what the standards share: names, times, licences, media types."""

import re
from datetime import UTC, datetime
from pathlib import PurePosixPath
from urllib.parse import quote, urlsplit

from dataledger.contracts.identifiers import DatasetId
from dataledger.errors import InvalidArgument
from dataledger.evidence.export.facts import ChainRef, DatasetFacts, EventRef
from dataledger.manifest import FileEntry

TERMS = "urn:dataledger:terms:1:"
"""The namespace of what the standards have no word for; `docs/standards.md` defines its terms."""

_SPDX_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]{0,63}")
_MEDIA_TYPES = {
    "arrow": "application/vnd.apache.arrow.file",
    "csv": "text/csv",
    "gif": "image/gif",
    "gz": "application/gzip",
    "htm": "text/html",
    "html": "text/html",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "json": "application/json",
    "jsonl": "application/jsonlines",
    "md": "text/markdown",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "ndjson": "application/jsonlines",
    "parquet": "application/vnd.apache.parquet",
    "pdf": "application/pdf",
    "png": "image/png",
    "tar": "application/x-tar",
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "tsv": "text/tab-separated-values",
    "txt": "text/plain",
    "wav": "audio/wav",
    "webp": "image/webp",
    "xml": "application/xml",
    "yaml": "application/yaml",
    "yml": "application/yaml",
    "zip": "application/zip",
}
OCTETS = "application/octet-stream"


def iso_time(unix: int) -> str:
    """Return Unix seconds as RFC 3339 has it, in UTC.

    Raises:
        InvalidArgument: it lies after the year 9999, which no standard can write.
    """
    try:
        return f"{datetime.fromtimestamp(unix, UTC):%Y-%m-%dT%H:%M:%SZ}"
    except (ValueError, OverflowError, OSError):
        raise InvalidArgument(
            f"The time {unix} lies after the year 9999.",
            remedy="The chain's clock is wrong; no standard can write this time.",
        ) from None


def moment(time: datetime) -> str:
    """Return a time in UTC as RFC 3339 has it."""
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def dataset_iri(dataset: DatasetId) -> str:
    """Return the name of a dataset, which is the same on every copy of its chain."""
    return f"urn:dataledger:dataset:{dataset}"


def version_iri(dataset: DatasetId, version: int) -> str:
    """Return the name of a version."""
    return f"{dataset_iri(dataset)}:{version}"


def file_iri(facts: DatasetFacts, path: str) -> str:
    """Return the name of a file of the version."""
    return f"{version_iri(facts.dataset, facts.version)}:{quote(path, safe='/')}"


def organisation_iri(chain: ChainRef, slug: str) -> str:
    """Return the name of an organisation on its chain."""
    return f"urn:dataledger:organisation:{chain.chain_id}:{chain.contract}:{quote(slug)}"


def key_iri(chain: ChainRef, key: str) -> str:
    """Return the name of a key: `did:pkh`, by the chain's CAIP-2 name."""
    return f"did:pkh:eip155:{chain.chain_id}:{key}"


def event_iri(event: EventRef) -> str:
    """Return the name of an event."""
    return f"urn:dataledger:event:{event.transaction_hash}:{event.log_index}"


def media_type(path: str) -> str:
    """Return the media type that a file's name speaks for; that of any octets, if it does not."""
    return _MEDIA_TYPES.get(PurePosixPath(path).suffix[1:].lower(), OCTETS)


def sha256_of(entry: FileEntry) -> str | None:
    """Return the SHA-256 of a file's content in hexadecimal, if the manifest has it."""
    found = (digest.hex for digest in entry.digests if digest.algorithm == "sha256")
    return next(found, None)


def is_url(text: str) -> bool:
    """Return whether `text` is an absolute http or https URL of plain characters."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    plain = text.isascii() and text.isprintable() and not re.search(r'[\s<>"{}|\\^`]', text)
    return plain and parts.scheme in {"http", "https"} and bool(parts.hostname)


def is_spdx_id(text: str) -> bool:
    """Return whether `text` has the form of an SPDX licence identifier."""
    return _SPDX_ID.fullmatch(text) is not None


def licence_url(text: str) -> str | None:
    """Return the URL of a licence that is a URL or an SPDX identifier; None of any other text."""
    if is_url(text):
        return text
    return f"https://spdx.org/licenses/{text}" if is_spdx_id(text) else None


def title_of(facts: DatasetFacts) -> tuple[str, str]:
    """Return a title, and the name of the fact behind it: without a title, `owner/slug`."""
    return (facts.text("title"), "title") if facts.value("title") else (facts.name, "slug")


def description_of(facts: DatasetFacts) -> tuple[str, str]:
    """Return a description, and the name of the fact behind it.

    Where nobody gave one, standards that require one get what the chain itself tells.
    """
    if facts.value("description"):
        return facts.text("description"), "description"
    recorded = (
        f"Version {facts.version} of the dataset {facts.name}: {facts.text('file_count')} files, "
        f"{facts.text('size_bytes')} bytes, content root {facts.text('content_root')}, recorded at "
        f"{facts.text('recorded')}. Its owner gave no description."
    )
    return recorded, "content_root"
