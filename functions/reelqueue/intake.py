"""The way in and the way out before a render: a request becomes a job in line, and may be cancelled."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from reelqueue import records
from reelqueue.deployment import Deployment
from reelqueue.errors import (
    Conflict,
    IdempotencyConflict,
    InvalidRequest,
    JobNotFound,
    LineFull,
    RateLimited,
)
from reelqueue.http import Caller
from reelqueue.jobs import Job, JobStatus, new_job_id
from reelqueue.line import ticket_key
from reelqueue.observability import ended_line, logger, queued_line
from reelqueue.rates import Bucket
from reelqueue.slots import Queue
from reelqueue.spec import VideoRequest, parse_request
from reelqueue.table import ConditionFailed, Item

ACCEPTED = "Video generation started. You will receive updates via webhook."
IDEMPOTENCY_SECONDS = 86_400
_MAX_KEY = 255
_CANCEL_TRIES = 5

Answer = dict[str, Any]


def submit(at: Deployment, caller: Caller, body: object, idempotency_key: str | None = None) -> Answer:
    """Accept a request: validate it, put the job into the line, wake the dispatcher.

    Raises:
        RateLimited, LineFull: try again later; nothing was written.
        InvalidRequest, InvalidBody: the request breaks a rule; nothing was written.
        IdempotencyConflict: the key was used with another body within 24 hours.
    """
    _take_token(at, caller)
    now = at.store.now()
    record = _idempotency_record(caller, body, idempotency_key, now)
    request = parse_request(body, allow_http=at.settings.allow_private_addresses)
    if record is not None:
        known = at.store.table.get((record["pk"], record["sk"]))
        if known is not None and known["ttl"] >= now // 1000:
            return _replay(known, record)
    return _accept(at, caller, request, record)


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
                for event in after.due:
                    at.hand_over(event)
            return _cancelled(after)
    raise Conflict(f"Job {job_id} is changing its state right now; try again.", retry_after_seconds=1)


def own_job(at: Deployment, caller: Caller, job_id: str) -> Job:
    """A job that this caller may see.

    Raises:
        JobNotFound: there is none, or it is another caller's.
    """
    job = at.reader.job(job_id)
    if job is None or (job.owner != caller.name and not caller.administrator):
        raise JobNotFound(job_id)
    return job


def _take_token(at: Deployment, caller: Caller) -> None:
    limit = at.settings.rate_limit_per_minute
    wait = at.store.take_token(caller.name, Bucket(limit))
    if wait:
        raise RateLimited(
            f"More than {limit} requests a minute. Try again in {-(-wait // 1000)} s.",
            retry_after_seconds=-(-wait // 1000),
        )


def _accept(at: Deployment, caller: Caller, request: VideoRequest, record: Item | None) -> Answer:
    store, settings = at.store, at.settings
    now, job_id = store.now(), new_job_id()
    place = ticket_key(job_id, now, request.priority)
    ahead, behind = store.ahead_and_behind(place)
    slots = store.slots()
    if ahead + behind >= settings.max_queue_length:
        raise LineFull(
            f"The line is full: {ahead + behind} jobs wait, at most {settings.max_queue_length} may. Try again later.",
            retry_after_seconds=60,
        )
    job = Job(
        id=job_id,
        owner=caller.name,
        status=JobStatus.QUEUED,
        ticket_key=place,
        webhook_url=str(request.webhook_url),
        created_at=now,
        queued_at=now,
        expires_at=now + 1000 * (request.expires_in_seconds or settings.job_expiry_seconds),
        timeout_seconds=request.timeout_seconds,
        metadata=request.metadata,
    )
    answer: Answer = {
        "success": True,
        "jobId": job_id,
        "status": "queued",
        "message": ACCEPTED,
        "queue": {"position": ahead + 1, **Queue(slots, ahead + behind).answer()},
    }
    try:
        store.submit(job, request.to_json(), None if record is None else {**record, "answer": json.dumps(answer)})
    except ConditionFailed as error:
        known = error.old.get(3)
        if record is None or known is None:
            raise
        return _replay(known, record)
    queued_line(job_id, Queue(slots, ahead + behind + 1))
    try:
        at.wake("submitted")
    except (ClientError, BotoCoreError):
        # The job is in the line, which is the truth; the dispatcher's schedule finds it within a minute.
        logger.exception("the dispatcher could not be woken")
    return answer


def _idempotency_record(caller: Caller, body: object, key: str | None, now: int) -> Item | None:
    if key is None:
        return None
    if not key or len(key) > _MAX_KEY or not key.isprintable():
        raise InvalidRequest(f"Idempotency-Key must have 1 to {_MAX_KEY} printable characters.")
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return records.row(
        records.idempotency_key(caller.name, hashlib.sha256(key.encode()).hexdigest()),
        {
            "bodyHash": hashlib.sha256(canonical.encode()).hexdigest(),
            "ttl": now // 1000 + IDEMPOTENCY_SECONDS,
        },
    )


def _replay(known: Item, record: Item) -> Answer:
    if known["bodyHash"] != record["bodyHash"]:
        raise IdempotencyConflict("This Idempotency-Key was used with another body within the last 24 hours.")
    answer: Answer = json.loads(known["answer"])
    return answer


def _cancelled(job: Job) -> Answer:
    waiting = job.status is JobStatus.CANCELLED
    return {
        "success": True,
        "jobId": job.id,
        "status": str(job.status),
        "message": "Cancelled" if waiting else "The render stops within two seconds.",
    }
