"""The process that renders: it forks the workers, hands out the tasks and passes their reports on.

It is a program of its own (``python -m render.engine.foreman``), started by ``crew.py``, for three reasons. It has one
thread, so forking it is safe, which it is not in a Lambda beside boto3's threads; workers share by fork what was loaded
once; and it leads a process group in which everything that renders lives, so one signal ends all of it. When its
caller dies, its standard input ends, and it ends the group itself. Pipes are all it needs: Lambda has no /dev/shm for
the semaphores of ``multiprocessing``.
"""

from __future__ import annotations

import contextlib
import gc
import os
import pickle
import selectors
import signal
from collections import deque
from dataclasses import dataclass, field

import cv2

from render.engine.job import Job, Report, Task
from render.engine.schedule import Schedule
from render.engine.worker import work

_FROM_CALLER, _TO_CALLER = 0, 1


@dataclass(eq=False)
class _Hand:
    """A worker, and the task that it is doing."""

    number: int
    pid: int
    tasks: int
    reports: int
    task: Task | None = None
    unread: bytes = field(default=b"", repr=False)


class Foreman:
    """Has one job done."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._schedule = Schedule(job.segments, job.missing)
        self._first = deque(self._tasks_before_segments())
        self._joined = False
        self._hands: list[_Hand] = []
        self._events = selectors.DefaultSelector()

    def run(self) -> None:
        """Work until the video is there, or something has failed; then all workers are gone."""
        self._events.register(_FROM_CALLER, selectors.EVENT_READ)
        for number in range(self._job.workers):
            self._hands.append(self._hire(number))
        for hand in self._hands:
            self._give(hand)
        goes_on = True
        while goes_on and any(hand.task for hand in self._hands):
            for key, _ in self._events.select():
                if key.fd == _FROM_CALLER:
                    os.killpg(0, signal.SIGKILL)  # the caller is gone, and this process goes with its group
                goes_on = goes_on and self._listen(key.data)
        for hand in self._hands:
            os.kill(hand.pid, signal.SIGKILL)
            os.waitpid(hand.pid, 0)

    def _tasks_before_segments(self) -> list[Task]:
        # A GIF has no sound.
        tasks = [] if self._job.request.output.format == "gif" else [Task("sound")]
        poster = self._job.timeline.poster_frame
        if poster is None:
            return [*tasks, Task("poster")]
        segment = next(segment for segment in self._job.segments if segment.first <= poster < segment.end)
        if segment.index not in self._job.missing:
            tasks.append(Task("poster", segment.index))
        return tasks

    def _hire(self, number: int) -> _Hand:
        for_tasks, tasks = os.pipe()
        reports, for_reports = os.pipe()
        pid = os.fork()
        if pid == 0:
            # Only its own two pipes: an end that stays open elsewhere would hide that the other side is gone.
            for other in self._hands:
                os.close(other.tasks)
                os.close(other.reports)
            self._events.close()
            os.close(tasks)
            os.close(reports)
            nothing = os.open(os.devnull, os.O_RDWR)
            os.dup2(nothing, _FROM_CALLER)
            os.dup2(nothing, _TO_CALLER)
            work(self._job, for_tasks, for_reports)
        os.close(for_tasks)
        os.close(for_reports)
        hand = _Hand(number, pid, tasks, reports)
        self._events.register(reports, selectors.EVENT_READ, hand)
        return hand

    def _give(self, hand: _Hand) -> None:
        """Give a worker its next task, if there is one."""
        hand.task = self._next(hand)
        if hand.task:
            # One that has died since its last report is buried when the end of its reports is read.
            with contextlib.suppress(BrokenPipeError):
                os.write(hand.tasks, hand.task.line())

    def _next(self, hand: _Hand) -> Task | None:
        if self._first:
            return self._first.popleft()
        index = self._schedule.take(hand.number)
        if index is not None:
            return Task("segment", index)
        if self._joined or any(other.task for other in self._hands if other is not hand):
            return None
        self._joined = True
        return Task("join")

    def _listen(self, hand: _Hand) -> bool:
        """Pass on what a worker says; whether the work goes on."""
        data = os.read(hand.reports, 1 << 16)
        if not data:
            self._bury(hand)
            return False
        *lines, hand.unread = (hand.unread + data).split(b"\n")
        for line in lines:
            report = Report.from_line(line + b"\n")
            os.write(_TO_CALLER, report.line())
            if report.kind == "error":
                return False
            if report.kind == "done":
                self._give(hand)
        return True

    def _bury(self, hand: _Hand) -> None:
        """Report a worker that has died over its task."""
        self._hands.remove(hand)
        _, status = os.waitpid(hand.pid, 0)
        how = os.waitstatus_to_exitcode(status)
        report = Report("died", hand.task or Task("segment"), error={"exit": how})
        os.write(_TO_CALLER, report.line())


def main() -> None:
    """Read a job and have it done."""
    # A worker is one thread beside its encoder: more only wait for each other (measured: 8.9 ms of CPU for a frame of
    # snow with two threads, 4.3 ms with one), and threads of this process would not survive the fork.
    cv2.setNumThreads(1)
    with os.fdopen(os.dup(_FROM_CALLER), "rb") as caller:
        job = pickle.load(caller)  # noqa: S301 - written by crew.py, on the other end of this pipe
    gc.freeze()
    Foreman(job).run()


if __name__ == "__main__":
    main()
