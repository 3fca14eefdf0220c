"""One attempt of a job, or a leg of it: claim it, run the engine, store the video, give the slot back, tell the caller.

    leg 1 --its function's time runs short--> leg 2 --...--> leg n --> completed | failed | cancelled

An attempt begins as leg 1. When the time of its function runs short it hands over to a fresh invocation: same job, same
attempt, same slot. The next leg finds in the bucket what this one has rendered, so each must leave more than it found;
one that does not ends the job, since the next would get no further.

The order at the end matters: the video is in the bucket before the job is completed, the slot is free before anybody
is told, and the webhook, which may hang, comes last. A crash anywhere leaves the rest to the dispatcher.
"""

from __future__ import annotations

import platform
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from reelqueue.costs import render_cost_usd
from reelqueue.courier import announce
from reelqueue.deployment import Deployment
from reelqueue.dispatch import begin
from reelqueue.errors import NoHeadway, OverItsTime, RenderError
from reelqueue.jobs import Job, JobStatus, Result
from reelqueue.observability import ended_line, handed_over_line, logger, record_wait
from reelqueue.spec import VideoRequest
from reelqueue.store import Fenced
from render.engine.control import Control, Stopped
from render.engine.crew import Crew
from render.engine.render import Rendered, render
from render.espeak import Espeak
from render.fetch import Fetcher
from render.kept_segments import KeptSegments, segments_folder
from render.polly import Polly
from render.speakers import speaker_of
from render.watch import StopReason, Threads, Watch, percent_of
from render.workdir import workdir

WRAP_UP_MS = 15_000
"""A render is stopped so long before its function's own deadline, so that its end can still be written, and what it
has rendered be kept."""


@dataclass(frozen=True)
class Invocation:
    """What Lambda tells an invocation of itself."""

    function_name: str
    remaining_ms: int
    memory_mb: int


_TYPES = {".mp4": "video/mp4", ".webm": "video/webm", ".gif": "image/gif"}


@dataclass(frozen=True)
class Machine:
    """What an attempt runs on: the encoder and its processes, who speaks, threads beside it, a directory of its own."""

    engine: Callable[..., Rendered] = render
    crew: Callable[[Control, Path], AbstractContextManager[Crew]] = Crew
    speaker: Callable[[Deployment], Polly | Espeak] = speaker_of
    threads: Threads = threading
    workdir: Callable[[], AbstractContextManager[Path]] = workdir


def run_leg(
    at: Deployment, job_id: str, attempt: int, leg: int, invocation: Invocation, machine: Machine | None = None
) -> None:
    """Render a job, if this leg may: a second delivery and a reclaimed attempt leave quietly.

    Raises:
        ClientError: Lambda refused the next leg; the job is back in line.
    """
    machine = machine or Machine()
    name = {"job_id": job_id, "attempt": attempt, "leg": leg}
    found = at.store.job_and_request(job_id)
    if found is None or found[0].status is not JobStatus.PROCESSING or found[0].attempt != attempt:
        logger.warning("nothing to do: the attempt is not the job's", extra=name)
        return
    job, request_json = replace(found[0], leg=leg), found[1]
    if leg > 1:
        # Its first leg posts the start.
        job = replace(job, due=())
    deadline = at.store.now() + invocation.remaining_ms
    try:
        job = at.store.start(job, deadline)
    except Fenced:
        logger.warning("nothing to do: the leg has started already, or is over", extra=name)
        return
    if leg == 1:
        record_wait(job)
    # The start is posted beside the render: a slow receiver must not delay it.
    herald = machine.threads.Thread(target=announce, args=(at, job), name="herald")
    herald.start()
    job = replace(job, due=())
    try:
        finished = _outcome(at, machine, job, request_json, deadline, invocation)
        if finished is None:
            return
        if not finished.status.final:
            at.store.hand_over(job, finished)
            handed_over_line(finished)
            begin(at, invocation.function_name, job_id, attempt, finished.leg)
            return
        mean = None
        if finished.result is not None:
            mean = at.store.slots().mean_with(round(1000 * finished.result.render_seconds))
        finished = at.store.finish(job, finished, mean)
        ended_line(finished, at.store.queue())
        # The start is to arrive before the end, if it can; but a slow receiver must not keep the free slot empty.
        announce(at, finished, before_posting=herald.join)
    except Fenced:
        logger.warning("the attempt was given up for lost meanwhile", extra=name)
        return
    finally:
        herald.join()


