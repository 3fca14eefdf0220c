"""How a webhook fares: its tries, its rounds, and what clients see of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reelqueue import records
from reelqueue.deliveries import State, Webhook, first_round, known_of, webhook_in
from reelqueue.jobs import WAKE_UP, Event, Job, JobStatus
from reelqueue.table import to_item
from reelqueue.webhooks import RETRY_SECONDS, Delivery

AT = 1_763_145_000_000
EVENT = Event("msg_abc123_1_completed", "job.completed", AT, "abc123", {"jobId": "abc123", "metadata": {"order": 1}})
JOB = Job("abc123", "admin", JobStatus.COMPLETED, "1#abc123", "https://a.example/", AT, AT, AT, metadata={"order": 1})
REFUSED = Delivery(False, 503, "the receiver answered 503")


def test_what_arrived_needs_nothing_more() -> None:
    webhook = first_round(EVENT).tried(Delivery(True, 204, "the receiver answered 204"), AT + 1)
    assert (webhook.state, webhook.attempts, webhook.last_status) == (State.DELIVERED, 1, 204)
    assert webhook.settled
    assert webhook.answer() == {
        "event": "job.completed",
        "webhookId": "msg_abc123_1_completed",
        "state": "delivered",
        "attempts": 1,
        "lastStatus": 204,
        "lastAttemptAt": "2025-11-14T18:30:00.001Z",
    }


def test_a_refusal_says_when_the_next_try_is_due() -> None:
    webhook = first_round(EVENT).tried(REFUSED, AT, jitter=lambda: 0.0)
    assert (webhook.state, webhook.next_attempt_at) == (State.PENDING, AT + 5_000)
    assert webhook.answer()["nextAttemptAt"] == "2025-11-14T18:30:05.000Z"
    assert webhook.answer()["lastError"] == "the receiver answered 503"


def test_a_receiver_that_is_gone_is_left_alone() -> None:
    webhook = first_round(EVENT).tried(Delivery(False, 410, "the receiver answered 410"), AT)
    assert (webhook.state, webhook.next_attempt_at, webhook.settled) == (State.GONE, None, True)


def test_it_is_given_up_after_the_last_try_and_not_before() -> None:
    webhook, now = first_round(EVENT), AT
    for _ in RETRY_SECONDS:
        webhook = webhook.tried(REFUSED, now, jitter=lambda: 0.0)
        assert webhook.state is State.PENDING
        now += webhook.wait_ms(now)
    webhook = webhook.tried(REFUSED, now)
    assert (webhook.state, webhook.attempts) == (State.FAILED, 1 + len(RETRY_SECONDS))


def test_another_round_has_the_whole_schedule_and_the_same_id() -> None:
    later = AT + 10**9
    again = replace(first_round(EVENT), state=State.FAILED, attempts=8).again(later)
    assert again.event == EVENT
    webhook = again.tried(REFUSED, later, jitter=lambda: 0.0)
    assert (webhook.state, webhook.attempts, webhook.next_attempt_at) == (State.PENDING, 9, later + 5_000)


@pytest.mark.parametrize("webhook", [first_round(EVENT), first_round(EVENT).tried(REFUSED, AT)])
def test_a_row_keeps_all_of_it(webhook: Webhook) -> None:
    entry = {EVENT.id: records.webhook_entry(webhook)}
    row = records.row(records.webhooks_key("abc123"), {**entry, "ttl": 1})
    assert records.webhooks_of(JOB, row) == [webhook]
    assert "order" not in str(to_item(row)), "the metadata stands in the job's row already"


def test_a_message_is_read_as_it_was_written_and_from_the_dead_letter_queue_too() -> None:
    webhook = first_round(EVENT)
    assert webhook_in(webhook.message()) == replace(webhook, next_attempt_at=None)
    assert webhook_in({**webhook.message(), "reason": "the receiver answered 503"}).event == EVENT


def test_what_a_job_still_owes_is_among_its_webhooks() -> None:
    started = Event("msg_abc123_1_processing", "job.processing", AT - 10, "abc123", {})
    job = replace(JOB, due=(Event(WAKE_UP, WAKE_UP, AT, "abc123", {}), EVENT, started))
    known = known_of(job, [first_round(EVENT).tried(REFUSED, AT)])
    assert [(webhook.event.id, webhook.attempts) for webhook in known] == [(started.id, 0), (EVENT.id, 1)]
