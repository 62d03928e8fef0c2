"""The URLs that name data, and how they may be shown."""

import re
from urllib.parse import unquote

from dataledger.errors import InvalidArgument, shown

# Without `::`, which chains several stores, such a text would be taken for a local path; with it,
# it is refused later, and no secret in it is shown.
_LOCATION = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.:-]*)://(?P<rest>.*)", re.DOTALL)

LOCAL_SCHEMES = frozenset({"file", "local"})
HTTP_SCHEMES = frozenset({"http", "https"})


def is_location(text: str) -> bool:
    """Tell whether `text` is a URL, `SCHEME://…`, and no local path."""
    return _LOCATION.match(text) is not None


def scheme_of(url: str) -> str:
    """Return the scheme, in lower case.

    Raises:
        InvalidArgument: it is no URL, or a chain of several.
    """
    parts = _LOCATION.fullmatch(url)
    if parts is None:
        raise InvalidArgument(
            f"{shown(url)} is no URL.", remedy="Write it as SCHEME://…, such as s3://bucket/folder."
        )
    if "::" in url:
        raise InvalidArgument(
            f"{shown_location(url)} chains several stores.",
            remedy="Name the one place where the data lies; what is fetched from it is never "
            "unpacked or kept.",
        )
    return parts["scheme"].lower()


def shown_location(url: str) -> str:
    """Return a URL as it may stand in a message: without user, password, query and fragment.

    Each of them may hold credentials; keys that are signed into a URL stand in its query.
    """
    parts = _LOCATION.fullmatch(url)
    if parts is None:
        return shown(url)
    rest = parts["rest"]
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if "@" in authority:
        rest = authority.rpartition("@")[2] + rest[len(authority) :]
    elif ":" in authority and "@" in rest:  # the password holds a slash or another such mark
        rest = rest.rpartition("@")[2]
    return shown(f"{parts['scheme']}://{re.split(r'[?#]', rest, maxsplit=1)[0]}")


def local_path(url: str) -> str:
    """Return the path that a `file://` URL names (RFC 8089).

    Raises:
        InvalidArgument: it names another machine, or a relative path.
    """
    authority, slash, path = url.partition("://")[2].partition("/")
    if authority not in ("", "localhost") or not slash:
        raise InvalidArgument(
            f"{shown_location(url)} names no file of this machine by its whole path.",
            remedy="Write it as file:///whole/path, or give the path alone.",
        )
    return unquote(f"/{path}")


def name_in_url(url: str) -> str:
    """Return the name of the file that an HTTP URL ends with; it may be empty."""
    path = re.split(r"[?#]", url.partition("://")[2], maxsplit=1)[0].partition("/")[2]
    return unquote(path.rpartition("/")[2])
