"""The ports of the local stack: which are free, and what to say of one that is not."""

from __future__ import annotations

import errno
import random
import socket

HOST = "127.0.0.1"

_OURS = range(20_000, 30_000)
"""Below those that a system gives to outgoing connections: one of these could take a port before its server does."""


class PortTaken(Exception):
    """Somebody else listens on a port; ``setting`` is the environment variable that names another one."""

    def __init__(self, port: int, setting: str) -> None:
        super().__init__(
            f"Port {port} is taken by another program. End it, or choose another port: make dev {setting}={port + 10}"
        )


def claim(port: int | None, setting: str, host: str = HOST) -> int:
    """The port of ``host``, known to be free at this moment; any free one for None.

    Raises:
        PortTaken: somebody listens there.
    """
    if port is None:
        return next(port for port in random.SystemRandom().sample(_OURS, len(_OURS)) if _is_free(host, port))
    if not _is_free(host, port):
        raise PortTaken(port, setting)
    return port


def _is_free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        # As servers do it: a port whose last connections are still closing counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            return False
        return True
