"""Delivery of webhook events: the render's own first try, and the tries of the webhook queue."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from botocore.exceptions import BotoCoreError, ClientError

from reelqueue.deployment import Deployment
from reelqueue.jobs import WAKE_UP, Event, Job
from reelqueue.metrics import WEBHOOK_ATTEMPTS, WEBHOOK_FAILURES, WEBHOOKS_GIVEN_UP, count, record
from reelqueue.observability import logger
from reelqueue.webhooks import FIRST_TRY_TIMEOUT, RETRY_SECONDS, RETRY_TIMEOUT, Delivery, next_try


class NotDelivered(Exception):
    """The receiver did not take the event; its message stays in the queue."""


def announce(at: Deployment, job: Job) -> None:
    """Wake the dispatcher and post the webhooks, whichever the job owes; what a receiver refuses goes to the queue."""

    def deliver(event: Event) -> None:
        if event.type == WAKE_UP:
            at.wake("finished")
            return
        delivery = _post(at, job, event, FIRST_TRY_TIMEOUT)
        if not delivery.ok:
            logger.warning("webhook goes to the queue", extra={"event_id": event.id, "reason": delivery.reason})
            at.hand_over(event, delay_seconds=RETRY_SECONDS[0])

    settle(at, job, job.due, deliver)


def hand_over(at: Deployment, job: Job) -> None:
    """Wake the dispatcher and give the webhooks to the webhook queue: for those who cannot wait for a receiver.

    A job that waits may owe a wake-up too: its render ended, crashed before it said so, and the job was retried.
    """

    def deliver(event: Event) -> None:
        if event.type == WAKE_UP:
            at.wake("finished")
        else:
            at.hand_over(event)

    settle(at, job, job.due, deliver)


def settle(at: Deployment, job: Job, events: Sequence[Event], deliver: Callable[[Event], None]) -> None:
    """Deliver what a job owes, and strike it off.

    Whatever happens here, the caller goes on: what could not be delivered, or not be struck off, stays due in the job,
    and the dispatcher's run of the minute sees to it.
    """
    done = []
    for event in events:
        try:
            deliver(event)
            done.append(event.id)
        except (ClientError, BotoCoreError):
            logger.exception("stays due", extra={"event_id": event.id})
    try:
        if done:
            at.store.delivered(job.id, done)
    except (ClientError, BotoCoreError):
        logger.exception("stays due, though delivered", extra={"job_id": job.id})


def redeliver(at: Deployment, event: Event, *, receipt_handle: str) -> None:
    """One more try of an event that the queue holds. After the last one the event goes to the dead-letter queue.

    Raises:
        NotDelivered: the message stays in the queue, and comes back after the pause of the schedule.
    """
    job = at.reader.job(event.job_id)
    if job is None:
        logger.warning("the job of a webhook is gone", extra={"event_id": event.id})
        return
    delivery = _post(at, job, event, RETRY_TIMEOUT)
    if delivery.ok:
        logger.info("webhook delivered", extra={"event_id": event.id})
        return
    pause = next_try((at.reader.now() - event.at) / 1000)
    if pause is None:
        logger.error("webhook given up", extra={"event_id": event.id, "reason": delivery.reason})
        at.bury(event, delivery.reason)
        count(WEBHOOKS_GIVEN_UP, state="failed")
        return
    at.postpone(receipt_handle, pause)
    raise NotDelivered(f"{event.id}: {delivery.reason}; next try in {pause} s")


def _post(at: Deployment, job: Job, event: Event, timeout: tuple[float, float]) -> Delivery:
    """One try, and its metrics."""
    delivery = at.sender.post(job.webhook_url, event, at.live(job, event), timeout)
    record({WEBHOOK_ATTEMPTS: 1, WEBHOOK_FAILURES: int(not delivery.ok)})
    return delivery
