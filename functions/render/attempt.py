"""One attempt of a job: claim it, run the engine, store the video, give the slot back, tell the caller.

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
from reelqueue.errors import RenderError, RenderTimeout
from reelqueue.jobs import Job, JobStatus, Result
from reelqueue.observability import ended_line, logger
from reelqueue.spec import VideoRequest
from reelqueue.store import Fenced
from render.engine import Control, Rendered, Stopped, Tally, render
from render.fetch import Fetcher
from render.kept_segments import KeptSegments, segments_folder
from render.watch import StopReason, Threads, Watch
from render.workdir import workdir

WRAP_UP_MS = 15_000
"""A render is stopped so long before its function's own deadline, so that its end can still be written."""


@dataclass(frozen=True)
class Machine:
    """What an attempt runs on: the encoder, threads beside it, a directory of its own."""

    engine: Callable[..., Rendered] = render
    threads: Threads = threading
    workdir: Callable[[], AbstractContextManager[Path]] = workdir


def run_attempt(
    at: Deployment, job_id: str, attempt: int, *, remaining_ms: int, memory_mb: int, machine: Machine | None = None
) -> None:
    """Render a job, if this attempt may: a second delivery and a reclaimed attempt leave quietly."""
    machine = machine or Machine()
    found = at.store.job_and_request(job_id)
    if found is None or found[0].status is not JobStatus.PROCESSING or found[0].attempt != attempt:
        logger.warning("nothing to do: the attempt is not the job's", extra={"job_id": job_id, "attempt": attempt})
        return
    job, request_json = found
    deadline = at.store.now() + remaining_ms
    try:
        job = at.store.start(job, deadline)
    except Fenced:
        logger.warning("nothing to do: the attempt has started already", extra={"job_id": job_id, "attempt": attempt})
        return
    # The start is posted beside the render: a slow receiver must not delay it.
    herald = machine.threads.Thread(target=announce, args=(at, job), name="herald")
    herald.start()
    job = replace(job, due=())
    try:
        finished = _outcome(at, machine, job, request_json, deadline, memory_mb)
        if finished is None:
            return
        mean = None
        if finished.result is not None:
            mean = at.store.slots().mean_with(round(1000 * finished.result.render_seconds))
        finished = at.store.finish(job, finished, mean)
    except Fenced:
        logger.warning("the attempt was given up for lost meanwhile", extra={"job_id": job_id, "attempt": attempt})
        return
    finally:
        herald.join()
    ended_line(finished, at.store.queue())
    announce(at, finished)


def _outcome(
    at: Deployment, machine: Machine, job: Job, request_json: str, deadline: int, memory_mb: int
) -> Job | None:
    """The job as this attempt leaves it; None when the attempt is no longer the job's."""
    limit_ms = deadline - at.store.now() - WRAP_UP_MS
    if job.timeout_seconds is not None:
        limit_ms = min(limit_ms, 1000 * job.timeout_seconds)
    request = VideoRequest.from_json(request_json)
    folder = segments_folder(job.owner, job.id, shared=request.cache)
    control = Control()
    watch = Watch(at.store, job, control, deadline=at.store.now() + limit_ms, now=at.store.now, threads=machine.threads)
    try:
        with machine.workdir() as directory, watch:
            rendered = machine.engine(
                request,
                directory,
                fetch=Fetcher(at, job.owner),
                control=control,
                kept=KeptSegments(at.s3, at.settings.bucket_name, folder),
                memory_kills=job.memory_kills,
            )
            return job.completed(_stored(at, job, rendered, control.tally, memory_mb), at.store.now())
    except RenderError as error:
        return job.failed(error, at.store.now())
    except Stopped:
        match watch.reason:
            case StopReason.CANCELLED:
                return job.cancelled(at.store.now())
            case StopReason.TIMEOUT:
                return job.failed(RenderTimeout(limit_ms // 1000), at.store.now())
            case _:
                return None
    finally:
        logger.info("segments", extra={"job_id": job.id, "attempt": job.attempt, **asdict(control.tally)})


def _stored(at: Deployment, job: Job, rendered: Rendered, tally: Tally, memory_mb: int) -> Result:
    """Upload video and poster under keys that carry the attempt, so that a lost render cannot overwrite them."""
    folder = f"videos/{job.id}/{job.attempt}"
    result = Result(
        video_key=f"{folder}/video.mp4",
        poster_key=f"{folder}/poster.jpg",
        duration=rendered.duration,
        width=rendered.width,
        height=rendered.height,
        bytes=rendered.bytes,
        render_seconds=0.0,
        cost_usd=0.0,
    )
    bucket = at.settings.bucket_name
    at.s3.upload_file(str(rendered.video), bucket, result.video_key, ExtraArgs={"ContentType": "video/mp4"})
    at.s3.upload_file(str(rendered.poster), bucket, result.poster_key, ExtraArgs={"ContentType": "image/jpeg"})
    now = at.store.now()
    cost = render_cost_usd(
        busy_ms=job.busy_ms(now),
        attempts=job.attempt,
        memory_mb=memory_mb,
        machine=platform.machine(),
        stored_bytes=rendered.bytes,
        retention_days=at.settings.video_retention_days,
        asked=tally.segments,
        kept=tally.kept,
    )
    return replace(result, render_seconds=(now - (job.started_at or now)) / 1000, cost_usd=cost)
