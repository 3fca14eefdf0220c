"""Delivery of webhook events: the render's own first try, the tries of the webhook queue, and another round on demand.

Each try is noted in a row beside the job. A note that cannot be written never keeps an event from being delivered.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from botocore.exceptions import BotoCoreError, ClientError
from urllib3.util import Timeout

from reelqueue.deliveries import State, Webhook, first_round
from reelqueue.deployment import Deployment, SecretUnusable
from reelqueue.jobs import WAKE_UP, Event, Job
from reelqueue.metrics import WEBHOOK_ATTEMPTS, WEBHOOK_FAILURES, WEBHOOKS_GIVEN_UP, count, record
from reelqueue.observability import logger
from reelqueue.webhooks import FIRST_TRY_TIMEOUT, RETRY_TIMEOUT

EARLY_MS = 10_000
"""A message that comes up to so much too early is taken: two functions' clocks differ, and SQS counts in seconds."""


class NotDelivered(Exception):
    """The receiver did not take the event; its message stays in the queue."""


def announce(at: Deployment, job: Job, before_posting: Callable[[], object] = lambda: None) -> None:
    """Wake the dispatcher and post the webhooks, whichever the job owes; what a receiver refuses goes to the queue.

    ``before_posting`` is called once the dispatcher is awake: whatever takes its time must not keep a slot empty.
    """

    def deliver(event: Event) -> None:
        if event.type == WAKE_UP:
            at.wake("finished")
            return
        before_posting()
        webhook = first_round(event)
        try:
            webhook = _post(at, job, webhook, FIRST_TRY_TIMEOUT)
        except SecretUnusable:
            logger.exception("webhook goes to the queue", extra={"event_id": event.id})
        if webhook.state is State.PENDING:
            at.hand_over(webhook)

    settle(at, job, job.due, deliver)


def hand_over(at: Deployment, job: Job) -> None:
    """Wake the dispatcher and give the webhooks to the webhook queue: for those who cannot wait for a receiver.

    A job that waits may owe a wake-up too: its render ended, crashed before it said so, and the job was retried.
    """

    def deliver(event: Event) -> None:
        if event.type == WAKE_UP:
            at.wake("finished")
        else:
            queue_up(at, event)

    settle(at, job, job.due, deliver)


def queue_up(at: Deployment, event: Event) -> None:
    """Leave an event to the webhook queue.

    Raises:
        ClientError, BotoCoreError: it is not there.
    """
    webhook = first_round(event)
    _note(at, webhook, tried_before=0)
    at.hand_over(webhook)


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


def redeliver(at: Deployment, webhook: Webhook, *, receipt_handle: str) -> None:
    """One more try of a webhook that the queue holds. After the last one it goes to the dead-letter queue.

    Raises:
        NotDelivered: the message stays in the queue, and comes back after the pause of the schedule.
        SecretUnusable: the same, but for the pause.
    """
    event = webhook.event
    found = at.store.job_and_webhooks(event.job_id)
    if found is None:
        logger.warning("the job of a webhook is gone", extra={"event_id": event.id})
        return
    job, noted = found
    known = next((each for each in noted if each.event.id == event.id), webhook)
    if known.since > webhook.since or (known.since == webhook.since and known.settled):
        logger.info("webhook needs no further try", extra={"event_id": event.id, "state": str(known.state)})
        return
    webhook = replace(known, event=event) if known.since == webhook.since else replace(webhook, attempts=known.attempts)
    early = webhook.wait_ms(at.store.now())
    if early > EARLY_MS:
        # Its receiver asked for more time than SQS delays a new message.
        at.postpone(receipt_handle, -(-early // 1000))
        raise NotDelivered(f"{event.id}: due only in {early // 1000} s")
    after = _post(at, job, webhook, RETRY_TIMEOUT)
    if after.state is State.FAILED:
        at.bury(webhook, str(after.last_error))
    if after.state is State.PENDING:
        pause = -(-after.wait_ms(at.store.now()) // 1000)
        at.postpone(receipt_handle, pause)
        raise NotDelivered(f"{event.id}: {after.last_error}; next try in {pause} s")


def _post(at: Deployment, job: Job, webhook: Webhook, timeout: Timeout) -> Webhook:
    """Try once, and note how it went."""
    event = webhook.event
    delivery = at.sender.post(job.webhook_url, event, at.live(job, event), timeout)
    record({WEBHOOK_ATTEMPTS: 1, WEBHOOK_FAILURES: int(not delivery.ok)})
    after = webhook.tried(delivery, at.store.now())
    told = {"event_id": event.id, "attempts": after.attempts, "reason": delivery.reason}
    match after.state:
        case State.DELIVERED:
            logger.info("webhook delivered", extra=told)
        case State.PENDING:
            logger.warning("webhook goes to the queue, or stays there", extra=told)
        case _:
            logger.error("webhook given up", extra=told)
            count(WEBHOOKS_GIVEN_UP, state=str(after.state))
    _note(at, after, tried_before=webhook.attempts)
    return after


def _note(at: Deployment, webhook: Webhook, *, tried_before: int) -> None:
    try:
        at.store.note_webhook(webhook, tried_before)
    except (ClientError, BotoCoreError):
        logger.exception("a try could not be noted", extra={"event_id": webhook.event.id})
