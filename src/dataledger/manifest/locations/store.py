"""A place in a store: opened by fsspec, and listed."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from dataledger.errors import (
    DependencyMissing,
    InvalidArgument,
    InvalidPath,
    ManifestError,
    SourceNotFound,
    SourceUnreadable,
    UnsafeFile,
    shown,
)
from dataledger.manifest.locations.failures import ask
from dataledger.manifest.locations.urls import (
    HTTP_SCHEMES,
    name_in_url,
    scheme_of,
    shown_location,
)
from dataledger.manifest.paths import check_path

_ACCESS_TIMES = frozenset({"atime", "time", "last_accessed_on"})
"""Reading changes these, and nothing else."""
_VERSION_MARK = "?versionId="
"""Where s3fs cuts a key off, wherever it stands."""
_HTTP_SOCKET_SECONDS = 60


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file in a store, as the store told of it. Any part but the path tells a change."""

    path: str
    """Relative to the place, as in a manifest."""
    name: str = field(repr=False)
    """What the store calls it. For HTTP, that is the whole URL, with any secret in it."""
    size_bytes: int
    state: bytes
    """The digest of all that the store tells: ETag, version, times, as far as it has them."""


@dataclass(frozen=True, slots=True)
class Place:
    """A directory or a single file of a store."""

    url: str = field(repr=False)  # here, in `fs` and in `root` may be secrets
    fs: Any = field(repr=False)
    """Of a class of fsspec, which has no types."""
    root: str = field(repr=False)
    is_http: bool

    @property
    def shown(self) -> str:
        """The URL as it may be shown."""
        return shown_location(self.url)

    @property
    def reads_ranges(self) -> bool:
        """Whether ranges can be read side by side, by several threads.

        Stores without an event loop of their own may have a single connection, as FTP has. HTTP
        servers are free to answer with the whole file.
        """
        return bool(self.fs.async_impl) and not self.is_http


def open_place(url: str, options: Mapping[str, Any]) -> Place:
    """Return the place that `url` names. `options` go to fsspec's class for such stores.

    Raises:
        InvalidArgument: there is no such kind of store, or its library does not take the options.
        DependencyMissing: fsspec, or the package for such stores, is not installed.
    """
    scheme = scheme_of(url)
    try:
        fsspec: Any = import_module("fsspec")
    except ImportError:
        raise _missing("fsspec", "s3" if scheme in ("s3", "s3a") else "remote") from None
    _load_class(fsspec, scheme)
    is_http = scheme in HTTP_SCHEMES
    # Nothing is shared with other users of fsspec in this process: neither listings that may be
    # old, nor connections. Options that are not named come from fsspec's own configuration.
    given = {**options, "use_listings_cache": False, "skip_instance_cache": True}
    if is_http:
        given |= _http_options(options)

    def connect() -> tuple[Any, str]:
        lowered = f"{scheme}{url[len(scheme) :]}"  # fsspec minds the letter case, unlike RFC 3986
        fs, root = fsspec.core.url_to_fs(lowered, **given)
        return fs, root

    fs, root = ask(shown_location(url), connect)
    return Place(url, fs, root, is_http)


def list_files(place: Place) -> list[RemoteFile]:
    """Return every file below the place, sorted by path, or the single file that it is.

    A slash at the end of the URL says that it is a directory. Directory markers, which are empty
    objects whose keys end in a slash, are no files.

    Raises:
        SourceNotFound: there is nothing.
        SourceUnreadable: the store cannot be read, or does not tell a file's size.
        UnsafeFile: there is a link, or something else that is no file.
        InvalidPath: a name breaks the path rules.
        ManifestError: there are directory markers and no file.
    """
    if place.is_http or not place.url.endswith("/"):
        info = ask(place.shown, lambda: place.fs.info(place.root))
        if info.get("type") != "directory":
            return [_file(place, _own_name(place), place.root, info)]
    found = ask(place.shown, _finder(place))
    prefix = place.root.rstrip("/") + "/"
    infos = {name: info for name, info in found.items() if name.startswith(prefix)}
    if not infos:
        raise SourceNotFound(f"There is nothing below {place.shown}.", remedy="Check the URL.")
    files = [
        _file(place, name.removeprefix(prefix), name, info)
        for name, info in infos.items()
        if not (name.endswith("/") and info.get("size") == 0)
    ]
    if not files:
        raise ManifestError(
            f"{place.shown} holds no files.", remedy="Name a directory with at least one file."
        )
    return sorted(files, key=lambda file: file.path)


