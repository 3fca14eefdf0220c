"""webhook: the start and the end are posted, signed, and retried until they arrive."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import boto3
import pytest
from aws_lambda_powertools.utilities import parameters
from urllib3.util import Timeout

import render.app
import webhooks.app
from reelqueue.addresses import Gate
from reelqueue.deliveries import MAX_KEPT, first_round
from reelqueue.errors import RenderError
from reelqueue.jobs import Event
from reelqueue.outgoing import Dialer, guarded_session
from reelqueue.webhooks import RETRY_SECONDS, Sender, signing_key
from tests.integration.conftest import CONTEXT, WEBHOOK_SECRET, Answer, Receiver, Service, failure, request


def rendered(service: Service, receiver: Receiver) -> str:
    job_id = service.submit(request(webhookUrl=receiver.url, metadata={"orderId": "ord_42"}))
    service.dispatch()
    render.app.lambda_handler({"jobId": job_id, "attempt": 1, "leg": 1}, CONTEXT)
    return job_id


def fare(service: Service, job_id: str) -> list[tuple[str, str, int, int | None]]:
    """What the API says of the webhooks of a job: type, state, attempts, last status."""
    known = service.call("GET", f"/job-status/{job_id}").body["webhooks"]
    return [(each["event"], each["state"], each["attempts"], each.get("lastStatus")) for each in known]


def redeliver(service: Service, event: dict[str, Any]) -> bool:
    """Give an event to the consumer of the webhook queue; tells whether the queue may delete it."""
    queue = service.at.sqs
    queue.send_message(QueueUrl=service.at.settings.webhook_queue_url, MessageBody=json.dumps(event))
    [message] = queue.receive_message(QueueUrl=service.at.settings.webhook_queue_url)["Messages"]
    record = {
        "messageId": "1",
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "eventSource": "aws:sqs",
    }
    return not webhooks.app.lambda_handler({"Records": [record]}, CONTEXT)["batchItemFailures"]


def an_event(service: Service, receiver: Receiver) -> dict[str, Any]:
    job_id = service.submit(request(webhookUrl=receiver.url))
    event = Event(f"msg_{job_id}_1_completed", "job.completed", service.clock(), job_id, {"jobId": job_id})
    return first_round(event).message()


def test_the_start_and_the_end_arrive_signed_and_nothing_else(service: Service, receiver: Receiver) -> None:
    job_id = rendered(service, receiver)
    assert receiver.ids == [f"msg_{job_id}_1_processing", f"msg_{job_id}_1_completed"]
    assert [message["type"] for message in receiver.messages] == ["job.processing", "job.completed"]
    assert service.messages("webhooks") == []


def test_a_webhook_carries_the_job_status_answer(service: Service, receiver: Receiver) -> None:
    job_id = rendered(service, receiver)
    start, end = (message["data"] for message in receiver.messages)
    assert (start["status"], start["progress"], start["message"]) == ("processing", 0, "Rendering: 0%")
    assert start["queue"]["maxConcurrent"] == 5
    answer = service.call("GET", f"/job-status/{job_id}").body
    assert [webhook["event"] for webhook in answer.pop("webhooks")] == ["job.processing", "job.completed"]
    links = {"videoUrl", "posterUrl"}
    assert {name: end[name] for name in end.keys() - links} == {name: answer[name] for name in answer.keys() - links}
    assert links <= end.keys()
    assert end["metadata"] == {"orderId": "ord_42"}


def test_nothing_is_owed_once_it_has_arrived(service: Service, receiver: Receiver) -> None:
    job = service.store.job(rendered(service, receiver))
    assert job is not None
    assert job.due == ()
    assert service.store.overdue(service.clock() + 10**9) == []


def test_what_fails_goes_to_the_webhook_queue_with_the_same_id(service: Service, receiver: Receiver) -> None:
    receiver.status = 503
    job_id = rendered(service, receiver)
    events = service.messages("webhooks", at_least=2)
    assert [event["id"] for event in events] == receiver.ids
    assert [event["type"] for event in events] == ["job.processing", "job.completed"]
    job = service.store.job(job_id)
    assert job is not None
    assert job.due == ()


def test_what_a_crash_left_due_is_handed_over_by_the_minutes_run(service: Service) -> None:
    job_id = service.submit()
    service.dispatch()
    job = service.store.job(job_id)
    assert job is not None
    service.store.start(job, service.clock() + 900_000)
    service.dispatch()
    assert service.messages("webhooks") == []
    service.clock.sleep(121)
    service.dispatch()
    assert [event["type"] for event in service.messages("webhooks")] == ["job.processing"]
    service.dispatch()
    assert service.messages("webhooks") == []


def test_the_wake_up_for_a_free_slot_is_owed_until_it_is_sent(service: Service, receiver: Receiver) -> None:
    service.at.settings.__dict__["jobs_queue_url"] = "https://queue.invalid/nothing"
    job_id = rendered(service, receiver)
    job = service.store.job(job_id)
    assert job is not None
    assert [event.type for event in job.due] == ["wake-up"]
    assert receiver.ids[-1] == f"msg_{job_id}_1_completed"
    service.clock.sleep(61)
    waiting = service.submit()
    assert service.dispatch() == [(waiting, 1)]
    job = service.store.job(job_id)
    assert job is not None
    assert job.due == ()
    assert service.store.overdue(service.clock() + 10**9) == []
    assert service.messages("webhooks") == []


def test_what_a_killed_render_left_untold_is_handed_over_at_once(service: Service) -> None:
    job_id = service.submit()
    service.dispatch()
    job = service.store.job(job_id)
    assert job is not None
    job = service.store.start(job, service.clock() + 900_000)
    service.store.finish(job, job.failed(RenderError("no"), service.clock()))
    service.dispatch(failure(job_id, 1))
    assert [event["type"] for event in service.messages("webhooks", at_least=2)] == ["job.processing", "job.failed"]
    service.dispatch(failure(job_id, 1))
    assert service.messages("webhooks") == []


def test_the_wake_up_that_a_crash_left_never_goes_to_the_client(service: Service) -> None:
    job_id = service.submit()
    service.dispatch()
    job = service.store.job(job_id)
    assert job is not None
    job = service.store.start(job, service.clock() + 900_000)
    service.store.finish(job, job.cancelled(service.clock()))
    service.messages("jobs")
    assert service.call("POST", f"/jobs/{job_id}/retry").status == 202
    assert service.call("POST", f"/jobs/{job_id}/cancel").status == 200
    assert service.messages("jobs") == [{"wake": "submitted"}, {"wake": "finished"}]
    posted = sorted(event["type"] for event in service.messages("webhooks"))
    assert posted == ["job.cancelled", "job.cancelled", "job.processing"]


def test_a_retry_that_arrives_is_done(service: Service, receiver: Receiver) -> None:
    event = an_event(service, receiver)
    assert redeliver(service, event)
    assert receiver.ids == [event["id"]]


def test_a_retry_that_fails_stays_in_the_queue_for_the_next_pause(service: Service, receiver: Receiver) -> None:
    receiver.status = 500
    event = an_event(service, receiver)
    service.clock.sleep(RETRY_SECONDS[0] + 1)
    assert not redeliver(service, event)
    assert service.messages("webhooks") == []  # invisible until its pause is over
    assert service.messages("dead letters") == []


def test_after_the_last_try_it_lies_in_the_dead_letter_queue_with_the_reason(
    service: Service, receiver: Receiver
) -> None:
    receiver.status = 500
    event = an_event(service, receiver)
    service.clock.sleep(sum(RETRY_SECONDS) + 1)
    assert redeliver(service, event)
    [letter] = service.messages("dead letters")
    assert (letter["id"], letter["reason"]) == (event["id"], "the receiver answered 500")


def test_the_webhook_of_a_job_that_is_gone_ends_quietly(service: Service, receiver: Receiver) -> None:
    event = first_round(Event("msg_gone_1_completed", "job.completed", service.clock(), "gone", {})).message()
    assert redeliver(service, event)
    assert receiver.ids == []


def test_a_letter_that_is_moved_back_into_the_queue_gets_one_more_try(service: Service, receiver: Receiver) -> None:
    receiver.status = 500
    event = an_event(service, receiver)
    service.clock.sleep(sum(RETRY_SECONDS) + 1)
    assert redeliver(service, event)
    [letter] = service.messages("dead letters")
    receiver.status = 200
    assert redeliver(service, letter)
    assert receiver.ids == [event["id"]] * 2
    assert fare(service, event["job_id"]) == [("job.completed", "delivered", 2, 200)]


def test_every_try_is_in_the_status_of_the_job(service: Service, receiver: Receiver) -> None:
    receiver.status = 503
    job_id = rendered(service, receiver)
    assert fare(service, job_id) == [("job.processing", "pending", 1, 503), ("job.completed", "pending", 1, 503)]
    start, end = service.messages("webhooks", at_least=2)
    service.clock.sleep(6)
    assert not redeliver(service, start)
    receiver.status = 204
    assert redeliver(service, end)
    assert fare(service, job_id) == [("job.processing", "pending", 2, 503), ("job.completed", "delivered", 2, 204)]
    pending, delivered = service.call("GET", f"/job-status/{job_id}").body["webhooks"]
    assert pending["lastAttemptAt"] < pending["nextAttemptAt"]
    assert pending["lastError"] == "the receiver answered 503"
    assert "nextAttemptAt" not in delivered


def test_an_event_that_nobody_has_posted_yet_is_there_too(service: Service) -> None:
    job_id = service.submit()
    assert fare(service, job_id) == []
    assert service.call("POST", f"/jobs/{job_id}/cancel").status == 200
    assert fare(service, job_id) == [("job.cancelled", "pending", 0, None)]


def test_a_receiver_that_is_gone_gets_no_further_try(service: Service, receiver: Receiver) -> None:
    receiver.status = 410
    job_id = rendered(service, receiver)
    assert fare(service, job_id) == [("job.processing", "gone", 1, 410), ("job.completed", "gone", 1, 410)]
    assert service.messages("webhooks") == []
    event = an_event(service, receiver)
    assert redeliver(service, event)
    assert service.messages("dead letters") == []
    assert redeliver(service, event), "a second delivery of the message"
    assert receiver.ids.count(event["id"]) == 1


def test_a_message_that_comes_twice_is_posted_once(service: Service, receiver: Receiver) -> None:
    event = an_event(service, receiver)
    assert redeliver(service, event)
    assert redeliver(service, event)
    assert receiver.ids == [event["id"]]


def test_a_receiver_that_asks_for_an_hour_gets_it(service: Service, receiver: Receiver) -> None:
    """SQS holds a new message back for 15 minutes at most."""
    receiver.status, receiver.retry_after = 503, "3600"
    job_id = rendered(service, receiver)
    start = service.at.store.job_and_webhooks(job_id)
    assert start is not None
    message = start[1][0].message()
    receiver.status = 204
    service.clock.sleep(900)
    assert not redeliver(service, message)
    assert len(receiver.ids) == 2, "the first tries only"
    service.clock.sleep(2700)
    assert redeliver(service, message)
    assert fare(service, job_id)[0] == ("job.processing", "delivered", 2, 204)


def test_a_secret_is_changed_while_both_are_known(service: Service, receiver: Receiver) -> None:
    new = "whsec_" + base64.b64encode(b"a-new-key-of-24-bytes---").decode()
    secret = json.dumps({"secret": new, "previousSecret": WEBHOOK_SECRET})
    boto3.client("secretsmanager").put_secret_value(SecretId="key", SecretString=secret)
    rendered(service, receiver)
    assert len(receiver.ids) == 2, "the receiver verifies with the old one"
    assert all(signatures.count("v1,") == 2 for signatures in receiver.signatures)


@pytest.mark.parametrize("secret", ['{"secret": "c2hvcnQ="}', '{"secret": "in ABC clear"}', "no JSON: ABC", "[]"])
def test_without_a_key_webhooks_wait_and_renders_go_on(
    service: Service, receiver: Receiver, secret: str, capsys: pytest.CaptureFixture[str]
) -> None:
    secrets = boto3.client("secretsmanager")
    secrets.put_secret_value(SecretId="key", SecretString=secret)
    job_id = rendered(service, receiver)
    assert service.call("GET", f"/job-status/{job_id}").body["status"] == "completed"
    events = service.messages("webhooks", at_least=2)
    assert not redeliver(service, events[0])
    written = "".join(capsys.readouterr())
    assert "ABC" not in written
    assert "c2hvcnQ" not in written
    parameters.clear_caches()  # type: ignore[no-untyped-call]
    secrets.put_secret_value(SecretId="key", SecretString=json.dumps({"secret": WEBHOOK_SECRET}))
    assert all(redeliver(service, event) for event in events)
    assert receiver.ids == [event["id"] for event in events]


def test_a_receiver_that_hangs_costs_no_render_and_no_slot_anything(service: Service, receiver: Receiver) -> None:
    """It answers only once the slot is free and the dispatcher awake: who waits for it, waits for ever."""
    seen: list[tuple[int, list[Any]]] = []

    def hang() -> None:
        deadline = time.monotonic() + 20
        while service.store.slots().active and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(0.1)
        seen.append((service.store.slots().active, service.messages("jobs")))

    service.messages("jobs")
    receiver.before_answer = hang
    service.at.__dict__["sender"] = Sender(
        lambda: [signing_key(WEBHOOK_SECRET)],
        clock=time.time,
        session=guarded_session(Dialer(Gate(allow_private=True))),
    )
    patient = Timeout(connect=5, read=30)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("reelqueue.courier.FIRST_TRY_TIMEOUT", patient)
        job_id = rendered(service, receiver)
    assert seen[0] == (0, [{"wake": "submitted"}, {"wake": "finished"}])
    assert receiver.ids == [f"msg_{job_id}_1_processing", f"msg_{job_id}_1_completed"]


# Sending again.


def again(service: Service, job_id: str, body: object = None, **options: Any) -> Answer:
    return service.call("POST", f"/jobs/{job_id}/webhooks/redeliver", body, **options)


def test_all_webhooks_of_a_job_are_sent_again_under_their_ids(service: Service, receiver: Receiver) -> None:
    job_id = rendered(service, receiver)
    ids, messages = list(receiver.ids), list(receiver.messages)
    service.clock.sleep(10 * sum(RETRY_SECONDS))
    answer = again(service, job_id)
    assert (answer.status, answer.body["success"], answer.body["jobId"]) == (202, True, job_id)
    assert [each["state"] for each in answer.body["webhooks"]] == ["pending", "pending"]
    assert all(redeliver(service, event) for event in service.messages("webhooks", at_least=2))
    assert receiver.ids == ids * 2
    links = {"videoUrl", "posterUrl", "queue"}
    for before, after in zip(messages, receiver.messages[2:], strict=True):
        assert (after["type"], after["timestamp"]) == (before["type"], before["timestamp"])
        assert {name: value for name, value in after["data"].items() if name not in links} == {
            name: value for name, value in before["data"].items() if name not in links
        }
    assert fare(service, job_id) == [("job.processing", "delivered", 2, 204), ("job.completed", "delivered", 2, 204)]


@pytest.mark.parametrize("name", ["job.completed", "msg_{}_1_completed"])
def test_one_is_sent_again_by_its_type_or_its_id(service: Service, receiver: Receiver, name: str) -> None:
    job_id = rendered(service, receiver)
    assert again(service, job_id, {"event": name.format(job_id)}).status == 202
    [event] = service.messages("webhooks")
    assert event["id"] == f"msg_{job_id}_1_completed"


def test_what_is_sent_again_has_the_whole_schedule_and_its_older_message_ends(
    service: Service, receiver: Receiver
) -> None:
    receiver.status = 500
    job_id = rendered(service, receiver)
    old = service.messages("webhooks", at_least=2)[1]
    service.clock.sleep(10 * sum(RETRY_SECONDS))
    again(service, job_id, {"event": "job.completed"})
    [new] = service.messages("webhooks")
    tries = len(receiver.ids)
    assert redeliver(service, old), "another round has begun, so this message is of no use"
    assert len(receiver.ids) == tries
    assert not redeliver(service, new), "it comes again"
    assert fare(service, job_id)[1] == ("job.completed", "pending", 2, 500)


def test_before_anything_was_posted_there_is_nothing_to_send_again(service: Service, receiver: Receiver) -> None:
    job_id = service.submit()
    answer = again(service, job_id)
    assert (answer.status, answer.body["error"]["code"]) == (409, "CONFLICT")
    job_id = rendered(service, receiver)
    answer = again(service, job_id, {"event": "job.failed"})
    assert answer.status == 409
    assert "job.completed, job.processing" in answer.body["error"]["message"]


def test_nobody_sends_the_webhooks_of_another_caller(service: Service, receiver: Receiver) -> None:
    job_id = rendered(service, receiver)
    answer = again(service, job_id, caller="shop", administrator=False)
    assert (answer.status, answer.body["error"]["code"]) == (404, "JOB_NOT_FOUND")
    assert again(service, "0123456789abcdef").status == 404
    assert service.messages("webhooks") == []


@pytest.mark.parametrize(
    ("body", "pointer"),
    [({"events": "x"}, "/events"), ({"event": 5}, "/event"), ({"event": ""}, "/event"), ([], ""), ("7", "")],
)
def test_a_mistake_in_the_body_is_named(service: Service, body: object, pointer: str) -> None:
    answer = again(service, service.submit(), body)
    assert (answer.status, answer.body["error"]["details"][0]["pointer"]) == (422, pointer)


def test_sending_again_takes_a_token(service: Service, receiver: Receiver) -> None:
    job_id = rendered(service, receiver)
    service.clock.sleep(60)
    service.at.settings.__dict__["rate_limit_per_minute"] = 2
    assert [again(service, job_id).status for _ in range(3)] == [202, 202, 429]


def test_a_job_that_is_retried_for_ever_does_not_grow_for_ever(service: Service) -> None:
    job_id = service.submit()
    for _ in range(MAX_KEPT + 3):
        service.call("POST", f"/jobs/{job_id}/cancel")
        service.call("POST", f"/jobs/{job_id}/retry")
        service.clock.sleep(1)
    known = service.call("GET", f"/job-status/{job_id}").body["webhooks"]
    assert len(known) == MAX_KEPT
    assert known[-1]["webhookId"] == f"msg_{job_id}_0_r{MAX_KEPT + 2}_cancelled"
