"""A program measured as a whole, all its children counted: seconds and CPU seconds, and the peak of its memory.

Memory takes a run of its own: to look at it takes Linux a millisecond or two for each process, four times a second, in
which that process may not change it. That made renders 2 to 4 % slower, and one ffmpeg 1 %.
"""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")
_LOOK_SECONDS = 0.25


@dataclass(frozen=True)
class Cost:
    """From the start of the program to its end."""

    seconds: float
    cpu_seconds: float


@dataclass(frozen=True)
class Peak:
    """Memory is the sum over all processes at its peak.

    ``rss_mb`` counts what they share (libraries, what was there before a fork) in each of them, ``pss_mb`` once,
    divided among them. It is None where Linux does not tell (``smaps_rollup``).
    """

    rss_mb: float
    pss_mb: float | None


def measured(command: Sequence[str], folder: Path) -> Cost:
    """Run a command to its end.

    Raises:
        RuntimeError: it failed.
    """
    began = time.perf_counter()
    with _running(command, folder) as process:
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
    return Cost(seconds, used.ru_utime + used.ru_stime)


def peak_memory(command: Sequence[str], folder: Path) -> Peak:
    """Run a command to its end, and look at its memory meanwhile.

    Raises:
        RuntimeError: it failed.
    """
    over = threading.Event()
    peaks: list[tuple[int, int]] = []
    with _running(command, folder) as process:
        watcher = threading.Thread(target=_watch, args=(process.pid, over, peaks))
        watcher.start()
        process.wait()
        over.set()
        watcher.join()
    rss, pss = (max(found, default=0) / (1 << 20) for found in zip(*peaks, strict=True)) if peaks else (0.0, 0.0)
    return Peak(rss, pss or None)


@contextmanager
def _running(command: Sequence[str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The command, which has ended, and well, when the context is left."""
    with (folder / "stderr.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log)
    yield process
    if process.returncode != 0:
        raise RuntimeError(f"{command[0]} failed: {(folder / 'stderr.log').read_text(errors='replace')[-2000:]}")


def _watch(pid: int, over: threading.Event, peaks: list[tuple[int, int]]) -> None:
    while not over.wait(_LOOK_SECONDS):
        # One that was just started, and is not yet the program that it will be, shares its parent's memory (vfork).
        tree = {_pages(member): member for member in _tree(pid)}
        peaks.append((sum(pages[1] * _PAGE for pages in tree), sum(map(_proportional, tree.values()))))


def _tree(pid: int) -> list[int]:
    """A process and its descendants, whichever of their threads started them."""
    try:
        children = " ".join(task.read_text() for task in Path(f"/proc/{pid}/task").glob("*/children")).split()
    except OSError:
        return [pid]
    return [pid, *(member for child in children for member in _tree(int(child)))]


def _pages(pid: int) -> tuple[int, ...]:
    """The sizes of a process as Linux tells them, in pages: all, and those in memory, first."""
    try:
        return tuple(int(number) for number in Path(f"/proc/{pid}/statm").read_text().split()) or (0, 0)
    except OSError:
        return (0, 0)


def _proportional(pid: int) -> int:
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return next(int(line.split()[1]) << 10 for line in rollup.splitlines() if line.startswith("Pss:"))