def _finder(place: Place) -> Callable[[], dict[str, dict[str, Any]]]:
    spec, asyn = import_module("fsspec.spec"), import_module("fsspec.asyn")
    kind = type(place.fs)
    walks = (
        kind._find is asyn.AsyncFileSystem._find  # noqa: SLF001 - what subclasses replace
        if place.fs.async_impl
        else kind.find is spec.AbstractFileSystem.find
    )
    # A walk leaves out what it may not list, unless it is told not to.
    strictly = {"on_error": "raise"} if walks else {}
    return lambda: place.fs.find(place.root, detail=True, **strictly)


def _file(place: Place, path: str, name: str, info: dict[str, Any]) -> RemoteFile:
    check_path(path)
    if _VERSION_MARK in name:
        raise InvalidPath(
            f"The path {shown(path)} is refused: it holds {_VERSION_MARK!r}, which names a version "
            "of another object.",
            remedy="Rename the object, or fetch that version first.",
        )
    if info.get("type") != "file" or info.get("islink"):
        raise UnsafeFile(
            f"{shown(path)} in {place.shown} is neither a file nor a directory.",
            remedy="Replace it with what it stands for, or move it out of the dataset.",
        )
    size_bytes = info.get("size")
    if type(size_bytes) is not int:
        raise SourceUnreadable(
            f"{shown(path)} in {place.shown} cannot be read: the store does not tell its size.",
            remedy="Fetch the file, and fingerprint the copy.",
        )
    told = sorted((key, repr(value)) for key, value in info.items() if key not in _ACCESS_TIMES)
    return RemoteFile(path, name, size_bytes, hashlib.sha256(repr(told).encode()).digest())


def _own_name(place: Place) -> str:
    if place.is_http:
        name = name_in_url(place.url)
        if not name or "/" in name:
            raise InvalidArgument(
                f"{place.shown} names no file: over HTTP, there are no directories to list.",
                remedy="Give the URL of one file, or use the store's own protocol.",
            )
        return name
    return place.root.rpartition("/")[2]


def _load_class(fsspec: Any, scheme: str) -> None:
    try:
        fsspec.get_filesystem_class(scheme)
    except ImportError:
        # By this way, since `fsspec.registry` itself is the table of those that are loaded.
        known: Any = import_module("fsspec.registry")
        package = known.known_implementations[scheme]["class"].partition(".")[0]
        extra = {"s3fs": "s3", "fsspec": "remote"}.get(package)
        if package == "fsspec":  # its own class needs a package that only fsspec names
            package = f"fsspec[{scheme.replace('https', 'http')}]"
            extra = None
        raise _missing(package, extra) from None
    except ValueError:
        raise InvalidArgument(
            f"There is no kind of store {shown(scheme)}.",
            remedy="Use one that fsspec knows, such as s3://, gs://, abfs:// or sftp://; write a "
            "local path that looks so with ./ in front.",
        ) from None


def _missing(package: str, extra: str | None) -> DependencyMissing:
    wanted = package if extra is None else f"dataledger[{extra}]"
    return DependencyMissing(
        f"The package {package} is not installed, and such a location is read by it.",
        remedy=f"Run: pip install '{wanted}'",
    )


def _http_options(options: Mapping[str, Any]) -> dict[str, Any]:
    aiohttp: Any = import_module("aiohttp")
    silence = aiohttp.ClientTimeout(total=None, sock_read=_HTTP_SOCKET_SECONDS)
    return {
        # The bytes as they lie there, and by default no limit but on silence.
        "headers": {**options.get("headers", {}), "Accept-Encoding": "identity"},
        "client_kwargs": {
            "timeout": silence,
            **options.get("client_kwargs", {}),
            "auto_decompress": False,
        },
    }
