"""job: what is accepted is written at once, in one transaction."""

from __future__ import annotations

import random
import string
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from reelqueue.http import Caller
from reelqueue.intake import submit
from reelqueue.jobs import JobStatus
from reelqueue.rates import Bucket
from reelqueue.spec import VideoRequest
from reelqueue.tokens import take_token
from tests.integration.conftest import Service, request

ADMIN = Caller("admin", administrator=True)


Result = TypeVar("Result")


def test_the_documented_answer_with_5_active_and_2_waiting(service: Service) -> None:
    for _ in range(7):
        service.submit()
    service.dispatch()
    answer = service.call("POST", "/generate-video-async", request())
    assert answer.status == 202
    job_id = answer.body.pop("jobId")
    assert answer.body == {
        "success": True,
        "status": "queued",
        "message": "Video generation started. You will receive updates via webhook.",
        "queue": {"position": 3, "activeRenders": 5, "maxConcurrent": 5, "queueLength": 2},
    }
    assert service.store.job(job_id) is not None


def test_a_job_has_its_request_its_ticket_and_a_wake_up(service: Service) -> None:
    job_id = service.submit(request(metadata={"orderId": "ord_42", "ratio": 0.1}, timeoutSeconds=60))
    found = service.store.job_and_request(job_id)
    assert found is not None
    job, stored = found
    assert (job.status, job.owner, job.timeout_seconds) == (JobStatus.QUEUED, "admin", 60)
    assert job.metadata == {"orderId": "ord_42", "ratio": 0.1}
    assert VideoRequest.from_json(stored).scenes
    assert [ticket.job_id for ticket in service.store.line()] == [job_id]
    assert service.messages("jobs") == [{"wake": "submitted"}]


def test_a_lost_wake_up_loses_no_job(service: Service) -> None:
    service.at.settings.__dict__["jobs_queue_url"] = "https://queue.invalid/nothing"
    job_id = service.submit()
    assert service.dispatch() == [(job_id, 1)]


def test_the_same_idempotency_key_and_body_is_the_same_job(service: Service) -> None:
    key = {"Idempotency-Key": "order-42"}
    first = service.call("POST", "/generate-video-async", request(), headers=key)
    second = service.call("POST", "/generate-video-async", request(), headers=key)
    assert (second.status, second.body) == (202, first.body)
    assert service.store.queue().length == 1


def test_the_same_idempotency_key_with_another_body_is_a_conflict(service: Service) -> None:
    key = {"Idempotency-Key": "order-42"}
    service.submit(headers=key)
    answer = service.call("POST", "/generate-video-async", request(theme="minimal"), headers=key)
    assert (answer.status, answer.body["error"]["code"]) == (409, "IDEMPOTENCY_CONFLICT")


def test_idempotency_keys_belong_to_their_caller_and_end_after_a_day(service: Service) -> None:
    key = {"Idempotency-Key": "order-42"}
    first = service.submit(headers=key)
    assert service.submit(headers=key, caller="shop", administrator=False) != first
    service.clock.sleep(86_401)
    assert service.submit(request(theme="minimal"), headers=key) != first


def at_once(action: Callable[[], Result]) -> list[Result]:
    """What a hundred threads get that begin at the same instant; their calls to AWS interleave as they come."""
    start = threading.Barrier(100)

    def one() -> Result:
        start.wait()
        return action()

    with ThreadPoolExecutor(100) as crowd:
        return [done.result() for done in [crowd.submit(one) for _ in range(100)]]


def test_a_hundred_requests_with_one_key_at_once_make_one_job(service: Service) -> None:
    answers = at_once(lambda: submit(service.at, ADMIN, request(), "order-42"))
    assert len({accepted.answer["jobId"] for accepted in answers}) == 1
    assert all(accepted.answer == answers[0].answer for accepted in answers)
    assert service.store.queue().length == 1
    assert len(list(service.store.jobs_of("admin", before=None, page=100))) == 1