def _outcome(
    at: Deployment, machine: Machine, job: Job, request_json: str, deadline: int, invocation: Invocation
) -> Job | None:
    """The job as this leg leaves it: ended, or handed over. None when the attempt is no longer the job's."""
    control = Control()
    speaker: Polly | Espeak | None = None
    watch = Watch(at.store, job, control, leave_at=deadline - WRAP_UP_MS, now=at.store.now, threads=machine.threads)
    try:
        with machine.workdir() as directory, machine.crew(control, directory) as crew, watch:
            request = VideoRequest.from_json(request_json)
            folder = segments_folder(job.owner, job.id, shared=request.cache)
            if any(scene.voice for scene in request.scenes):
                speaker = machine.speaker(at)
            rendered = machine.engine(
                request,
                crew,
                fetch=Fetcher(at, job.owner),
                kept=KeptSegments(at.s3, at.settings.bucket_name, folder),
                memory_kills=job.memory_kills,
                speaker=speaker,
            )
            # It takes seconds and is not cut off: where it was, by Lambda, the next attempt has only this left to do.
            control.check()
            result = _stored(at, job, rendered, control, _spoken_by(speaker), invocation.memory_mb)
            return job.completed(result, at.store.now())
    except RenderError as error:
        return job.failed(error, at.store.now())
    except Stopped:
        match watch.reason:
            case StopReason.CANCELLED:
                return job.cancelled(at.store.now())
            case StopReason.TIMEOUT:
                return job.failed(OverItsTime(job.timeout_seconds or 0), at.store.now())
            case StopReason.SHORT:
                return _handed_over(job, control, _spoken_by(speaker), at.store.now(), invocation)
            case _:
                return None
    finally:
        told = {"job_id": job.id, "attempt": job.attempt, "leg": job.leg, **asdict(control.tally)}
        logger.info("segments", extra=told)


def _handed_over(job: Job, control: Control, spoken: int, now: int, invocation: Invocation) -> Job:
    """The job for its next leg, or failed when that would get no further.

    More segments than ever before must be there now: a segment that cannot be fetched is rendered and kept again, and
    again by the leg after it, so it is not enough to have kept one.
    """
    tally = control.tally
    headway = tally.reused + tally.kept
    if tally.kept == 0 or headway <= job.headway:
        return job.failed(NoHeadway((invocation.remaining_ms - WRAP_UP_MS) // 1000), now)
    used = {"gets": tally.segments, "puts": tally.kept, "characters": spoken}
    return job.handed_over(now, progress=percent_of(control), headway=headway, **used)


def _spoken_by(speaker: Polly | Espeak | None) -> int:
    """How many characters were spoken for money."""
    return speaker.characters if speaker else 0


def _stored(at: Deployment, job: Job, rendered: Rendered, control: Control, spoken: int, memory_mb: int) -> Result:
    """Upload video and poster under keys that carry the attempt, so that a lost render cannot overwrite them."""
    folder = f"videos/{job.id}/{job.attempt}"
    result = Result(
        video_key=f"{folder}/video{rendered.video.suffix}",
        poster_key=f"{folder}/poster.jpg",
        duration=rendered.duration,
        width=rendered.width,
        height=rendered.height,
        bytes=rendered.bytes,
        render_seconds=0.0,
        cost_usd=0.0,
        captions_key=f"{folder}/captions.vtt" if rendered.captions else None,
    )
    bucket = at.settings.bucket_name
    at.s3.upload_file(
        str(rendered.video), bucket, result.video_key, ExtraArgs={"ContentType": _TYPES[rendered.video.suffix]}
    )
    at.s3.upload_file(str(rendered.poster), bucket, result.poster_key, ExtraArgs={"ContentType": "image/jpeg"})
    if rendered.captions and result.captions_key:
        at.s3.upload_file(str(rendered.captions), bucket, result.captions_key, ExtraArgs={"ContentType": "text/vtt"})
    now = at.store.now()
    cost = render_cost_usd(
        job.at_rest(now, gets=control.tally.segments, puts=control.tally.kept, characters=spoken).spent,
        memory_mb=memory_mb,
        machine=platform.machine(),
        stored_bytes=rendered.bytes,
        retention_days=at.settings.video_retention_days,
    )
    return replace(result, render_seconds=(now - (job.started_at or now)) / 1000, cost_usd=cost)
