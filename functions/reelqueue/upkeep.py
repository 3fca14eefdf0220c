"""What the minute's run does besides admitting: measures, ends what waited too long, delivers what is left, audits."""

from __future__ import annotations

from reelqueue import metrics
from reelqueue.audit import audit
from reelqueue.courier import hand_over, queue_up, settle
from reelqueue.deployment import Deployment
from reelqueue.jobs import WAKE_UP, Event
from reelqueue.line import Ticket
from reelqueue.observability import ended_line
from reelqueue.standing import standing

OVERDUE_MS = 60_000
"""What is due for so long was left by a crash: whoever owes it tries at once, and hands over what fails."""


def look_after(at: Deployment) -> None:
    """All of it."""
    _measure(at)
    for ticket in at.store.expired(at.store.now()):
        expire(at, ticket)
    _deliver_overdue(at)
    audit(at)


def _measure(at: Deployment) -> None:
    """Record how the queue stands, right after the free slots were filled."""
    now = standing(at.store)
    metrics.record(
        {
            metrics.ACTIVE_RENDERS: now.queue.slots.active,
            metrics.RENDER_SLOTS: now.queue.slots.limit,
            metrics.QUEUE_LENGTH: now.queue.length,
            metrics.OLDEST_JOB_AGE: now.oldest_ms / 1000,
            metrics.STUCK_JOBS: now.stuck,
        }
    )


def expire(at: Deployment, ticket: Ticket) -> bool:
    """Cancel a job that has waited too long; gives back whether it was still waiting."""
    job = at.store.expire(ticket)
    if job is not None:
        ended_line(job, at.store.queue())
        hand_over(at, job)
    return job is not None


def _deliver_overdue(at: Deployment) -> None:
    """Hand over the webhooks that a crash left. A wake-up that it left has come with this very run."""

    def deliver(event: Event) -> None:
        if event.type == WAKE_UP:
            metrics.count(metrics.LOST_WAKE_UPS)
        else:
            queue_up(at, event)

    before = at.store.now() - OVERDUE_MS
    for job in at.store.overdue(before):
        settle(at, job, [event for event in job.due if event.at < before], deliver)
