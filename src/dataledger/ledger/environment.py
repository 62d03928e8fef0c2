"""What code ran on, kept off the chain; receipts hold its digest.

    {"format": "dataledger/environment/1", "image": "sha256:…", "isolation": "bubblewrap 0.11",
     "machine": "x86_64", "packages": {"opendp": "0.12.1"}, "runtime": "CPython 3.11.9",
     "system": "Linux 6.1"}

Canonical JSON (RFC 8785). All of it is what the owner's node says of itself.
"""

import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import metadata
from typing import Self

from dataledger.errors import NotFound, UsageError, UseDocumentError, shown
from dataledger.hashing import (
    Digest,
    JsonValue,
    canonical_bytes,
    members,
    parse_canonical,
    string,
)
from dataledger.ledger.json_forms import digest_from_json

FORMAT = "dataledger/environment/1"
MAX_ENVIRONMENT_BYTES = 256 * 1024
MAX_LINE_CHARACTERS = 256


@dataclass(frozen=True, slots=True)
class Environment:
    """The software and the machine that code ran on.

    Raises:
        UseDocumentError: a text is empty, too long or unprintable.
    """

    runtime: str
    system: str
    machine: str
    packages: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Versions of the packages that took part."""
    isolation: str = "none"
    """What kept the code apart from the rest of the machine."""
    image: Digest | None = None
    """Of the image or the archive that it was started from."""

    def __post_init__(self) -> None:
        # A copy of its own: what the caller changes later must not change the digest.
        object.__setattr__(self, "packages", dict(self.packages))
        lines = {
            "runtime": self.runtime,
            "system": self.system,
            "machine": self.machine,
            "isolation": self.isolation,
        }
        for noun, text in lines.items():
            _check_line(noun, text)
        for name, version in self.packages.items():
            _check_line("package", name)
            _check_line("version", version)

    @classmethod
    def current(
        cls, packages: tuple[str, ...] = (), *, isolation: str = "none", image: Digest | None = None
    ) -> Self:
        """Return what this process runs on, with the versions of these installed packages.

        Raises:
            NotFound: a package is not installed.
        """
        return cls(
            runtime=f"{platform.python_implementation()} {platform.python_version()}",
            system=f"{platform.system()} {platform.release()}",
            machine=platform.machine() or "unknown",
            packages={name: _version(name) for name in packages},
            isolation=isolation,
            image=image,
        )

    @property
    def digest(self) -> Digest:
        """The SHA-256 of `to_bytes()`, by which receipts name it."""
        return Digest.of(self.to_bytes())

    def to_bytes(self) -> bytes:
        """Return the document: canonical JSON (RFC 8785), without a final newline."""
        document: dict[str, JsonValue] = {
            "format": FORMAT,
            "isolation": self.isolation,
            "machine": self.machine,
            "packages": dict(self.packages),
            "runtime": self.runtime,
            "system": self.system,
        }
        if self.image is not None:
            document["image"] = str(self.image)
        return canonical_bytes(document)

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a document.

        Raises:
            UseDocumentError: it is too large, not canonical JSON, or no such document.
        """
        try:
            document = members(
                parse_canonical(data, max_bytes=MAX_ENVIRONMENT_BYTES),
                *("format", "isolation", "machine", "packages", "runtime", "system"),
                optional=("image",),
            )
            if document["format"] != FORMAT:
                raise _wrong(f"its format is {shown(document['format'])}, not {FORMAT!r}")
            packages = document["packages"]
            if not isinstance(packages, dict):
                raise _wrong("its packages are no object")
            return cls(
                runtime=string(document["runtime"]),
                system=string(document["system"]),
                machine=string(document["machine"]),
                packages={name: string(version) for name, version in packages.items()},
                isolation=string(document["isolation"]),
                image=digest_from_json(document["image"]) if "image" in document else None,
            )
        except UseDocumentError:
            raise
        except UsageError as error:
            raise _wrong(str(error)) from error


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        raise NotFound(
            f"There is no package {shown(package)} here.", remedy="Install it, or leave it out."
        ) from None


def _check_line(noun: str, text: str) -> None:
    if not 0 < len(text) <= MAX_LINE_CHARACTERS or not text.isprintable():
        raise _wrong(
            f"its {noun}, {shown(text)}, is not 1 to {MAX_LINE_CHARACTERS} printable characters"
        )


def _wrong(reason: str) -> UseDocumentError:
    return UseDocumentError(
        f"This is no environment: {reason}.", remedy="Use the document exactly as it was written."
    )
