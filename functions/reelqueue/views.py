"""What clients read: one job, the queue, their jobs, their videos."""

from __future__ import annotations

import base64
import binascii
import re
from itertools import islice
from typing import Any

from reelqueue import records
from reelqueue.deliveries import Webhook, known_of
from reelqueue.deployment import Deployment
from reelqueue.errors import InvalidRequest, JobNotFound, VideoNotReady, visible
from reelqueue.http import Caller
from reelqueue.jobs import Job, JobStatus, iso
from reelqueue.line import estimated_start
from reelqueue.table import Item

MAX_PAGE = 100
_DEFAULT_PAGE = 20
_MAX_SEEN = 1_000
_MAX_JOB_ID = 64

Answer = dict[str, Any]


def job_status(at: Deployment, caller: Caller, job_id: str) -> Answer:
    """One job, with the queue around it. One call to AWS, three while the job waits, however long the line is.

    Raises:
        JobNotFound: no such job of this caller.
    """
    job_id = _job_id(job_id)
    key, webhooks_key = records.job_key(job_id), records.webhooks_key(job_id)
    seen = at.reader.glance(key, webhooks_key)
    job = _visible(seen.rows.get(key), caller, job_id)
    webhooks = known_of(job, records.webhooks_of(job, seen.rows.get(webhooks_key)))
    answer = {**job.answer(), "webhooks": [webhook.answer() for webhook in webhooks]}
    if job.status is not JobStatus.QUEUED:
        return {**answer, "queue": seen.queue.answer(), **at.links(job.result)}
    seen = at.reader.glance(place=job.ticket_key)
    position, slots = at.reader.position(job.ticket_key, seen.tally), seen.slots
    queue = seen.queue.answer() | {"position": position}
    start = estimated_start(at.reader.now(), position, slots.active, slots.limit, slots.mean_render_ms)
    if start is not None and not slots.paused:
        queue["estimatedStartAt"] = iso(start)
    return {**answer, "message": f"Waiting in line at position {position}", "queue": queue}


def own_job(at: Deployment, caller: Caller, job_id: str) -> Job:
    """A job that this caller may see.

    Raises:
        JobNotFound: there is none, or it is another caller's.
    """
    return _visible(at.reader.table.get(records.job_key(_job_id(job_id))), caller, job_id)


def _job_id(text: str) -> str:
    """A job id; anything longer is none, and could be a key that DynamoDB refuses (over 2048 bytes)."""
    if len(text) > _MAX_JOB_ID:
        raise JobNotFound(text)
    return text


def own_webhooks(at: Deployment, caller: Caller, job_id: str) -> tuple[Job, list[Webhook]]:
    """A job that this caller may see, and what is noted of its webhooks.

    Raises:
        JobNotFound: there is none, or it is another caller's.
    """
    job_id = _job_id(job_id)
    keys = records.job_key(job_id), records.webhooks_key(job_id)
    found = at.reader.table.get_many(keys)
    job = _visible(found.get(keys[0]), caller, job_id)
    return job, records.webhooks_of(job, found.get(keys[1]))


def _visible(item: Item | None, caller: Caller, job_id: str) -> Job:
    if item is None or (item["owner"] != caller.name and not caller.administrator):
        raise JobNotFound(job_id)
    return records.job_of(item)


def queue_status(at: Deployment, caller: Caller) -> Answer:
    """The queue as a whole; of the waiting jobs, the first ``MAX_PAGE`` that this caller may see."""
    queue = at.reader.queue()
    head = islice(at.reader.line(limit=MAX_PAGE), MAX_PAGE)
    waiting = [
        {"jobId": ticket.job_id, "queuedAt": iso(ticket.queued_at)}
        for ticket in head
        if caller.administrator or ticket.owner == caller.name
    ]
    paused = {"paused": True} if queue.slots.paused else {}
    return {**queue.answer(), "availableSlots": queue.slots.available, **paused, "queuedJobs": waiting}


def list_jobs(at: Deployment, caller: Caller, *, status: str | None, limit: str | None, cursor: str | None) -> Answer:
    """A caller's own jobs, newest first. ``cursor`` leads to the next page, as long as there may be one.

    Raises:
        InvalidRequest: a parameter is not of its form.
    """
    if status is not None and status not in list(JobStatus):
        raise InvalidRequest(f"status must be one of {', '.join(JobStatus)}, not '{visible(status)}'.")
    size = _page_size(limit)
    found: list[Job] = []
    last = None
    jobs = at.reader.jobs_of(caller.name, before=_read_cursor(cursor), page=MAX_PAGE)
    for seen, (created_key, job) in enumerate(jobs, start=1):
        last = created_key
        if status is None or job.status == status:
            found.append(job)
        if len(found) == size or seen == _MAX_SEEN:
            break
    else:
        last = None
    answer: Answer = {"jobs": [job.answer() for job in found]}
    if last is not None:
        answer["cursor"] = base64.urlsafe_b64encode(last.encode()).decode()
    return answer


def video_location(at: Deployment, caller: Caller, job_id: str) -> str:
    """A fresh presigned URL of a finished video.

    Raises:
        JobNotFound: no such job of this caller.
        VideoNotReady: the job has no video.
    """
    job = own_job(at, caller, job_id)
    if job.result is None:
        raise VideoNotReady(f"Job {job_id} is {job.status}; there is a video once it is completed.")
    return at.link(job.result.video_key)


def _page_size(limit: str | None) -> int:
    if limit is None:
        return _DEFAULT_PAGE
    if not re.fullmatch("[0-9]{1,3}", limit) or not 1 <= int(limit) <= MAX_PAGE:
        raise InvalidRequest(f"limit must be a number from 1 to {MAX_PAGE}, not '{visible(limit)}'.")
    return int(limit)


def _read_cursor(cursor: str | None) -> str | None:
    if cursor is None:
        return None
    try:
        key = base64.urlsafe_b64decode(cursor.encode()).decode()
    except (binascii.Error, UnicodeError) as error:
        raise InvalidRequest("cursor must be the cursor of an earlier answer.") from error
    if not re.fullmatch(r"\d{13}#[0-9a-f]+", key):
        raise InvalidRequest("cursor must be the cursor of an earlier answer.")
    return key
