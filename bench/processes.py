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
_LOOK_SECONDS = 0.1


@dataclass(frozen=True)
class Cost:
    """``peak_rss_mb`` is the sum over all processes; what they share by fork is counted in each of them."""

    seconds: float
    cpu_seconds: float
    peak_rss_mb: float


def measured(command: Sequence[str], folder: Path) -> Cost:
    """Run a command to its end.

    Raises:
        RuntimeError: it failed.
    """
    began = time.perf_counter()
    with (folder / "stderr.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log)
    over = threading.Event()
    peaks = [0]
    watcher = threading.Thread(target=_watch, args=(process.pid, over, peaks))
    watcher.start()
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    over.set()
    watcher.join()
    if process.returncode != 0:
        raise RuntimeError(f"{command[0]} failed: {(folder / 'stderr.log').read_text(errors='replace')[-2000:]}")
    return Cost(seconds, used.ru_utime + used.ru_stime, max(peaks) / (1 << 20))


def _watch(pid: int, over: threading.Event, peaks: list[int]) -> None:
    while not over.wait(_LOOK_SECONDS):
        peaks[0] = max(peaks[0], sum(_resident(member) for member in _tree(pid)))


def _tree(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return [pid]
    return [pid, *(member for child in children for member in _tree(int(child)))]


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0
