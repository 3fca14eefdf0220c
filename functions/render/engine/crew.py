"""The processes of a render, seen from the one that asked for it.

They are started before there is anything to do, and by a module that loads next to nothing itself: so they load their
libraries while the request is still being read and its files are fetched.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING

from reelqueue.errors import AssetError, RenderError
from render.engine.control import Control, kill_group
from render.engine.job import Job, Report
from render.engine.plain import PlainPickler

if TYPE_CHECKING:
    from reelqueue.spec_request import VideoRequest

# What a worker takes at most: Python with its libraries, and frames and their references for each pixel. Measured.
_WORKER_BYTES = 160 << 20
_PIXEL_BYTES = 60
# Where nobody collects orphans, they stay listed in their group; there is no use in waiting for that.
_DYING_SECONDS = 1.0
# All that is loaded stays, so there is no use in looking for garbage meanwhile, which would take a tenth of the time.
_BEGIN = "import gc; gc.disable(); from render.engine.start import main; main()"
# AWS Lambda gives a vCPU for so many megabytes.
_LAMBDA_MB_PER_CPU = 1769


class WorkerDied(Exception):
    """A process ended without a word. ``exit_code`` is negative for a signal; -9 is how Linux takes memory back."""

    def __init__(self, exit_code: int) -> None:
        super().__init__(f"a process of the render ended with {exit_code}")
        self.exit_code = exit_code


class Crew:
    """A context: inside there are the processes, after it there are none.

    ``control`` takes the progress and the tally of their render, and stops it from another thread. ``folder`` is this
    render's own, where it writes all that it writes; the caller makes it, and removes it.
    """

    def __init__(self, control: Control, folder: Path) -> None:
        self.control = control
        self.folder = folder
        self._log = folder / "crew.log"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Crew:
        self._start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def renew(self) -> None:
        """End all processes and begin with others, which have no job yet."""
        self._end()
        self._start()

    def _start(self) -> None:
        # One thread for each library that would make a pool of its own: the workers are what runs in parallel. Pictures
        # and an encoder's frames come from what was freed, as far as glibc can be told: fresh pages would take 5 % of
        # the time of a render. What is larger goes back at once, and the rest when scenes are over (``compose.py``).
        alone = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"}
        alone |= {"MALLOC_MMAP_THRESHOLD_": str(32 << 20), "MALLOC_TRIM_THRESHOLD_": str(256 << 20)}
        # What decodes a client's files has no use for the function's credentials.
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-S", "-P", "-c", _BEGIN],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=inherited | alone | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
                start_new_session=True,
            )
        self.control.watch(self._process)

    def _end(self) -> None:
        process = self._running
        kill_group(process)
        process.wait()
        _await_end_of_group(process.pid)
        self.control.release(process)
        for pipe in (process.stdin, process.stdout):
            _close(pipe)

    def draw_texts(self, request: VideoRequest) -> None:
        """Begin to draw the texts of the request, whose job will follow. What becomes of that is reported with it."""
        self._send((request, self.folder))

    def work(self, job: Job) -> Iterator[Report]:
        """Have the job done, whose texts are drawn already, or about to be; what is reported meanwhile.

        At the end of the reports the video is there.

        Raises:
            AssetError: a file proved damaged when it was decoded.
            RenderError: the GIF could not be made.
            WorkerDied: one of the processes was killed.
            Stopped: the render was stopped.
        """
        self._send(job)
        process = self._running
        assert process.stdout is not None  # noqa: S101 - always a pipe, see _start
        joined = False
        for line in process.stdout:
            report = Report.from_line(line)
            if report.kind == "error":
                raise _as_raised(report)
            if report.kind == "died":
                self.control.check()
                raise WorkerDied((report.error or {})["exit"])
            joined = joined or (report.kind == "done" and report.task.kind == "join")
            yield report
        self.control.check()
        if not joined:
            # The foreman is gone, and its workers may not have noticed yet. A signal does not change what it died of.
            kill_group(process)
            if process.wait() < 0:
                raise WorkerDied(process.wait())
            raise RuntimeError(f"the crew ended early: {self._log.read_text(errors='replace')[-2000:]}")

    def _send(self, what: tuple[VideoRequest, Path] | Job) -> None:
        process = self._running
        assert process.stdin is not None  # noqa: S101 - always a pipe, see _start
        try:
            PlainPickler(process.stdin).dump(what)
            process.stdin.flush()
        except BrokenPipeError:
            # The end of its reports will tell why, unless it was stopped.
            self.control.check()

    @property
    def _running(self) -> subprocess.Popen[bytes]:
        assert self._process is not None  # noqa: S101 - only used as a context
        return self._process


def worker_count(width: int, height: int, segments: int) -> int:
    """As many workers as there are vCPUs, memory and segments for."""
    by_memory = _memory_bytes() // (_WORKER_BYTES + _PIXEL_BYTES * width * height)
    return max(1, min(_cpus(), by_memory, segments))


def _cpus() -> int:
    lambda_mb = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
    if lambda_mb:
        return max(1, round(int(lambda_mb) / _LAMBDA_MB_PER_CPU))
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _memory_bytes() -> int:
    lambda_mb = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
    if lambda_mb:
        return int(lambda_mb) << 20
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _as_raised(report: Report) -> Exception:
    error = report.error or {}
    if "asset" in error:
        return AssetError(error["asset"], error["message"], code=error["code"])
    if "render" in error:
        return RenderError(error["render"])
    return RuntimeError(f"the task {report.task} failed:\n{error.get('trace')}")


def _await_end_of_group(group: int) -> None:
    """Wait for the forked workers, which nobody here can collect: killed, they take a moment more to be gone."""
    deadline = time.monotonic() + _DYING_SECONDS
    while time.monotonic() < deadline:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.01)


def _close(pipe: IO[bytes] | None) -> None:
    try:
        if pipe is not None:
            pipe.close()
    except BrokenPipeError:
        return  # what was still buffered for a process that is gone
