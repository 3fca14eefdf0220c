"""The ports of the local stack: which are free, and what to say of one that is not."""

from __future__ import annotations

import errno
import socket

HOST = "127.0.0.1"


class PortTaken(Exception):
    """Somebody else listens on a port; ``setting`` is the environment variable that names another one."""

    def __init__(self, port: int, setting: str) -> None:
        super().__init__(
            f"Port {port} is taken by another program. End it, or choose another port: make dev {setting}={port + 10}"
        )


def claim(port: int | None, setting: str) -> int:
    """The port, known to be free at this moment; any free one for None.

    Raises:
        PortTaken: somebody listens there.
    """
    with socket.socket() as probe:
        # As servers do it: a port whose last connections are still closing counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port or 0))
        except OSError as error:
            if error.errno != errno.EADDRINUSE or port is None:
                raise
            raise PortTaken(port, setting) from error
        return int(probe.getsockname()[1])
