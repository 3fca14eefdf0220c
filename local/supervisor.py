"""Runs the emulator, and ends it and all of its children when whoever started this ends: by will, by crash, by kill -9.

``python -m local.supervisor`` reads from its standard input, a pipe that the starter holds open and never writes to.
End of input means that the starter is gone, for whatever reason: the one signal that no process can fail to send.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys

from local import containers
from local.processes import adopt_orphans, kill_descendants

_POLL_SECONDS = 0.2


def main() -> None:
    adopt_orphans()
    # The starter's Ctrl-C is the starter's to handle; its end is what counts here.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    emulator = subprocess.Popen([sys.executable, "-m", "local.emulator"], stdin=subprocess.DEVNULL)
    while not _starter_is_gone() and emulator.pid not in _ended():
        pass
    kill_descendants(os.getpid())
    containers.remove(os.environ["BIND_HOST"], int(os.environ["GATEWAY_PORT"]))
    with contextlib.suppress(ChildProcessError):
        while True:
            os.wait()


def _starter_is_gone() -> bool:
    readable, _, _ = select.select([sys.stdin], [], [], _POLL_SECONDS)
    return bool(readable) and not os.read(sys.stdin.fileno(), 1)


def _ended() -> set[int]:
    """Collect the children that have ended, adopted ones too."""
    ended = set()
    with contextlib.suppress(ChildProcessError):
        while (pid := os.waitpid(-1, os.WNOHANG)[0]) != 0:
            ended.add(pid)
    return ended


if __name__ == "__main__":
    main()
