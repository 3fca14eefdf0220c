"""The whole render: fetch, probe, plan, and have a crew of processes do it. Everything is written below one folder."""

from __future__ import annotations

import logging
import signal
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from reelqueue.errors import OutOfMemory
from render.engine.assets import Assets, Fetch, gather
from render.engine.control import Control
from render.engine.crew import Crew, WorkerDied, worker_count
from render.engine.heap import give_back
from render.engine.job import Job
from render.engine.kept import Keeper, Kept, Piece
from render.engine.process import Ffmpeg, find_ffmpeg
from render.engine.segments import make_segments
from render.engine.timeline import Timeline, make_timeline

if TYPE_CHECKING:
    from reelqueue.spec_request import VideoRequest
    from render.engine.cues import Cues
    from render.engine.speech import Speaker

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Rendered:
    """A finished video. ``duration`` is in seconds, ``bytes`` is the size of the video file.

    ``captions`` is a WebVTT file of all that is captioned, None where nothing is.
    """

    video: Path
    poster: Path
    captions: Path | None
    duration: float
    width: int
    height: int
    bytes: int


def render(
    request: VideoRequest,
    crew: Crew,
    *,
    fetch: Fetch,
    kept: Kept | None = None,
    ffmpeg: str | None = None,
    workers: int | None = None,
    memory_kills: int = 0,
    speaker: Speaker | None = None,
) -> Rendered:
    """Render a request.

    Args:
        request: what to show, as accepted.
        crew: the processes that render, all of them new.
        fetch: brings a source to a local file, or raises ``FetchError``.
        kept: where segments are kept; those that are there are not rendered again.
        ffmpeg: the program; by default ``IMAGEIO_FFMPEG_EXE``, else the one that imageio-ffmpeg carries.
        workers: how many processes render; by default as many as there are vCPUs, and memory for.
        memory_kills: how often this render was killed before for want of memory; each halves the number of workers.
        speaker: says what scenes have their voices say.

    Raises:
        AssetError: a file is missing, broken or of the wrong type; names the scene and the element.
        OutOfMemory: a process was killed that was the only one that rendered.
        RenderError: anything else that keeps the video from being made.
        WorkerDied: a process died for another reason.
        Stopped: the caller asked to stop.
    """
    control, workdir = crew.control, crew.folder
    control.check()
    program = find_ffmpeg(ffmpeg)
    tools = Ffmpeg(program, control, workdir)
    crew.draw_texts(request)
    assets = gather(request, workdir, fetch, tools)
    if any(scene.voice for scene in request.scenes):
        from render.engine.speech import speak
        from render.engine.version import engine_version

        assets = assets.with_speeches(speak(request, workdir, speaker, kept, tools, engine_version()))
    spoken = {scene: speech.seconds for scene, speech in assets.speeches.items()}
    timeline = make_timeline(request, assets.media, spoken)
    segments = make_segments(timeline)
    cues, sidecar = _captions(request, timeline, assets, workdir)
    job = Job(request, timeline, segments, (), assets, workdir, program, 1, cues)
    control.tally.segments = len(segments)
    with Keeper(kept, () if kept is None else _pieces(job), request.output, control) as keeper:
        found = keeper.fetch()
        missing = tuple(segment.index for segment in segments if segment.index not in found)
        if workers is None:
            workers = worker_count(request.output.width, request.output.height, len(missing))
        job = replace(job, missing=missing, workers=max(1, workers >> memory_kills))
        # What decoding took, others need now.
        give_back()
        _work(job, crew, control, keeper)
    control.advance(100)
    size = (request.output.width, request.output.height)
    return Rendered(job.video, job.poster, sidecar, timeline.seconds, *size, job.video.stat().st_size)


def _pieces(job: Job) -> list[Piece]:
    """The segments by the names under which they are kept."""
    # Loaded where anything is kept: to read the versions of the libraries takes a while.
    from render.engine.fingerprint import fingerprints
    from render.engine.version import engine_version

    names = fingerprints(job.request, job.timeline, job.segments, job.assets, engine_version(), job.cues)
    return [Piece(each, name, job.segment_file(each.index)) for each, name in zip(job.segments, names, strict=True)]


def _captions(request: VideoRequest, timeline: Timeline, assets: Assets, workdir: Path) -> tuple[Cues, Path | None]:
    """All captions: as said, and as a file to go beside the video, if there is one."""
    if not any(scene.captions for scene in request.scenes):
        return {}, None
    # Loaded where they are needed: many requests have no captions.
    from render.engine.cues import cues_of, subtitles_of
    from render.engine.subtitles import write_subtitles

    cues = cues_of(request, timeline, assets)
    sidecar = None
    if subtitles := subtitles_of(cues, timeline):
        sidecar = workdir / "captions.vtt"
        write_subtitles(subtitles, sidecar)
    return cues, sidecar


def _work(job: Job, crew: Crew, control: Control, keeper: Keeper) -> None:
    """Have the job done, by fewer processes each time that one of them is killed for want of memory."""
    missing = set(job.missing)
    while True:
        control.tally.workers = job.workers
        encoded = sum(segment.frames for segment in job.segments if segment.index not in missing)
        try:
            for report in crew.work(job):
                encoded += report.frames
                # The last percent is kept for the joining.
                control.advance(99 * encoded / job.timeline.frames)
                if report.kind == "done" and report.task.kind == "segment":
                    missing.remove(report.task.index)
                    control.tally.rendered += 1
                    keeper.keep(report.task.index)
            return
        except WorkerDied as died:
            if died.exit_code != -signal.SIGKILL:
                raise
            control.tally.memory_kills += 1
            if job.workers == 1:
                raise OutOfMemory from died
            job = replace(job, missing=tuple(sorted(missing)), workers=job.workers // 2)
            _logger.warning("one of the processes was killed for want of memory; it goes on with %d", job.workers)
            crew.renew()
            crew.draw_texts(job.request)
