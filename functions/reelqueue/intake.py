"""The way into the line: a request becomes a job, and a job that failed or was cancelled is tried again."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from reelqueue import records
from reelqueue.deployment import Deployment
from reelqueue.errors import Conflict, IdempotencyConflict, InvalidRequest, LineFull, RateLimited
from reelqueue.http import Caller
from reelqueue.jobs import Job, JobStatus
from reelqueue.line import moved, ticket_key
from reelqueue.observability import logger, queued_line
from reelqueue.rates import Bucket
from reelqueue.reader import Glance
from reelqueue.slots import Queue
from reelqueue.spec import VideoRequest, parse_request
from reelqueue.table import ConditionFailed, Item
from reelqueue.tokens import take_token

ACCEPTED = "Video generation started. You will receive updates via webhook."
IDEMPOTENCY_SECONDS = 86_400
_MAX_KEY = 255

Answer = dict[str, Any]


@dataclass(frozen=True)
class Accepted:
    """The answer to a caller whose job waits, and what its bucket of tokens holds after that (HTTP headers)."""

    answer: Answer
    headers: dict[str, str]


def submit(at: Deployment, caller: Caller, body: object, idempotency_key: str | None = None) -> Accepted:
    """Accept a request: validate it, put the job into the line, wake the dispatcher. Five calls to AWS.

    Raises:
        InvalidRequest, InvalidBody: the request breaks a rule; nothing was written.
        RateLimited, LineFull: try again later; no job was written.
        IdempotencyConflict: the key was used with another body within 24 hours.
    """
    now, job_id = at.store.now(), at.new_job_id()
    record = _idempotency_record(caller, body, idempotency_key, now)
    request = parse_request(body, gate=at.gate)
    place = ticket_key(job_id, now, request.priority)
    keys = [records.rate_key(caller.name), *([(record["pk"], record["sk"])] if record else [])]
    seen = at.store.glance(*keys, place=place)
    if record is not None:
        known = seen.rows.get((record["pk"], record["sk"]))
        if known is not None and known["ttl"] >= now // 1000:
            return Accepted(_replay(known, record), _bucket(at).headers(now, _arrival(seen, caller)))
    headers = _admit_caller(at, caller, seen)
    return Accepted(_accept(at, _new_job(at, caller, request, job_id, place, now), request, record, seen), headers)


def retry(at: Deployment, caller: Caller, job: Job) -> Accepted:
    """Put a job that failed or was cancelled into the line again, at a new place, with all its attempts before it.

    Raises:
        Conflict: it has not ended, or has a video, or its request is kept no longer.
        RateLimited, LineFull: try again later; nothing was changed.
    """
    now = at.store.now()
    place = moved(job.ticket_key, job.queued_at, now)
    after = job.retried(now, place, job.expires_at - job.queued_at)
    seen = at.store.glance(records.rate_key(caller.name), place=place)
    headers = _admit_caller(at, caller, seen)
    answer = _answer(at, after, seen)
    try:
        at.store.retry(job, after)
    except ConditionFailed as error:
        raise Conflict(f"Job {job.id} has changed meanwhile, or is kept no longer; look at its status.") from error
    _wake(at, after, seen)
    return Accepted(answer, headers)


def _admit_caller(at: Deployment, caller: Caller, seen: Glance) -> dict[str, str]:
    """Let one more job in, if there is room in the line and a token for its caller; gives back the rate headers."""
    waiting = seen.tally.length
    if waiting >= at.settings.max_queue_length:
        raise LineFull(
            f"The line is full: {waiting} jobs wait, at most {at.settings.max_queue_length} may. Try again later.",
            retry_after_seconds=60,
        )
    return spend_token(at, caller, _arrival(seen, caller))


def spend_token(at: Deployment, caller: Caller, arrival: int | None) -> dict[str, str]:
    """Take a token of a caller's bucket, which was seen in this state; gives back the rate headers.

    Raises:
        RateLimited: there is none.
    """
    bucket = _bucket(at)
    token = take_token(at.store, caller.name, bucket, arrival)
    headers = bucket.headers(at.store.now(), token.arrival)
    if token.wait_ms:
        seconds = -(-token.wait_ms // 1000)
        raise RateLimited(
            f"More than {bucket.per_minute} jobs a minute. Try again in {seconds} s.",
            retry_after_seconds=seconds,
            headers=headers,
        )
    return headers


def _bucket(at: Deployment) -> Bucket:
    return Bucket(at.settings.rate_limit_per_minute)


def _arrival(seen: Glance, caller: Caller) -> int | None:
    return seen.rows.get(records.rate_key(caller.name), {}).get("arrival")


def _new_job(at: Deployment, caller: Caller, request: VideoRequest, job_id: str, place: str, now: int) -> Job:
    return Job(
        id=job_id,
        owner=caller.name,
        status=JobStatus.QUEUED,
        ticket_key=place,
        webhook_url=str(request.webhook_url),
        created_at=now,
        queued_at=now,
        expires_at=now + 1000 * (request.expires_in_seconds or at.settings.job_expiry_seconds),
        timeout_seconds=request.timeout_seconds,
        metadata=request.metadata,
    )


def _accept(at: Deployment, job: Job, request: VideoRequest, record: Item | None, seen: Glance) -> Answer:
    answer = _answer(at, job, seen)
    try:
        at.store.submit(job, request.to_json(), None if record is None else {**record, "answer": json.dumps(answer)})
    except ConditionFailed as error:
        known = error.old.get(2)
        if record is None or known is None:
            raise
        return _replay(known, record)
    _wake(at, job, seen)
    return answer


def _answer(at: Deployment, job: Job, seen: Glance) -> Answer:
    """The answer to an accepted job: the line as it meets it."""
    position = at.store.position(job.ticket_key, seen.tally)
    return {
        "success": True,
        "jobId": job.id,
        "status": str(job.status),
        "message": ACCEPTED,
        "queue": {"position": position, **seen.queue.answer()},
    }


def _wake(at: Deployment, job: Job, seen: Glance) -> None:
    queued_line(job.id, Queue(seen.slots, seen.tally.length + 1))
    try:
        at.wake("submitted")
    except (ClientError, BotoCoreError):
        # The job is in the line, which is the truth; the dispatcher's schedule finds it within a minute.
        logger.exception("the dispatcher could not be woken")


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
