"""The whole render: fetch, probe, plan, and have a crew of processes do it. Everything is written below one folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reelqueue.spec_request import VideoRequest
from render.engine.assets import Fetch, gather
from render.engine.control import Control
from render.engine.crew import Crew, worker_count
from render.engine.job import Job
from render.engine.process import Ffmpeg, find_ffmpeg
from render.engine.segments import make_segments
from render.engine.timeline import make_timeline


@dataclass(frozen=True)
class Rendered:
    """A finished video. ``duration`` is in seconds, ``bytes`` is the size of the video file."""

    video: Path
    poster: Path
    duration: float
    width: int
    height: int
    bytes: int


def render(
    request: VideoRequest,
    workdir: Path,
    *,
    fetch: Fetch,
    control: Control,
    ffmpeg: str | None = None,
    workers: int | None = None,
) -> Rendered:
    """Render a request.

    Args:
        request: what to show, as accepted.
        workdir: an existing folder of this render's own; the caller removes it.
        fetch: brings a source to a local file, or raises ``FetchError``.
        control: takes the progress, and stops the render from another thread.
        workers: how many processes render; by default as many as there are vCPUs, and memory for.
        ffmpeg: the program; by default ``IMAGEIO_FFMPEG_EXE``, else the one that imageio-ffmpeg carries.

    Raises:
        AssetError: a file is missing, broken or of the wrong type; names the scene and the element.
        RenderError: anything else that keeps the video from being made.
        WorkerDied: a process was killed, most likely for want of memory.
        Stopped: the caller asked to stop. No process is left.
    """
    control.check()
    with Crew(control, workdir) as crew:
        # Not at the top of this module: loading MoviePy takes as long as the crew needs to load its own libraries.
        from render.engine.text import draw_texts

        program = find_ffmpeg(ffmpeg)
        assets = gather(request, workdir, fetch, Ffmpeg(program, control, workdir))
        timeline = make_timeline(request, assets.media)
        segments = make_segments(timeline)
        size = (request.output.width, request.output.height)
        missing = tuple(segment.index for segment in segments)
        workers = worker_count(*size, len(missing)) if workers is None else workers
        letterings = draw_texts(request, workdir, control.check)
        job = Job(request, timeline, segments, missing, assets, letterings, workdir, program, workers)
        encoded = 0
        for report in crew.work(job):
            encoded += report.frames
            # The last percent is kept for the joining.
            control.advance(99 * encoded / timeline.frames)
    control.advance(100)
    return Rendered(job.video, job.poster, timeline.seconds, *size, job.video.stat().st_size)