def test_of_a_hundred_requests_at_once_none_is_lost_and_none_comes_twice(service: Service) -> None:
    ids = [accepted.answer["jobId"] for accepted in at_once(lambda: submit(service.at, ADMIN, request()))]
    line = [ticket.job_id for ticket in service.store.line()]
    assert (len(set(ids)), sorted(line)) == (100, sorted(ids))
    places = [service.call("GET", f"/job-status/{job_id}").body["queue"]["position"] for job_id in line[::11]]
    assert places == list(range(1, 101, 11))
    assert service.dispatch() == [(job_id, 1) for job_id in line[:5]]


def test_a_broken_idempotency_key_is_refused(service: Service) -> None:
    answer = service.call("POST", "/generate-video-async", request(), headers={"Idempotency-Key": "x" * 256})
    assert (answer.status, "Idempotency-Key" in answer.body["error"]["message"]) == (400, True)


def test_a_full_line_says_when_to_come_back(service: Service) -> None:
    service.at.settings.__dict__["max_queue_length"] = 2
    first = service.submit(headers={"Idempotency-Key": "first"})
    service.submit()
    answer = service.call("POST", "/generate-video-async", request())
    assert (answer.status, answer.body["error"]["code"]) == (429, "LINE_FULL")
    assert int(answer.headers["Retry-After"]) > 0
    assert service.submit(headers={"Idempotency-Key": "first"}) == first


def test_a_caller_that_is_too_fast_waits_and_nobody_else_does(service: Service) -> None:
    service.at.settings.__dict__["rate_limit_per_minute"] = 3
    for _ in range(3):
        service.submit()
    answer = service.call("POST", "/generate-video-async", request())
    assert (answer.status, answer.body["error"]["code"]) == (429, "RATE_LIMITED")
    assert answer.headers["Retry-After"] == "20"
    service.submit(caller="shop", administrator=False)
    service.clock.sleep(20)
    service.submit()


def test_requests_that_meet_are_not_refused_for_that(service: Service) -> None:
    """The bucket is full again after each millisecond, so to most of them it changes between their look and write."""
    tokens = at_once(lambda: take_token(service.store, "admin", Bucket(60_000), None))
    assert {token.wait_ms for token in tokens} == {0}


def test_a_caller_is_told_what_its_bucket_holds(service: Service) -> None:
    service.at.settings.__dict__["rate_limit_per_minute"] = 3
    headers = [service.call("POST", "/generate-video-async", request()).headers for _ in range(4)]
    assert {told["RateLimit-Policy"] for told in headers} == {'"submit";q=3;w=60'}
    assert [told["RateLimit"] for told in headers] == [
        '"submit";r=2;t=20',
        '"submit";r=1;t=40',
        '"submit";r=0;t=60',
        '"submit";r=0;t=60',
    ]


def test_an_invalid_request_takes_no_token(service: Service) -> None:
    service.at.settings.__dict__["rate_limit_per_minute"] = 1
    assert service.call("POST", "/generate-video-async", request(scenes=[])).status == 422
    service.submit()


def test_the_first_answer_comes_again_whatever_the_bucket_holds(service: Service) -> None:
    service.at.settings.__dict__["rate_limit_per_minute"] = 1
    key = {"Idempotency-Key": "order-42"}
    first = service.submit(headers=key)
    assert service.submit(headers=key) == first


def test_an_idle_hour_fills_the_bucket_once(service: Service) -> None:
    service.at.settings.__dict__["rate_limit_per_minute"] = 3
    service.submit()
    service.clock.sleep(3600)
    statuses = [service.call("POST", "/generate-video-async", request()).status for _ in range(4)]
    assert statuses == [202, 202, 202, 429]


def test_a_request_of_the_largest_size_fits_into_the_table(service: Service) -> None:
    letters = random.Random(1)
    scenes = [{"text": "".join(letters.choices(string.ascii_letters, k=1300)), "duration": 1} for _ in range(180)]
    job_id = service.submit(request(scenes=scenes))
    found = service.store.job_and_request(job_id)
    assert found is not None
    assert len(VideoRequest.from_json(found[1]).scenes) == 180
