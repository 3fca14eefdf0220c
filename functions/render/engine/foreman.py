"""The process that renders: it forks the other workers, hands out the tasks, passes on what is reported, and works too.

It is a program of its own (``start.py``), started by ``crew.py``, for three reasons. It has one thread when it forks,
which is safe, as it is not in a Lambda beside boto3's threads; workers share by fork what was loaded once; and it leads
the group of processes in which everything that renders lives, so one signal ends all of it. When its caller dies, its
standard input ends, and it ends the group itself. Pipes are all it needs: Lambda has no /dev/shm for the semaphores of
``multiprocessing``.

Its main thread is the first of the workers, since a process more would take 50 MB more. A second thread leads, and a
third makes the sound. Texts are drawn by a process that is forked as soon as the request is known, and captions by
another: what sets type, and MoviePy, are gone again before frames take most memory.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import threading
import traceback
from collections import deque
from collections.abc import Iterable

from render.engine.audio import make_sound
from render.engine.control import Control
from render.engine.drawings import Drawings
from render.engine.hands import FROM_CALLER, TO_CALLER, Hand, leave_the_caller, threaded
from render.engine.job import Job, Report, Task
from render.engine.material import Material
from render.engine.process import Ffmpeg
from render.engine.schedule import Schedule
from render.engine.worker import serve, work


class Foreman:
    """Has one job done. ``helpers`` are at work for it already: each does one task, and no other."""

    def __init__(self, job: Job, helpers: Iterable[Hand]) -> None:
        self._job = job
        self._material = Material.of(job.request, job.timeline, job.assets, Drawings(job.folder))
        self._schedule = Schedule(job.segments, job.missing)
        self._first = deque(self._tasks_before_segments())
        self._joined = False
        self._workers: list[Hand] = []
        self._helpers = [*helpers]
        self._leaving: list[Hand] = []
        self._events = selectors.DefaultSelector()

    def run(self) -> None:
        """Work until the video is there, or something has failed. With that the process ends, and no worker is left."""
        self._events.register(FROM_CALLER, selectors.EVENT_READ)
        self._make_common_ground()
        for number in range(1, self._job.workers):
            self._hire(number)
        tasks, for_tasks = os.pipe()
        reports, for_reports = os.pipe()
        self._workers.append(Hand(reports, for_tasks, number=0))
        # From here on there are threads, and nobody is forked.
        if self._job.request.output.format != "gif":
            self._helpers.append(_makes_sound(self._job))
        for hand in (*self._workers, *self._helpers):
            self._events.register(hand.reports, selectors.EVENT_READ, hand)
        threading.Thread(target=self._lead_to_the_end).start()
        serve(self._job, self._material, tasks, for_reports)

    def _lead_to_the_end(self) -> None:
        status = 1
        try:
            self._lead()
            status = 0
        except Exception:  # noqa: BLE001 - the end of a process: the log is all that can still be told
            traceback.print_exc()
        finally:
            for hand in (*self._workers, *self._helpers, *self._leaving):
                if hand.pid:
                    os.kill(hand.pid, signal.SIGKILL)
                    os.waitpid(hand.pid, 0)
            # Whatever the main thread is at.
            os._exit(status)

    def _lead(self) -> None:
        for hand in [*self._workers]:
            self._give(hand)
        goes_on = True
        while goes_on and (self._helpers or any(hand.task for hand in self._workers)):
            for key, _ in self._events.select():
                if key.fd == FROM_CALLER:
                    os.killpg(0, signal.SIGKILL)  # the caller is gone, and this process goes with its group
                goes_on = goes_on and self._listen(key.data)

    def _make_common_ground(self) -> None:
        """Make what texts lie on, if all scenes begin with one, and so wait for its drawing: once, for all workers."""
        scenes = {self._job.segments[index].scene for index in self._job.missing}
        if scenes and all(self._material.begins_with_text(scene) for scene in scenes):
            self._material.ground(min(scenes))

    def _tasks_before_segments(self) -> list[Task]:
        poster = self._job.timeline.poster_frame
        if poster is None:
            return [Task("poster")]
        segment = next(segment for segment in self._job.segments if segment.first <= poster < segment.end)
        return [] if segment.index in self._job.missing else [Task("poster", segment.index)]

    def _hire(self, number: int) -> None:
        for_tasks, tasks = os.pipe()
        reports, for_reports = os.pipe()
        pid = os.fork()
        if pid == 0:
            # Only its own two pipes: an end that stays open elsewhere would hide that the other side is gone.
            for other in (*self._workers, *self._helpers):
                os.close(other.reports)
                if other.tasks >= 0:
                    os.close(other.tasks)
            self._events.close()
            os.close(tasks)
            os.close(reports)
            leave_the_caller()
            work(self._job, self._material, for_tasks, for_reports)
        os.close(for_tasks)
        os.close(for_reports)
        self._workers.append(Hand(reports, tasks, number, pid))

    def _give(self, hand: Hand) -> None:
        """Give a worker its next task; without one it leaves, and its memory is free when the others are done."""
        hand.task = self._next(hand)
        if hand.task:
            # One that has died since its last report is buried when the end of its reports is read.
            with contextlib.suppress(BrokenPipeError):
                os.write(hand.tasks, hand.task.line())
        elif hand.pid:
            self._events.unregister(hand.reports)
            self._workers.remove(hand)
            self._leaving.append(hand)
            os.close(hand.tasks)

    def _next(self, hand: Hand) -> Task | None:
        if self._first:
            return self._first.popleft()
        index = self._schedule.take(hand.number)
        if index is not None:
            return Task("segment", index)
        if self._joined:
            return None
        # By the first that has nothing else to do, while the others finish the last segments.
        self._joined = True
        return Task("join")

    def _listen(self, hand: Hand) -> bool:
        """Pass on what a worker says; whether the work goes on."""
        data = os.read(hand.reports, 1 << 16)
        if not data:
            self._bury(hand)
            return False
        *lines, hand.unread = (hand.unread + data).split(b"\n")
        for line in lines:
            report = Report.from_line(line + b"\n")
            os.write(TO_CALLER, report.line())
            if report.kind == "error":
                return False
            if report.kind == "done" and hand in self._helpers:
                self._dismiss(hand)
            elif report.kind == "done":
                self._give(hand)
        return True

    def _dismiss(self, helper: Hand) -> None:
        """Let go a helper that has done its task."""
        self._events.unregister(helper.reports)
        self._helpers.remove(helper)
        if helper.pid:
            os.waitpid(helper.pid, 0)

    def _bury(self, hand: Hand) -> None:
        """Report one that has died over its task; the main thread leaves a trace in the log, as the others do."""
        (self._workers if hand in self._workers else self._helpers).remove(hand)
        how = os.waitstatus_to_exitcode(os.waitpid(hand.pid, 0)[1]) if hand.pid else 1
        report = Report("died", hand.task or Task("segment"), error={"exit": how})
        os.write(TO_CALLER, report.line())


def _makes_sound(job: Job) -> Hand:
    """Who makes the sound, beside all else: as a task, it would leave one worker with more to do than the others."""
    ffmpeg = Ffmpeg(job.ffmpeg, Control(), job.folder, own_groups=False)
    return threaded(
        Task("sound"), lambda: make_sound(job.timeline, job.assets.paths, job.request.output, job.sound, ffmpeg)
    )
