"""A directory for one render, gone at its end, and gone before the next one if the end never came.

A warm Lambda keeps its ``/tmp``, and so does one whose process was killed. The name carries the process id, so what a
dead process left can be told from what a neighbour on a laptop is working in.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

_PREFIX = "reelqueue-render-"


@contextlib.contextmanager
def workdir(root: Path | None = None) -> Iterator[Path]:
    """An empty directory of this process under ``root`` (the system's temporary directory)."""
    root = root or Path(tempfile.gettempdir())
    for left in root.glob(f"{_PREFIX}*"):
        pid = left.name.removeprefix(_PREFIX)
        if pid == str(os.getpid()) or not _alive(pid):
            shutil.rmtree(left, ignore_errors=True)
    path = root / f"{_PREFIX}{os.getpid()}"
    path.mkdir()
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _alive(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except (PermissionError, ValueError):
        return True
    return True
