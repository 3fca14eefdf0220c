"""The dispatcher: gives free slots to the head of the line, and takes slots back from renders that were lost.

It may run any number of times, at any time, side by side with itself: every step is a conditional write, and a step
that somebody else has taken already is simply left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from reelqueue.deployment import Deployment
from reelqueue.jobs import Job
from reelqueue.line import Ticket
from reelqueue.observability import ended_line, logger, reclaimed_line, starting_line
from reelqueue.slots import Slots
from reelqueue.table import ConditionFailed

LEASE_OVER = "its lease ran out: the render did not end in time"
OVERDUE_MS = 120_000
"""A webhook that is due for so long was left by a crash: its render tries at once and hands over what fails."""

_SPARE_TICKETS = 10


def dispatch(at: Deployment, *, audit: bool) -> None:
    """Take back lost slots, then admit from the head of the line until there is no slot or no job.

    ``audit`` (the minute's run): also cancel what has waited too long, and deliver the webhooks that a crash left.
    """
    slots = at.store.slots()
    if slots.deployed_limit != at.settings.max_concurrent_renders:
        at.store.deploy_limit(at.settings.max_concurrent_renders)
    for job_id, holder in slots.expired(at.store.now()).items():
        _taken_back(at, at.store.reclaim(job_id, holder.attempt, LEASE_OVER, lease=holder))
    if audit:
        for ticket in at.store.line():
            if ticket.expires_at <= at.store.now():
                _expire(at, ticket)
        for _, event in at.store.events_due(at.store.now() - OVERDUE_MS):
            at.hand_over(event)
    while _admit_some(at):
        pass


def invocation_failed(at: Deployment, record: Mapping[str, Any]) -> None:
    """Take the slot back at once when Lambda reports that a render's invocation failed.

    ``record`` is what Lambda sends to an on-failure destination: ``requestPayload``, ``requestContext.condition`` and,
    if the function ran, ``responsePayload``.
    """
    request = record["requestPayload"]
    response = record.get("responsePayload") or {}
    condition = record.get("requestContext", {}).get("condition", "unknown")
    reason = response.get("errorMessage") or response.get("errorType") or f"its invocation failed ({condition})"
    _taken_back(at, at.store.reclaim(request["jobId"], request["attempt"], str(reason)))


def parse_message(body: str) -> Mapping[str, Any] | None:
    """The failure record in a message of the jobs queue; None for a mere wake-up."""
    message = json.loads(body)
    return message if "requestPayload" in message else None


def _admit_some(at: Deployment) -> bool:
    """Admit as many jobs as there are free slots; gives back whether another look is worth while."""
    slots = at.store.slots()
    if not slots.free:
        return False
    moved = False
    tickets = zip(at.store.line(limit=slots.free + _SPARE_TICKETS), range(slots.free + _SPARE_TICKETS), strict=False)
    active = slots.active
    for ticket, _ in tickets:
        if ticket.expires_at <= at.store.now():
            moved |= _expire(at, ticket)
            continue
        try:
            attempt = at.store.admit(ticket)
        except ConditionFailed as refused:
            if 0 in refused.old:
                return moved
            continue
        moved, active = True, active + 1
        _start(at, ticket, attempt, slots, active)
        if active >= slots.limit:
            break
    return moved


def _start(at: Deployment, ticket: Ticket, attempt: int, slots: Slots, active: int) -> None:
    starting_line(ticket.job_id, active, slots.limit, at.store.length())
    try:
        at.invoke_render(ticket.job_id, attempt)
    except ClientError:
        # Refused, so nothing runs: back into the line now. (After a time-out it may run; then the lease decides.)
        at.store.reclaim(ticket.job_id, attempt, "the render function could not be invoked", counts=False)
        raise


def _expire(at: Deployment, ticket: Ticket) -> bool:
    job = at.store.expire(ticket)
    if job is not None:
        ended_line(job, at.store.queue())
        _announce(at, job)
    return job is not None


def _taken_back(at: Deployment, job: Job | None) -> None:
    if job is None:
        return
    queue = at.store.queue()
    if job.status.final:
        ended_line(job, queue)
        _announce(at, job)
    else:
        reclaimed_line(job, queue)


def _announce(at: Deployment, job: Job) -> None:
    for event in job.due:
        try:
            at.hand_over(event)
        except ClientError:
            logger.exception("a webhook could not be handed over; it stays due")
