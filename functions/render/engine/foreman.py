"""The process that renders: it forks the other workers, hands out the tasks, passes on what is reported, and works too.

It is a program of its own, started by ``crew.py``, for three reasons. It has one thread when it forks, which is safe,
as it is not in a Lambda beside boto3's threads; workers share by fork what was loaded once; and it leads the group of
processes in which everything that renders lives, so one signal ends all of it. When its caller dies, its standard input
ends, and it ends the group itself. Pipes are all it needs: Lambda has no /dev/shm for the semaphores of
``multiprocessing``.

Its main thread is the first of the workers, since a process more would take 50 MB more. A second thread leads, and a
third makes the sound.
"""

from __future__ import annotations

import contextlib
import gc
import os
import pickle
import selectors
import signal
import threading
import traceback
from collections import deque
from dataclasses import dataclass, field

import cv2

from render.engine.audio import make_sound
from render.engine.control import Control
from render.engine.job import Job, Report, Task
from render.engine.process import Ffmpeg
from render.engine.schedule import Schedule
from render.engine.worker import describe, serve, work

_FROM_CALLER, _TO_CALLER = 0, 1


@dataclass(eq=False)
class _Hand:
    """Somebody at work, and the task in hand: a forked worker, or one of the foreman's own threads, with no ``pid``."""

    reports: int
    tasks: int = -1
    number: int = -1
    pid: int = 0
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
        self._sound: _Hand | None = None
        self._events = selectors.DefaultSelector()

    def run(self) -> None:
        """Work until the video is there, or something has failed. With that the process ends, and no worker is left."""
        self._events.register(_FROM_CALLER, selectors.EVENT_READ)
        for number in range(1, self._job.workers):
            self._hire(number)
        tasks, for_tasks = os.pipe()
        reports, for_reports = os.pipe()
        self._take_on(_Hand(reports, for_tasks, number=0))
        if self._job.request.output.format != "gif":
            self._sound = self._begin_sound()
        threading.Thread(target=self._lead_to_the_end).start()
        serve(self._job, tasks, for_reports)

    def _lead_to_the_end(self) -> None:
        status = 1
        try:
            self._lead()
            status = 0
        except Exception:  # noqa: BLE001 - the end of a process: the log is all that can still be told
            traceback.print_exc()
        finally:
            for hand in self._hands:
                if hand.pid:
                    os.kill(hand.pid, signal.SIGKILL)
                    os.waitpid(hand.pid, 0)
            # Whatever the main thread is at.
            os._exit(status)

    def _lead(self) -> None:
        for hand in self._hands:
            self._give(hand)
        goes_on = True
        while goes_on and (self._sound or any(hand.task for hand in self._hands)):
            for key, _ in self._events.select():
                if key.fd == _FROM_CALLER:
                    os.killpg(0, signal.SIGKILL)  # the caller is gone, and this process goes with its group
                goes_on = goes_on and self._listen(key.data)

    def _tasks_before_segments(self) -> list[Task]:
        poster = self._job.timeline.poster_frame
        if poster is None:
            return [Task("poster")]
        segment = next(segment for segment in self._job.segments if segment.first <= poster < segment.end)
        return [] if segment.index in self._job.missing else [Task("poster", segment.index)]

    def _begin_sound(self) -> _Hand:
        """Make the sound beside all else: as a task, it would leave one worker with more to do than the others."""
        reports, for_reports = os.pipe()
        hand = _Hand(reports, task=Task("sound"))
        self._events.register(reports, selectors.EVENT_READ, hand)
        threading.Thread(target=_make_sound, args=(self._job, for_reports)).start()
        return hand

    def _take_on(self, hand: _Hand) -> None:
        self._hands.append(hand)
        self._events.register(hand.reports, selectors.EVENT_READ, hand)

    def _hire(self, number: int) -> None:
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
        self._take_on(_Hand(reports, tasks, number, pid))

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
        if self._joined or self._sound or any(other.task for other in self._hands if other is not hand):
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
            if report.kind == "done" and hand is self._sound:
                self._events.unregister(hand.reports)
                self._sound = None
                for idle in [other for other in self._hands if other.task is None]:
                    self._give(idle)
            elif report.kind == "done":
                self._give(hand)
        return True

    def _bury(self, hand: _Hand) -> None:
        """Report a worker that has died over its task; the main thread leaves a trace in the log, as the others do."""
        self._hands.remove(hand)
        how = os.waitstatus_to_exitcode(os.waitpid(hand.pid, 0)[1]) if hand.pid else 1
        report = Report("died", hand.task or Task("segment"), error={"exit": how})
        os.write(_TO_CALLER, report.line())


def _make_sound(job: Job, reports: int) -> None:
    """The life of the foreman's third thread."""
    ffmpeg = Ffmpeg(job.ffmpeg, Control(), job.folder, own_groups=False)
    report = Report("done", Task("sound"))
    try:
        make_sound(job.timeline, job.assets.paths, job.request.output, job.sound, ffmpeg)
    except Exception as error:  # noqa: BLE001 - the end of a thread: what went wrong is told to the other side
        report = Report("error", report.task, error=describe(error))
    with os.fdopen(reports, "wb", buffering=0) as answers:
        answers.write(report.line())


def main() -> None:
    """Read a job and have it done."""
    # A worker is one thread beside its encoder: more only wait for each other (measured: 8.9 ms of CPU for a frame of
    # snow with two threads, 4.3 ms with one), and threads of this process would not survive the fork.
    cv2.setNumThreads(1)
    with os.fdopen(os.dup(_FROM_CALLER), "rb") as caller:
        job = pickle.load(caller)  # noqa: S301 - written by crew.py, on the other end of this pipe
    # What was loaded is no garbage, and shall not be copied for being looked at; the crew began without looking.
    gc.freeze()
    gc.enable()
    Foreman(job).run()
