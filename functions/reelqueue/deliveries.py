"""How the webhooks of a job fare: each event that was to be posted, its tries, and what comes next.

    pending --2xx--> delivered
       |  ^    +-410-> gone       the receiver wants no more of it
       |  |    +-----> failed     the last try failed; the event lies in the dead-letter queue
       +--+ any other answer, or none: the next try is due at ``next_attempt_at``

A *round* is the tries of one event by one schedule. It begins when the event happens, and again when the caller asks
for it to be sent once more: ``since`` says when, and tells the messages of an older round, which nobody needs.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from typing import Any

from reelqueue.jobs import WAKE_UP, Event, Job, iso
from reelqueue.webhooks import GONE, Delivery, next_try

MAX_KEPT = 20
"""How many events of a job are remembered; a job that is retried again and again has any number of them."""


class State(StrEnum):
    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    GONE = "gone"


@dataclass(frozen=True)
class Webhook:
    """One event on its way to its receiver. Times are epoch milliseconds, ``attempts`` those of all rounds."""

    event: Event
    since: int
    state: State = State.PENDING
    attempts: int = 0
    last_attempt_at: int | None = None
    last_status: int | None = None
    last_error: str | None = None
    next_attempt_at: int | None = None

    @property
    def settled(self) -> bool:
        """Whether its receiver has it, or wants no more of it."""
        return self.state in (State.DELIVERED, State.GONE)

    def wait_ms(self, now: int) -> int:
        """Milliseconds until its next try is due."""
        return max(0, (self.next_attempt_at or now) - now)

    def tried(self, delivery: Delivery, now: int, jitter: Callable[[], float] = random.random) -> Webhook:
        """The webhook after one more try."""
        after = replace(
            self,
            attempts=self.attempts + 1,
            last_attempt_at=now,
            last_status=delivery.status,
            last_error=None if delivery.ok else delivery.reason[:300],
            next_attempt_at=None,
        )
        if delivery.ok:
            return replace(after, state=State.DELIVERED)
        if delivery.status == GONE:
            return replace(after, state=State.GONE)
        pause = next_try((now - self.since) / 1000, at_least=delivery.retry_after, jitter=jitter)
        if pause is None:
            return replace(after, state=State.FAILED)
        return replace(after, state=State.PENDING, next_attempt_at=now + 1000 * pause)

    def again(self, now: int) -> Webhook:
        """The webhook at the beginning of another round."""
        return replace(self, since=now, state=State.PENDING, next_attempt_at=now)

    def message(self) -> dict[str, object]:
        """The webhook as it travels through the webhook queue: its event, and its round."""
        return {**asdict(self.event), "since": self.since}

    def answer(self) -> dict[str, object]:
        """The webhook as clients see it."""
        answer = {
            "event": self.event.type,
            "webhookId": self.event.id,
            "state": str(self.state),
            "attempts": self.attempts,
            "lastStatus": self.last_status,
            "lastError": self.last_error,
            "lastAttemptAt": None if self.last_attempt_at is None else iso(self.last_attempt_at),
            "nextAttemptAt": None if self.next_attempt_at is None else iso(self.next_attempt_at),
        }
        return {name: value for name, value in answer.items() if value is not None}


def webhook_in(message: Mapping[str, Any]) -> Webhook:
    """The webhook of a message; of one from the dead-letter queue too, which also says why it lay there."""
    return Webhook(Event(**{each.name: message[each.name] for each in fields(Event)}), message["since"])


def first_round(event: Event) -> Webhook:
    """An event that has just happened."""
    return Webhook(event, since=event.at, next_attempt_at=event.at)


def known_of(job: Job, noted: list[Webhook]) -> list[Webhook]:
    """The webhooks of a job in the order of their events: what is noted of them, and what the job still owes."""
    ids = {webhook.event.id for webhook in noted}
    owed = [first_round(event) for event in job.due if event.type != WAKE_UP and event.id not in ids]
    return sorted((*noted, *owed), key=lambda webhook: webhook.event.at)
