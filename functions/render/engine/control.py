"""The engine's wires to its caller: progress out, stop in.

``request_stop`` must take effect within two seconds even while ffmpeg blocks, so it does not
wait for the render to look: it kills the running process groups itself.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from concurrent.futures import Future

# How long a stop waits at most for a thread that looks out for it.
_LOOK_SECONDS = 0.1


@dataclass
class Tally:
    """What became of a render's segments. It can be read after a stop and after an error, too.

    ``reused`` were fetched instead of rendered, ``kept`` of the ``rendered`` are there for the next render.
    ``memory_kills`` is how often a process was killed for want of memory, ``workers`` how many rendered at last.
    """

    segments: int = 0
    reused: int = 0
    rendered: int = 0
    kept: int = 0
    workers: int = 0
    memory_kills: int = 0


class Stopped(Exception):
    """The render was stopped by its caller; nothing of it remains running."""


class Control:
    """Shared by the thread that renders and the thread that watches it."""

    def __init__(self) -> None:
        self.tally = Tally()
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._progress = 0.0

    @property
    def progress(self) -> float:
        """Percent done, 0 to 100; it never falls and is 100 only when the video is finished."""
        return self._progress

    def advance(self, percent: float) -> None:
        """Raise the progress; a lower value than before changes nothing."""
        with self._lock:
            self._progress = max(self._progress, min(percent, 100.0))

    @property
    def stopped(self) -> bool:
        return self._stop.is_set()

    def check(self) -> None:
        """Raise ``Stopped`` once a stop was requested."""
        if self.stopped:
            raise Stopped

    def wait(self, futures: Iterable[Future[Any]]) -> None:
        """Wait until all are done. Raises the first failure among them, and ``Stopped`` as soon as a stop is asked."""
        # Loaded here: a crew begins sooner without.
        from concurrent.futures import FIRST_EXCEPTION, wait

        waiting = set(futures)
        while waiting:
            done, waiting = wait(waiting, _LOOK_SECONDS, FIRST_EXCEPTION)
            self.check()
            for future in done:
                future.result()

    def request_stop(self) -> None:
        """Stop the render: its processes die now, ``render`` raises ``Stopped``. May be called from any thread."""
        self._stop.set()
        with self._lock:
            for process in self._running:
                kill_group(process)

    def watch(self, process: subprocess.Popen[bytes]) -> None:
        """Count this process (a group leader) among those that a stop kills."""
        with self._lock:
            self._running.add(process)
            if self.stopped:
                kill_group(process)

    def release(self, process: subprocess.Popen[bytes]) -> None:
        with self._lock:
            self._running.discard(process)


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill the process and, if it leads a group, the whole group.

    A process that was already reaped is left alone: its id may be another's. One that has ended by itself and was not
    reaped yet may have left others in its group, and is not asked for its state, which would reap it.
    """
    if process.returncode is None:
        if os.getpgid(process.pid) == process.pid:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
