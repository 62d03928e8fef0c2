"""Where a node waits for others."""

import errno
import socket

from dataledger.errors import NodeConfigError, NodeRefused, shown
from dataledger.node.federated.offer import is_host
from dataledger.node.rules import FederatedRules

_BACKLOG = 64
_EVERY_HOST = {"", "0.0.0.0", "::"}  # noqa: S104 - these are refused


def reached_by(rules: FederatedRules) -> str:
    """Return the host by which others reach this node.

    Raises:
        NodeConfigError: the configuration names none: it listens on all, or that is no host.
    """
    host = rules.host if rules.advertise is None else rules.advertise
    if host in _EVERY_HOST or not is_host(host):
        raise NodeConfigError(
            f"By {shown(host)}, no other node reaches this one.",
            remedy="Set `advertise` of [federated] to the name or address that others know.",
        )
    return host


def listen(rules: FederatedRules) -> socket.socket:
    """Return a socket that listens on the configured host alone, on a free one of its ports.

    Raises:
        NodeConfigError: the host is none of this machine.
        NodeRefused: all ports are taken (`busy`).
    """
    ports = range(rules.first_port, rules.last_port + 1)
    for port in ports:
        try:
            return _bound(rules.host, port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise NodeConfigError(
                    f"Nothing can listen on {rules.host}, port {port}: {error.strerror}.",
                    remedy="Set `host`, `first_port` and `last_port` of [federated].",
                ) from error
    raise NodeRefused(
        f"All {len(ports)} ports on which this node meets others are taken.",
        remedy="Wait until other computations are over.",
        reason="busy",
    )


def _bound(host: str, port: int) -> socket.socket:
    family, *_, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        # Connections of an earlier computation may linger on the port.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except BaseException:
        listener.close()
        raise
    return listener
