"""A render whose function has no more time hands over to a fresh invocation: same job, same attempt, same slot."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from reelqueue.jobs import Job, JobStatus
from reelqueue.slots import ADMISSION_LEASE_MS
from reelqueue.store import Fenced
from render.attempt import Invocation, Machine, run_leg
from render.engine import Control, Rendered, render
from tests.integration.conftest import Receiver, Service, failure, request

LEG_MS = 60_000
"""How long a function may run here."""


def slow(service: Service, *, reused: int = 0, kept: int = 2) -> Callable[..., Rendered]:
    """An engine that is never ready in time. Of six segments it has these when its function's time is over."""

    def engine(request: object, directory: Path, *, control: Control, **_: object) -> Rendered:
        control.tally.segments, control.tally.reused, control.tally.kept = 6, reused, kept
        control.advance(100 * (reused + kept) / 6)
        service.clock.sleep(LEG_MS / 1000)
        patience = time.monotonic() + 10
        while time.monotonic() < patience:
            control.check()
            time.sleep(0.02)
        raise AssertionError("nobody stopped the render")

    return engine


class Hurried:
    """Threads whose events wait a fiftieth of the time: the watch over a render looks that often."""

    Thread = threading.Thread

    class Event(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            return super().wait(None if timeout is None else timeout / 50)


def run(service: Service, job_id: str, leg: int, engine: Callable[..., Rendered] = render) -> Job:
    run_leg(service.at, job_id, 1, leg, Invocation("render", LEG_MS, 3008), Machine(engine=engine, threads=Hurried()))
    job = service.store.job(job_id)
    assert job is not None
    return job


@pytest.fixture
def job_id(service: Service, receiver: Receiver) -> str:
    return admitted(service, receiver)


def admitted(service: Service, receiver: Receiver, **fields: Any) -> str:
    job_id = service.submit(request(webhookUrl=receiver.url, **fields))
    service.dispatch()
    service.messages("jobs")
    return job_id


def events(receiver: Receiver) -> list[str]:
    return [message["type"] for message in receiver.messages]


def test_a_leg_short_of_time_hands_over_in_its_slot(service: Service, job_id: str) -> None:
    job = run(service, job_id, 1, slow(service))
    assert (job.status, job.attempt, job.leg, job.headway) == (JobStatus.PROCESSING, 1, 2, 2)
    assert service.renders.invoked == [(job_id, 1), (job_id, 1)]
    assert service.renders.legs == [1, 2]
    [holder] = service.store.slots().holders.values()
    assert holder.attempt == 1
    assert 0 <= service.clock() + ADMISSION_LEASE_MS - holder.until < 100
    assert service.messages("jobs") == []


def test_the_last_leg_ends_the_attempt_with_one_start_and_one_end(
    service: Service, receiver: Receiver, job_id: str
) -> None:
    first = run(service, job_id, 1, slow(service))
    second = run(service, job_id, 2, slow(service, reused=2))
    last = run(service, job_id, 3)
    assert (last.status, last.attempt, last.leg, last.lost) == (JobStatus.COMPLETED, 1, 3, ())
    assert first.started_at == second.started_at == last.started_at
    assert first.progress <= second.progress <= last.progress == 100
    assert last.spent.invocations == 3
    assert last.spent.ms >= 2 * LEG_MS
    assert events(receiver) == ["job.processing", "job.completed"]
    assert service.store.slots().active == 0


@pytest.mark.parametrize("late", [1, 2])
def test_a_leg_delivered_again_changes_nothing(service: Service, job_id: str, late: int) -> None:
    run(service, job_id, 1, slow(service))
    run(service, job_id, 2, slow(service, reused=2))
    before = service.store.job(job_id)
    assert run(service, job_id, late) == before
    assert service.renders.legs == [1, 2, 3]


def test_a_leg_that_has_handed_over_can_write_nothing_more(service: Service, job_id: str) -> None:
    before = service.store.job(job_id)
    assert before is not None
    job = service.store.start(before, service.clock() + LEG_MS)
    service.store.hand_over(job, job.handed_over(service.clock(), headway=1, gets=0, puts=0))
    for write in (
        lambda: service.store.progress(job, 50),
        lambda: service.store.still_mine(job),
        lambda: service.store.hand_over(job, job.handed_over(service.clock(), headway=2, gets=0, puts=0)),
        lambda: service.store.finish(job, job.cancelled(service.clock()), None),
    ):
        with pytest.raises(Fenced):
            write()


def test_the_failure_of_an_older_leg_takes_nothing_from_the_younger(service: Service, job_id: str) -> None:
    handed_over = run(service, job_id, 1, slow(service))
    assert service.dispatch(failure(job_id, 1, leg=1)) == []
    assert service.store.job(job_id) == handed_over
    assert service.dispatch(failure(job_id, 1, leg=2)) == [(job_id, 2)]
    assert service.renders.legs == [1, 2, 1]


def test_a_leg_that_never_begins_loses_its_slot_when_the_lease_is_over(service: Service, job_id: str) -> None:
    run(service, job_id, 1, slow(service))
    service.clock.sleep(ADMISSION_LEASE_MS / 1000 - 1)
    assert service.dispatch() == []
    service.clock.sleep(2)
    assert service.dispatch() == [(job_id, 2)]


def test_a_leg_that_lambda_refuses_is_back_in_line(service: Service, job_id: str) -> None:
    service.renders.refuse = True
    with pytest.raises(ClientError):
        run(service, job_id, 1, slow(service))
    job = service.store.job(job_id)
    assert job is not None
    assert (job.status, service.store.slots().active) == (JobStatus.QUEUED, 0)


@pytest.mark.parametrize(("reused", "kept"), [(0, 0), (2, 0), (1, 1)])
def test_who_gets_no_further_fails_and_says_what_to_do(
    service: Service, receiver: Receiver, job_id: str, reused: int, kept: int
) -> None:
    run(service, job_id, 1, slow(service))
    job = run(service, job_id, 2, slow(service, reused=reused, kept=kept))
    assert job.status is JobStatus.FAILED
    assert job.error is not None
    assert job.error["code"] == "RENDER_TIMEOUT"
    assert "within 45 s" in str(job.error["message"])
    assert "raise the deployment's RenderTimeout or RenderMemory" in str(job.error["message"])
    assert service.store.slots().active == 0
    assert events(receiver) == ["job.processing", "job.failed"]


def test_the_time_that_a_caller_allows_counts_over_all_legs(service: Service, receiver: Receiver) -> None:
    job_id = admitted(service, receiver, timeoutSeconds=100)
    run(service, job_id, 1, slow(service))
    job = run(service, job_id, 2, slow(service, reused=2))
    assert job.status is JobStatus.FAILED
    assert job.error is not None
    assert (job.error["code"], "longer than 100 s" in str(job.error["message"])) == ("RENDER_TIMEOUT", True)
