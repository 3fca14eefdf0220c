"""webhook: the start and the end are posted, signed, and retried until they arrive."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

import render.app
import webhooks.app
from reelqueue.errors import RenderError
from reelqueue.jobs import Event, event_dict
from reelqueue.webhooks import RETRY_SECONDS
from tests.integration.conftest import CONTEXT, WEBHOOK_SECRET, Service, failure, request


@dataclass
class Receiver:
    """A client's server: verifies each message, keeps it, and answers with ``status``."""

    url: str = ""
    status: int = 204
    ids: list[str] = field(default_factory=list)
    messages: list[Any] = field(default_factory=list)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            receiver.messages.append(Webhook(WEBHOOK_SECRET).verify(body, dict(self.headers)))
            receiver.ids.append(self.headers["webhook-id"])
            self.send_response(receiver.status)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_port}/webhook"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield receiver
    server.shutdown()
    thread.join()
    server.server_close()


def rendered(service: Service, receiver: Receiver) -> str:
    job_id = service.submit(request(webhookUrl=receiver.url, metadata={"orderId": "ord_42"}))
    service.dispatch()
    render.app.lambda_handler({"jobId": job_id, "attempt": 1, "leg": 1}, CONTEXT)
    return job_id


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
    return event_dict(Event(f"msg_{job_id}_1_completed", "job.completed", service.clock(), job_id, {"jobId": job_id}))


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
    event = event_dict(Event("msg_gone_1_completed", "job.completed", service.clock(), "gone", {}))
    assert redeliver(service, event)
    assert receiver.ids == []
