"""Who does the tasks of a crew: processes and threads, each known by the pipe of its reports."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from render.engine.job import Report, Task

FROM_CALLER, TO_CALLER = 0, 1


@dataclass(eq=False)
class Hand:
    """Somebody at work, and the task in hand: a process forked for it, or a thread of the foreman, with no ``pid``.

    A helper does one task, and no other; a worker gets its tasks through a pipe.
    """

    reports: int
    tasks: int = -1
    number: int = -1
    pid: int = 0
    task: Task | None = None
    unread: bytes = field(default=b"", repr=False)


def threaded(task: Task, make: Callable[[], None]) -> Hand:
    """A thread that does this, and ends."""
    reports, for_reports = os.pipe()
    threading.Thread(target=_do, args=(task, make, for_reports)).start()
    return Hand(reports, task=task)


def forked(task: Task, make: Callable[[], None]) -> Hand:
    """A process that does this, and ends."""
    reports, for_reports = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(reports)
            leave_the_caller()
            _do(task, make, for_reports)
        finally:
            # Not the foreman's exit handlers, nor its buffers: this process is a copy of it.
            os._exit(0)
    os.close(for_reports)
    return Hand(reports, pid=pid, task=task)


def leave_the_caller() -> None:
    """Let go of the pipes from and to the caller, which are the foreman's."""
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, FROM_CALLER)
    os.dup2(nothing, TO_CALLER)


def _do(task: Task, make: Callable[[], None], reports: int) -> None:
    """The life of a helper."""
    report = Report("done", task)
    try:
        make()
    except Exception as error:  # noqa: BLE001 - the end of a thread or process: it is told to the other side
        report = Report.of_error(task, error)
    with os.fdopen(reports, "wb", buffering=0) as answers:
        answers.write(report.line())
