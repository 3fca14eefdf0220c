"""The dispatcher: gives free slots to the head of the line, and takes slots back from renders that were lost.

It may run any number of times, at any time, side by side with itself: every step is a conditional write, and a step
that somebody else has taken already is simply left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import islice
from typing import Any

from botocore.exceptions import ClientError

from reelqueue.courier import hand_over
from reelqueue.deployment import Deployment
from reelqueue.jobs import MEMORY_RAN_OUT, Job
from reelqueue.line import Ticket
from reelqueue.metrics import SLOTS_RECLAIMED, count
from reelqueue.observability import ended_line, reclaimed_line, starting_line
from reelqueue.semaphore import deploy_limit
from reelqueue.slots import Slots
from reelqueue.table import ConditionFailed
from reelqueue.upkeep import expire, look_after

LEASE_OVER = "its lease ran out: the render did not end in time"

NO_CAPACITY = "EventAgeExceeded"
"""How Lambda says that it never found a place for an invocation (MaximumEventAgeInSeconds)."""

_SPARE_TICKETS = 10


def dispatch(at: Deployment, *, upkeep: bool) -> None:
    """Take back lost slots, then admit from the head of the line until there is no slot or no job.

    ``upkeep`` (the minute's run): also do what crashes left undone, and look for what should not be.
    """
    slots = at.store.slots()
    if slots.deployed_limit != at.settings.max_concurrent_renders:
        deploy_limit(at.store, at.settings.max_concurrent_renders)
    for job_id, holder in slots.expired(at.store.now()).items():
        _taken_back(at, at.store.reclaim(job_id, holder.attempt, LEASE_OVER, lease=holder))
    try:
        while _admit_some(at):
            pass
    finally:
        # Also when Lambda refuses to start renders: what waits too long must not wait for that.
        if upkeep:
            look_after(at)


def invocation_failed(at: Deployment, record: Mapping[str, Any]) -> None:
    """Take the slot back at once when Lambda reports that a render's invocation failed, and tell what it left untold.

    ``record`` is what Lambda sends to an on-failure destination: ``requestPayload``, ``requestContext.condition`` and,
    if the function ran, ``responsePayload``.
    """
    request = record["requestPayload"]
    condition = record.get("requestContext", {}).get("condition", "unknown")
    reason = _reason(record.get("responsePayload") or {}) or f"its invocation failed ({condition})"
    job_id, attempt = request["jobId"], request["attempt"]
    _taken_back(at, at.store.reclaim(job_id, attempt, reason, leg=request["leg"], counted=condition != NO_CAPACITY))
    left = at.store.job(job_id)
    if left is not None and left.attempt == attempt:
        # Nobody else will deliver these: it may have died after it ended the job, before or while it told so.
        hand_over(at, left)


def _reason(response: Mapping[str, Any]) -> str:
    """Why an invocation failed, by Lambda's answer to it; empty when it says nothing.

    What takes memory back kills without a word: Lambda calls it by its name or, when it happened to its own runtime
    process, tells of the signal alone. Nothing else sends that signal there.
    """
    kind, message = str(response.get("errorType", "")), str(response.get("errorMessage", ""))
    if kind == "Runtime.OutOfMemory" or (kind == "Runtime.ExitError" and "signal: killed" in message):
        return MEMORY_RAN_OUT
    return message or kind


def begin(at: Deployment, function_name: str, job_id: str, attempt: int, leg: int) -> None:
    """Invoke a leg of a render for which all is written.

    Raises:
        ClientError: Lambda refused; the job is back in line.
    """
    try:
        at.invoke_render(function_name, job_id, attempt, leg)
    except ClientError:
        # Refused, so nothing runs: back into the line now. (After a time-out it may run; then the lease decides.)
        at.store.reclaim(job_id, attempt, "the render function could not be invoked", leg=leg, counted=False)
        raise


def parse_message(body: str) -> Mapping[str, Any] | None:
    """The failure record of a render in a message of the jobs queue; None for a mere wake-up.

    The dispatcher's own failures are dead letters. Moved back into the queue, they are wake-ups.
    """
    message = json.loads(body)
    return message if "jobId" in message.get("requestPayload", {}) else None


def _admit_some(at: Deployment) -> bool:
    """Admit as many jobs as there are free slots; gives back whether another look is worth while."""
    slots = at.store.slots()
    if not slots.free:
        return False
    moved = False
    wanted = slots.free + _SPARE_TICKETS
    active = slots.active
    for ticket in islice(at.store.line(limit=wanted), wanted):
        if ticket.expires_at <= at.store.now():
            moved |= expire(at, ticket)
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
    starting_line(ticket.job_id, active, slots.limit, at.store.queue().length)
    begin(at, at.settings.render_function_name, ticket.job_id, attempt, leg=1)


def _taken_back(at: Deployment, job: Job | None) -> None:
    if job is None:
        return
    count(SLOTS_RECLAIMED)
    queue = at.store.queue()
    if job.status.final:
        ended_line(job, queue)
        hand_over(at, job)
    else:
        reclaimed_line(job, queue)
