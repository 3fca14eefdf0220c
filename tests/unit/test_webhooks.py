"""Standard Webhooks: the signature as a client's library checks it, delivery, and the schedule of retries."""

from __future__ import annotations

import base64
import io
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
import requests
from requests.adapters import BaseAdapter
from standardwebhooks.webhooks import Webhook, WebhookVerificationError
from urllib3.util import Timeout

from reelqueue.addresses import AddressRefused, Gate
from reelqueue.jobs import Event
from reelqueue.outgoing import Dialer, guarded_session
from reelqueue.webhooks import LONGEST_PAUSE, RETRY_SECONDS, Sender, body, next_try, retry_after, sign, signing_key

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef01234567").decode()
EVENT = Event("msg_abc123_1_completed", "job.completed", 1_763_145_000_000, "abc123", {"jobId": "abc123"})
OLD_SECRET = "whsec_" + base64.b64encode(b"another-key-of-24-bytes!").decode()
TIMEOUT = Timeout(connect=1, read=1, total=1)
NOW = 1_763_145_000


class Receiver(BaseAdapter):
    """Stands in for the network below ``requests``: answers each request with what it is told, and keeps it."""

    def __init__(self, answer: Callable[[], int], headers: dict[str, str] | None = None) -> None:
        super().__init__()
        self.answer = answer
        self.headers = headers or {}
        self.requests: list[requests.PreparedRequest] = []

    def send(self, request: requests.PreparedRequest, **options: object) -> requests.Response:  # type: ignore[override]
        self.requests.append(request)
        response = requests.Response()
        response.status_code = self.answer()
        response.raw = io.BytesIO()
        response.headers["location"] = "https://elsewhere.example.com/"
        response.headers.update(self.headers)
        response.request = request
        response.url = str(request.url)
        return response

    def close(self) -> None:
        pass


def sender_to(receiver: Receiver, *secrets: str) -> Sender:
    session = requests.Session()
    session.mount("http://", receiver)
    keys = [signing_key(secret) for secret in secrets or [SECRET]]
    return Sender(lambda: keys, clock=time.time, session=session)


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


@pytest.mark.parametrize("known", [SECRET, OLD_SECRET])
def test_while_a_secret_is_changed_clients_verify_with_either(known: str) -> None:
    receiver = Receiver(lambda: 204)
    sender_to(receiver, SECRET, OLD_SECRET).post("http://app.example.com/hook", EVENT, {}, TIMEOUT)
    request = receiver.requests[0]
    assert isinstance(request.body, bytes)
    Webhook(known).verify(request.body, dict(request.headers))
    signatures = str(request.headers["webhook-signature"]).split(" ")
    assert [signature[:3] for signature in signatures] == ["v1,", "v1,"]


def test_a_changed_body_does_not_verify() -> None:
    now = int(time.time())
    headers = {
        "webhook-id": EVENT.id,
        "webhook-timestamp": str(now),
        "webhook-signature": sign([signing_key(SECRET)], EVENT.id, now, b"{}"),
    }
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(b'{"a": 1}', headers)


@pytest.mark.parametrize("status", [301, 302, 400, 404, 410, 429, 500, 503])
def test_only_2xx_is_success_and_redirects_are_not_followed(status: int) -> None:
    receiver = Receiver(lambda: status)
    delivery = sender_to(receiver).post("http://app.example.com/hook", EVENT, {}, TIMEOUT)
    assert (delivery.ok, delivery.status, len(receiver.requests)) == (False, status, 1)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (requests.ConnectionError, "cannot be reached"),
        (requests.ReadTimeout, "did not answer in time"),
        (requests.ConnectTimeout, "did not answer in time"),
        (requests.exceptions.SSLError, "certificate"),
        (requests.exceptions.InvalidHeader, "no HTTP"),
        (AddressRefused, "was not posted"),
    ],
)
def test_a_receiver_that_is_down_is_a_failure_and_not_an_error(error: type[Exception], reason: str) -> None:
    url = "http://app.example.com/hook?token=s3cret"

    def down() -> int:
        raise error("no" if error is AddressRefused else f"Max retries exceeded with url: {url}")

    delivery = sender_to(Receiver(down)).post(url, EVENT, {}, TIMEOUT)
    assert (delivery.ok, delivery.status) == (False, None)
    assert reason in delivery.reason
    assert "s3cret" not in delivery.reason


def test_a_deployed_stack_never_posts_to_a_private_address() -> None:
    sender = Sender(lambda: [signing_key(SECRET)], clock=time.time, session=guarded_session(Dialer(Gate())))
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


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        (" 7 ", 7),
        ("Fri, 14 Nov 2025 18:32:00 GMT", 120),
        ("Fri, 14 Nov 2025 18:29:00 GMT", 0),
        ("99999999999999999999", LONGEST_PAUSE),
        ("Fri, 14 Nov 2031 18:30:00 GMT", LONGEST_PAUSE),
        *((nothing, 0) for nothing in (None, "", "-5", "1.5", "soon", "٣", "Fri, 99 Nov 2025 18:32:00 GMT")),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_bounded(header: str | None, seconds: int) -> None:
    assert retry_after(header, NOW) == seconds


def test_a_receiver_that_asks_for_more_time_gets_it() -> None:
    receiver = Receiver(lambda: 503, {"Retry-After": "3600"})
    delivery = sender_to(receiver).post("http://app.example.com/hook", EVENT, {}, TIMEOUT)
    assert delivery.retry_after == 3600
    assert next_try(0, at_least=3600) == 3600


def test_no_receiver_gets_less_time_than_the_schedule_has() -> None:
    assert next_try(5, at_least=10, jitter=lambda: 0.0) == 300


def test_asking_for_more_time_does_not_bring_more_tries() -> None:
    assert next_try(sum(RETRY_SECONDS), at_least=60) is None


class Flood(io.RawIOBase):
    """An answer's body without an end; counts what is read of it."""

    def __init__(self) -> None:
        self.taken = 0

    def readinto(self, buffer: Any) -> int:
        self.taken += len(buffer)
        return len(buffer)

    def readable(self) -> bool:
        return True


def test_what_a_receiver_answers_is_not_read() -> None:
    flood = Flood()

    class Talkative(Receiver):
        def send(self, request: requests.PreparedRequest, **options: object) -> requests.Response:  # type: ignore[override]
            response = super().send(request, **options)
            response.raw = flood
            return response

    assert sender_to(Talkative(lambda: 200)).post("http://app.example.com/hook", EVENT, {}, TIMEOUT).ok
    assert flood.taken == 0
