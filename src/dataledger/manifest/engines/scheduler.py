"""Joining a Dask cluster by its scheduler's address."""

# mypy: untyped-calls-exclude="distributed"

import ipaddress
import re
from typing import TYPE_CHECKING

from dataledger.errors import ClusterError, DependencyMissing, InvalidArgument, shown

if TYPE_CHECKING:
    from distributed import Client, Security

_ADDRESS = re.compile(
    r"(?:(?P<scheme>[a-z]+)://)?(?P<host>[^\s/@:\[\]]+|\[[0-9a-fA-F:.]+\]):\d{1,5}"
)


def connect(
    address: str | None,
    *,
    security: "Security | None",
    unprotected: bool,
    timeout_seconds: float,
) -> "Client":
    """Return a client of the cluster; Dask's own default client stays what it was.

    Raises:
        ClusterError: no scheduler answers there, or not with these certificates.
        InvalidArgument: there is no address, it is of the wrong form, or it is one without TLS on
            another machine although `unprotected` is not set.
        DependencyMissing: Dask is not installed.
    """
    try:
        import dask
        from distributed import Client, Security
    except ImportError as error:
        raise DependencyMissing(
            "Dask is not installed.", remedy="Run: pip install 'dataledger[dask]'"
        ) from error
    address = address or dask.config.get("scheduler-address", None)
    if address is None:
        raise InvalidArgument(
            "No scheduler is named.",
            remedy="Give its address, such as tls://10.0.0.1:8786, or set DASK_SCHEDULER_ADDRESS.",
        )
    scheme, host = _parts(address)
    security = Security() if security is None else security
    if scheme == "tls":
        _require_certificates(security)
    elif not (unprotected or _is_this_machine(host)):
        raise InvalidArgument(
            f"The scheduler {shown(address)} is on another machine, and without TLS: whoever "
            "reaches the network in between could run code on the cluster and here.",
            remedy="Set TLS up and give a tls:// address; docs/distributed.md says how. In a "
            "network that nobody else reaches, you can say that it may be unprotected.",
        )
    try:
        return Client(
            address,
            timeout=timeout_seconds,
            security=security,
            set_as_default=False,
            name="dataledger",
        )
    except OSError as error:
        raise ClusterError(
            f"No scheduler answers at {shown(address)}: {shown(str(error))}.",
            remedy="Check that it runs, its address, and with tls:// the certificates of both.",
        ) from error


def _parts(address: str) -> tuple[str, str]:
    match = _ADDRESS.fullmatch(address)
    scheme = (match["scheme"] or "tcp") if match else None
    if match is None or scheme not in ("tcp", "tls"):
        raise InvalidArgument(
            f"{shown(address)} is no address of a Dask scheduler.",
            remedy="Write it as tls://HOST:PORT, or tcp://HOST:PORT.",
        )
    return scheme, match["host"].strip("[]")


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _require_certificates(security: "Security") -> None:
    # Without one, Dask would fail only in the middle of connecting, and leave threads behind.
    try:
        context = security.get_connection_args("client").get("ssl_context")
    except OSError as error:
        raise InvalidArgument(
            f"The configured TLS certificates cannot be used: {shown(str(error))}.",
            remedy="Check distributed.comm.tls in Dask's configuration.",
        ) from error
    if context is None:
        raise InvalidArgument(
            "A tls:// address needs certificates, and none are configured.",
            remedy="Set distributed.comm.tls in Dask's configuration, or the variables "
            "DASK_DISTRIBUTED__COMM__TLS__…; docs/distributed.md says how.",
        )
