"""A program measured as a whole: seconds, CPU seconds and the peak of its memory, all its children counted."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")
_LOOK_SECONDS = 0.25  # each look takes Linux a millisecond or two for each process


@dataclass(frozen=True)
class Cost:
    """Memory is the sum over all processes at its peak.

    ``peak_rss_mb`` counts what they share (libraries, what was there before a fork) in each of them, ``peak_pss_mb``
    once, divided among them. It is None where Linux does not tell (``smaps_rollup``).
    """

    seconds: float
    cpu_seconds: float
    peak_rss_mb: float
    peak_pss_mb: float | None


def measured(command: Sequence[str], folder: Path) -> Cost:
    """Run a command to its end.

    Raises:
        RuntimeError: it failed.
    """
    began = time.perf_counter()
    with (folder / "stderr.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log)
    over = threading.Event()
    peaks: list[tuple[int, int]] = []
    watcher = threading.Thread(target=_watch, args=(process.pid, over, peaks))
    watcher.start()
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    over.set()
    watcher.join()
    if process.returncode != 0:
        raise RuntimeError(f"{command[0]} failed: {(folder / 'stderr.log').read_text(errors='replace')[-2000:]}")
    return Cost(seconds, used.ru_utime + used.ru_stime, *_megabytes(peaks))


def _watch(pid: int, over: threading.Event, peaks: list[tuple[int, int]]) -> None:
    while not over.wait(_LOOK_SECONDS):
        tree = _tree(pid)
        peaks.append((sum(map(_resident, tree)), sum(map(_proportional, tree))))


def _megabytes(peaks: list[tuple[int, int]]) -> tuple[float, float | None]:
    rss, pss = (max(found, default=0) / (1 << 20) for found in zip(*peaks, strict=True)) if peaks else (0.0, 0.0)
    return rss, pss or None


def _tree(pid: int) -> list[int]:
    """A process and its descendants, whichever of their threads started them."""
    try:
        children = " ".join(task.read_text() for task in Path(f"/proc/{pid}/task").glob("*/children")).split()
    except OSError:
        return [pid]
    return [pid, *(member for child in children for member in _tree(int(child)))]


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0


def _proportional(pid: int) -> int:
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return next(int(line.split()[1]) << 10 for line in rollup.splitlines() if line.startswith("Pss:"))
