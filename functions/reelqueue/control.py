"""What people change while jobs wait and render: they cancel one, or set the queue itself."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from reelqueue import semaphore
from reelqueue.courier import hand_over
from reelqueue.deployment import Deployment
from reelqueue.errors import Conflict, Detail, Forbidden, InvalidBody
from reelqueue.http import Caller
from reelqueue.jobs import Job, JobStatus
from reelqueue.observability import ended_line, logger
from reelqueue.views import own_job

MAX_LIMIT = 1000
_CANCEL_TRIES = 5

Answer = dict[str, Any]


def cancel(at: Deployment, caller: Caller, job_id: str) -> Answer:
    """Cancel a job: at once while it waits, within two seconds while it renders.

    Raises:
        JobNotFound: no such job of this caller.
        Conflict: the job has ended.
    """
    for _ in range(_CANCEL_TRIES):
        job = own_job(at, caller, job_id)
        job.cancellable()
        if job.status is JobStatus.CANCELLED:
            return _cancelled(job)
        after = at.store.cancel(job)
        if after is not None:
            if after.status is JobStatus.CANCELLED:
                ended_line(after, at.store.queue())
                hand_over(at, after)
            return _cancelled(after)
    raise Conflict(f"Job {job_id} is changing its state right now; try again.", retry_after_seconds=1)


def change_queue(at: Deployment, caller: Caller, body: object) -> Answer:
    """Set how many videos render at the same time (``maxConcurrent``), pause or resume (``paused``).

    A lowered limit stops nothing: the renders that are too many end, and as long nothing starts. The same holds while
    the queue is paused.

    Raises:
        Forbidden: the caller is no administrator.
        InvalidBody: with every mistake.
    """
    if not caller.administrator:
        raise Forbidden("Only administrators may change the queue.")
    limit, paused = _queue_settings(body)
    semaphore.change(at.store, deployed_limit=at.settings.max_concurrent_renders, limit=limit, paused=paused)
    queue = at.store.queue()
    logger.info(
        f"⚙️ The queue was set (Active: {queue.slots.active}/{queue.slots.limit}, Queue: {queue.length})",
        extra={"caller": caller.name, "limit": queue.slots.limit, "paused": queue.slots.paused},
    )
    try:
        at.wake("queue settings")
    except (ClientError, BotoCoreError):
        logger.exception("the dispatcher could not be woken")
    return {
        "success": True,
        **queue.answer(),
        "availableSlots": queue.slots.available,
        "paused": queue.slots.paused,
    }


def _queue_settings(body: object) -> tuple[int | None, bool | None]:
    fields = body if isinstance(body, dict) else {}
    limit, paused = fields.get("maxConcurrent"), fields.get("paused")
    mistakes = [
        Detail(f"/{name}", "is not a known field; write maxConcurrent or paused")
        for name in sorted(fields.keys() - {"maxConcurrent", "paused"})
    ]
    if "maxConcurrent" in fields and not (type(limit) is int and 1 <= limit <= MAX_LIMIT):
        mistakes.append(Detail("/maxConcurrent", f"must be a whole number from 1 to {MAX_LIMIT}; to stop, set paused"))
    if "paused" in fields and not isinstance(paused, bool):
        mistakes.append(Detail("/paused", "must be true or false"))
    if not fields:
        mistakes.append(Detail("", "must be a JSON object with maxConcurrent, paused, or both"))
    if mistakes:
        raise InvalidBody(tuple(mistakes))
    return limit, paused


def _cancelled(job: Job) -> Answer:
    ended = job.status is JobStatus.CANCELLED
    return {
        "success": True,
        "jobId": job.id,
        "status": str(job.status),
        "message": "Cancelled" if ended else "The render stops within two seconds.",
    }
