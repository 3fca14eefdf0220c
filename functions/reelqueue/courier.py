"""Delivery of webhook events: the render's own first try, and the tries of the webhook queue."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError

from reelqueue.deployment import Deployment
from reelqueue.jobs import Event, Job
from reelqueue.observability import logger
from reelqueue.webhooks import FIRST_TRY_TIMEOUT, RETRY_SECONDS, RETRY_TIMEOUT, next_try


class NotDelivered(Exception):
    """The receiver did not take the event; its message stays in the queue."""


def announce(at: Deployment, job: Job) -> None:
    """Post what the job owes its caller, once; what fails goes to the webhook queue.

    Whatever happens here, the render goes on: an event that could be neither posted nor queued stays due in the job,
    and the dispatcher's next run hands it over.
    """
    for event in job.due:
        try:
            delivery = at.sender.post(job.webhook_url, event, at.live(job, event), FIRST_TRY_TIMEOUT)
            if delivery.ok:
                at.store.delivered(event)
            else:
                logger.warning("webhook goes to the queue", extra={"event_id": event.id, "reason": delivery.reason})
                at.hand_over(event, delay_seconds=RETRY_SECONDS[0])
        except (ClientError, BotoCoreError):
            logger.exception("a webhook stays due", extra={"event_id": event.id})


def redeliver(at: Deployment, event: Event, *, receipt_handle: str) -> None:
    """One more try of an event that the queue holds. After the last one the event goes to the dead-letter queue.

    Raises:
        NotDelivered: the message stays in the queue, and comes back after the pause of the schedule.
    """
    job = at.reader.job(event.job_id)
    if job is None:
        logger.warning("the job of a webhook is gone", extra={"event_id": event.id})
        return
    delivery = at.sender.post(job.webhook_url, event, at.live(job, event), RETRY_TIMEOUT)
    if delivery.ok:
        logger.info("webhook delivered", extra={"event_id": event.id})
        return
    pause = next_try((at.reader.now() - event.at) / 1000)
    if pause is None:
        logger.error("webhook given up", extra={"event_id": event.id, "reason": delivery.reason})
        at.bury(event, delivery.reason)
        return
    at.postpone(receipt_handle, pause)
    raise NotDelivered(f"{event.id}: {delivery.reason}; next try in {pause} s")
