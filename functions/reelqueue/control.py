"""What people change while jobs wait and render: they cancel one, have its webhooks sent again, or set the queue."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from reelqueue import semaphore
from reelqueue.courier import hand_over
from reelqueue.deployment import Deployment
from reelqueue.errors import Conflict, Detail, Forbidden, InvalidBody, visible
from reelqueue.http import Caller
from reelqueue.intake import Accepted, spend_token
from reelqueue.jobs import Job, JobStatus
from reelqueue.observability import ended_line, logger
from reelqueue.views import own_job, own_webhooks

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


def redeliver(at: Deployment, caller: Caller, job_id: str, body: object) -> Accepted:
    """Send the webhooks of a job again, or the one that the body names by its id or its type, with a schedule anew.

    They go through the webhook queue, under the ids that they had. It takes a token, as a submission does.

    Raises:
        JobNotFound: no such job of this caller.
        InvalidBody: with every mistake.
        Conflict: there is nothing to send again.
        RateLimited: try again later; nothing is sent.
    """
    wanted = _event_named(body)
    job, known = own_webhooks(at, caller, job_id)
    chosen = [webhook for webhook in known if wanted in (None, webhook.event.id, webhook.event.type)]
    if not chosen:
        names = ", ".join(sorted({webhook.event.type for webhook in known}))
        raise Conflict(
            f"Job {job.id} has posted no {visible(wanted)}; there are {names}."
            if wanted and names
            else f"Job {job.id} has posted nothing yet; its first webhook tells of the start of its render."
        )
    headers = spend_token(at, caller, None)
    again = [webhook.again(at.store.now()) for webhook in chosen]
    for webhook in again:
        # Noted only then: what is not in the queue must not make an older message of it look outdated.
        at.hand_over(webhook)
        at.store.note_webhook(webhook, webhook.attempts)
    answer = {
        "success": True,
        "jobId": job.id,
        "message": "The webhooks are sent again.",
        "webhooks": [webhook.answer() for webhook in again],
    }
    return Accepted(answer, headers)


def _event_named(body: object) -> str | None:
    fields = body if isinstance(body, dict) else {}
    event = fields.get("event")
    mistakes = [
        Detail(f"/{name}", "is not a known field; write event, or nothing to send all of them again")
        for name in sorted(fields.keys() - {"event"})
    ]
    if "event" in fields and not (isinstance(event, str) and event):
        mistakes.append(Detail("/event", "must be a webhook-id, or a type such as job.completed"))
    if not isinstance(body, dict):
        mistakes.append(Detail("", "must be a JSON object with event, or empty"))
    if mistakes:
        raise InvalidBody(tuple(mistakes))
    return event


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
