"""Standard Webhooks: the signature as a client's library checks it, delivery, and the schedule of retries."""

from __future__ import annotations

import base64
import io
import json
import time
from collections.abc import Callable

import pytest
import requests
from requests.adapters import BaseAdapter
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from reelqueue.addresses import Gate
from reelqueue.jobs import Event
from reelqueue.outgoing import Dialer, guarded_session
from reelqueue.webhooks import RETRY_SECONDS, Sender, body, next_try, sign, signing_key

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef01234567").decode()
EVENT = Event("msg_abc123_1_completed", "job.completed", 1_763_145_000_000, "abc123", {"jobId": "abc123"})
TIMEOUT = (1.0, 1.0)


class Receiver(BaseAdapter):
    """Stands in for the network below ``requests``: answers each request with what it is told, and keeps it."""

    def __init__(self, answer: Callable[[], int]) -> None:
        super().__init__()
        self.answer = answer
        self.requests: list[requests.PreparedRequest] = []

    def send(self, request: requests.PreparedRequest, **options: object) -> requests.Response:  # type: ignore[override]
        self.requests.append(request)
        response = requests.Response()
        response.status_code = self.answer()
        response.raw = io.BytesIO()
        response.headers["location"] = "https://elsewhere.example.com/"
        response.request = request
        response.url = str(request.url)
        return response

    def close(self) -> None:
        pass


def sender_to(receiver: Receiver) -> Sender:
    session = requests.Session()
    session.mount("http://", receiver)
    return Sender(signing_key(SECRET), clock=time.time, session=session)


def test_a_client_verifies_what_was_posted() -> None:
    receiver = Receiver(lambda: 204)
    delivery = sender_to(receiver).post("http://app.example.com/hook", EVENT, {"queue": {}}, TIMEOUT)
    request = receiver.requests[0]
    assert delivery.ok
    assert isinstance(request.body, bytes)
    message = Webhook(SECRET).verify(request.body, dict(request.headers))
    assert message == {
        "type": "job.completed",
        "timestamp": "2025-11-14T18:30:00.000Z",
        "data": {"jobId": "abc123", "queue": {}},
    }


def test_a_changed_body_does_not_verify() -> None:
    now = int(time.time())
    headers = {
        "webhook-id": EVENT.id,
        "webhook-timestamp": str(now),
        "webhook-signature": sign(signing_key(SECRET), EVENT.id, now, b"{}"),
    }
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(b'{"a": 1}', headers)


@pytest.mark.parametrize("status", [301, 302, 400, 404, 410, 429, 500, 503])
def test_only_2xx_is_success_and_redirects_are_not_followed(status: int) -> None:
    receiver = Receiver(lambda: status)
    delivery = sender_to(receiver).post("http://app.example.com/hook", EVENT, {}, TIMEOUT)
    assert (delivery.ok, delivery.status, len(receiver.requests)) == (False, status, 1)


def test_a_receiver_that_is_down_is_a_failure_and_not_an_error() -> None:
    def down() -> int:
        raise requests.ConnectionError("refused")

    delivery = sender_to(Receiver(down)).post("http://app.example.com/hook", EVENT, {}, TIMEOUT)
    assert (delivery.ok, delivery.status) == (False, None)
    assert "refused" in delivery.reason


def test_a_deployed_stack_never_posts_to_a_private_address() -> None:
    sender = Sender(signing_key(SECRET), clock=time.time, session=guarded_session(Dialer(Gate())))
    delivery = sender.post("https://127.0.0.1/hook", EVENT, {}, TIMEOUT)
    assert not delivery.ok
    assert "not a public one" in delivery.reason


def test_the_body_is_the_event_with_what_is_live() -> None:
    assert json.loads(body(EVENT, {"videoUrl": "https://x"}))["data"] == {"jobId": "abc123", "videoUrl": "https://x"}


@pytest.mark.parametrize("secret", ["whsec_c2hvcnQ=", "not base64!"])
def test_a_weak_or_broken_secret_is_refused(secret: str) -> None:
    with pytest.raises(ValueError, match=r"24 bytes|base64|[Nn]on-base64|padding"):
        signing_key(secret)


def test_the_generated_secret_of_a_deployed_stack_is_a_key() -> None:
    assert len(signing_key("aB3" * 10 + "xy")) == 24


def test_tries_follow_the_schedule_and_end() -> None:
    age, pauses = 0.0, []
    while (pause := next_try(age, jitter=lambda: 0.0)) is not None:
        pauses.append(pause)
        age += pause
    assert tuple(pauses) == RETRY_SECONDS


def test_jitter_only_delays() -> None:
    assert next_try(0, jitter=lambda: 1.0) == 6
