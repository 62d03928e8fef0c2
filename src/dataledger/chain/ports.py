"""Ports of this machine for the devnet to listen on."""

import secrets
import socket

from dataledger.errors import DevnetError

HOST = "127.0.0.1"
PORTS = range(20_000, 30_000)
"""Below those that systems give to outgoing connections: a restart must find its port free."""


def free_port() -> int:
    """Return a port that nobody listens on. Raises `DevnetError` when there is none."""
    for _ in range(1_000):
        port = secrets.choice(PORTS)
        if is_free(port):
            return port
    raise DevnetError(
        f"No port of {PORTS.start} to {PORTS.stop - 1} is free.", remedy="Choose one with --port."
    )


def is_free(port: int) -> bool:
    """Whether nobody listens on `port`; False, too, when it is no port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError):
            return False
        return True
