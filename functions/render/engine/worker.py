"""A process that renders: it takes one task after the other from its foreman and tells what came of it."""

from __future__ import annotations

import os
import time
import traceback
from typing import IO

from render.engine.compose import Composer
from render.engine.control import Control
from render.engine.drawings import until_there
from render.engine.encode import Encoding, SegmentWriter
from render.engine.finish import finish
from render.engine.job import Job, Report, Task
from render.engine.material import Material
from render.engine.process import Ffmpeg
from render.engine.vp9 import Vp9Writer

_REPORT_SECONDS = 0.25


class Worker:
    """Does the tasks of a job. What it has built for a scene it keeps for the next task."""

    def __init__(self, job: Job, material: Material, reports: IO[bytes]) -> None:
        self._job = job
        self._reports = reports
        self._composer = Composer(material)
        # In the crew's process group, so that whoever kills the crew kills this too.
        self._ffmpeg = Ffmpeg(job.ffmpeg, Control(), job.folder, own_groups=False)

    def run(self, tasks: IO[bytes]) -> None:
        """Work until there are no more tasks, or one fails."""
        for line in tasks:
            task = Task.from_line(line)
            try:
                self._do(task)
            except Exception as error:  # noqa: BLE001 - a process boundary: what went wrong is told to the other side
                self._tell(Report.of_error(task, error))
                return
            self._tell(Report("done", task))

    def _do(self, task: Task) -> None:
        job = self._job
        if task.kind == "segment":
            self._segment(task)
        elif task.kind == "poster":
            self._poster(task)
        else:
            self._composer.close()
            files = [job.segment_file(segment.index) for segment in job.segments]
            finish(job.request.output, job.segments, files, job.sound, job.video, self._ffmpeg, until_there)

    def _poster(self, task: Task) -> None:
        wanted = self._job.timeline.poster_frame
        if wanted is None:
            self._composer.save_best_poster(self._job.segments, self._job.poster)
            return
        segment = self._job.segments[task.index]
        self._composer.save_poster(segment, wanted - segment.first, self._job.poster)

    def _segment(self, task: Task) -> None:
        segment, target = self._job.segments[task.index], self._job.segment_file(task.index)
        # Renamed when it is whole: a killed process leaves nothing that looks like a segment.
        unfinished = target.with_suffix(".part")
        told, next_report = 0, time.monotonic() + _REPORT_SECONDS
        encoding = Encoding.of(self._job.request.output)
        with (Vp9Writer if encoding.format == "webm" else SegmentWriter)(unfinished, encoding) as writer:

            def painted() -> None:
                nonlocal told, next_report
                now = time.monotonic()
                if now >= next_report and writer.written > told:
                    self._tell(Report("frames", task, writer.written - told))
                    told, next_report = writer.written, now + _REPORT_SECONDS

            self._composer.write(segment, writer, painted, self._job.poster)
        unfinished.rename(target)
        self._tell(Report("frames", task, writer.written - told))

    def _tell(self, report: Report) -> None:
        self._reports.write(report.line())
        self._reports.flush()


def serve(job: Job, material: Material, tasks: int, reports: int) -> None:
    """Do the tasks that come out of a pipe, and report into another; both are closed at the end."""
    with os.fdopen(tasks, "rb") as lines, os.fdopen(reports, "wb", buffering=0) as answers:
        Worker(job, material, answers).run(lines)


def work(job: Job, material: Material, tasks: int, reports: int) -> None:
    """The life of a forked worker: from the pipe of its tasks to the pipe of its reports, and out."""
    status = 1
    try:
        serve(job, material, tasks, reports)
        status = 0
    except BrokenPipeError:
        status = 0  # the foreman is gone, and nobody waits for this
    except Exception:  # noqa: BLE001 - a process boundary: the log is all that can still be told
        traceback.print_exc()
    finally:
        # Not the foreman's exit handlers, nor its buffers: this process is a copy of it.
        os._exit(status)
