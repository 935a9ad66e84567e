"""Ports of this machine: a free one, and whether somebody listens."""

from __future__ import annotations

import socket

from explorer.core.schema import ExplorerError


def free() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(port: int) -> bool:
    """Does somebody listen on a port of this machine?"""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def untaken(port: int) -> int:
    """The same port.

    Raises:
        ExplorerError: somebody listens on it.
    """
    if answers(port):
        raise ExplorerError(f"Port {port} is taken; name another one (--port on the command line).")
    return port
