"""Ending a tree of processes for good: the emulator, its Lambda workers, and the ffmpeg of a render.

The workers put their encoders into process groups of their own, so one signal to one group is not enough; and a
process that is being killed may be starting another one meanwhile. So the tree is frozen first, level by level, until
nothing new appears, and only then killed.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent dies (Linux), so that ``descendants`` still finds it."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def die_with_parent() -> None:
    """Be killed when the parent dies, however it dies (Linux)."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def descendants(pid: int) -> set[int]:
    """All processes below ``pid``, at this moment."""
    children: dict[int, set[int]] = {}
    for child, parent in _all_processes():
        children.setdefault(parent, set()).add(child)
    found: set[int] = set()
    level = children.get(pid, set())
    while level:
        found |= level
        level = set().union(*(children.get(child, set()) for child in level)) - found
    return found


def kill_descendants(pid: int) -> None:
    """Freeze, then kill everything below ``pid``."""
    frozen: set[int] = set()
    while new := descendants(pid) - frozen:
        for child in new:
            _send(child, signal.SIGSTOP)
        frozen |= new
    for child in frozen:
        _send(child, signal.SIGKILL)


def _send(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _all_processes() -> list[tuple[int, int]]:
    """(pid, parent's pid) of every process."""
    proc = Path("/proc")
    if not (proc / "self" / "stat").exists():
        listing = subprocess.run(["ps", "-axo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
        return [(int(pid), int(parent)) for pid, parent in (line.split() for line in listing.splitlines())]
    found = []
    for entry in proc.iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                # "pid (name) state ppid ...": the name may hold anything, parentheses too.
                fields = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()
                found.append((int(entry.name), int(fields[1])))
    return found


def _prctl(option: int, argument: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(option, argument, 0, 0, 0)
