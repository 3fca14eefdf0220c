"""A render whose function's time runs short goes on in another invocation: same attempt, same slot, nobody is told."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from reelqueue.jobs import Event, Job, JobStatus
from reelqueue.spec import VideoRequest
from reelqueue.store import Fenced
from reelqueue.webhooks import Delivery
from render.attempt import WRAP_UP_MS, Invocation, Machine, run_leg
from render.engine.control import Control, Stopped, Tally
from render.engine.crew import Crew
from render.engine.render import Rendered, render
from tests.integration.conftest import Service, failure, request

MINUTES = 900_000
"""What a function has, in milliseconds."""
SCENES = [{"text": text, "duration": 2} for text in ("One", "Two", "Three")]
SEGMENTS = 5


class Quick:
    """Threads that wait a hundredth of what they are asked to."""

    Thread = threading.Thread

    class Event(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            return super().wait(None if timeout is None else timeout / 100)


class ShortOfTime:
    """The real engine with one worker, whose function runs out of time once it has rendered ``segments`` of them."""

    def __init__(self, service: Service, segments: int) -> None:
        self.tallies: list[Tally] = []
        self._service = service
        self._segments = segments

    def __call__(self, request: VideoRequest, crew: Crew, **options: Any) -> Rendered:
        self.tallies.append(crew.control.tally)
        crew.control.advance = self._stop_in_time(crew.control)  # type: ignore[method-assign, assignment]
        return render(request, crew, workers=1, **options)

    def _stop_in_time(self, control: Control) -> Callable[[float], None]:
        def advance(percent: float) -> None:
            Control.advance(control, percent)
            if control.tally.rendered >= self._segments and percent < 100:
                self._service.clock.sleep(MINUTES / 1000)
                assert control._stop.wait(5)
                raise Stopped

        return advance


class TooSlow:
    """An engine that reuses and keeps so many segments, and never gets to the end."""

    def __init__(self, service: Service, **tally: int) -> None:
        self._service = service
        self._tally = tally

    def __call__(self, request: VideoRequest, crew: Crew, **options: Any) -> Rendered:
        for name, value in self._tally.items():
            setattr(crew.control.tally, name, value)
        self._service.clock.sleep(MINUTES / 1000)
        assert crew.control._stop.wait(5)
        raise Stopped


def admitted(service: Service, **fields: object) -> str:
    job_id = service.submit(request(theme="minimal", **{"scenes": SCENES, **fields}))
    service.dispatch()
    service.messages("jobs")
    return job_id


def run(service: Service, engine: Callable[..., Rendered], job_id: str, leg: int = 1, attempt: int = 1) -> Job:
    """Run a leg; gives back the job after it."""
    run_leg(
        service.at, job_id, attempt, leg, Invocation("render", MINUTES, 3008), Machine(engine=engine, threads=Quick())
    )
    return job_of(service, job_id)


def job_of(service: Service, job_id: str) -> Job:
    job = service.store.job(job_id)
    assert job is not None
    return job


def handed_over(service: Service, **fields: object) -> Job:
    return run(service, TooSlow(service, segments=SEGMENTS, kept=2), admitted(service, **fields))


@pytest.mark.parametrize("cache", [True, False])
def test_a_video_is_finished_over_several_legs_and_is_the_same(service: Service, cache: bool) -> None:
    engine = ShortOfTime(service, segments=2)
    job_id = admitted(service, cache=cache)

    first = run(service, engine, job_id)
    assert (first.status, first.leg, first.attempt) == (JobStatus.PROCESSING, 2, 1)
    assert service.renders.legs == [1, 2]
    assert service.store.slots().active == 1
    second = run(service, engine, job_id, leg=2)
    assert second.progress >= first.progress > 0
    third = run(service, engine, job_id, leg=3)

    assert third.status is JobStatus.COMPLETED
    assert [(tally.reused, tally.rendered) for tally in engine.tallies] == [(0, 2), (2, 2), (4, 1)]
    assert third.started_at == first.started_at
    assert third.spent.invocations == 3
    assert service.store.slots().active == 0
    other = admitted(service, cache=False)
    assert run(service, Alone(), other).status is JobStatus.COMPLETED
    assert video(service, job_id) == video(service, other)


class Alone:
    """The real engine, undisturbed."""

    def __call__(self, *arguments: Any, **options: Any) -> Rendered:
        return render(*arguments, workers=1, **options)


def video(service: Service, job_id: str) -> bytes:
    return service.at.s3.get_object(Bucket="reelqueue-videos", Key=f"videos/{job_id}/1/video.mp4")["Body"].read()


class Listener:
    """Takes every webhook at once."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def post(self, url: str, event: Event, *rest: object) -> Delivery:
        self.heard.append(event.type)
        return Delivery(ok=True, status=200, reason="")


def test_the_start_is_told_once_and_the_end_once(service: Service) -> None:
    listener = Listener()
    service.at.sender = listener  # type: ignore[assignment]
    run(service, Alone(), handed_over(service).id, leg=2)
    assert listener.heard == ["job.processing", "job.completed"]
    assert service.messages("jobs") == [{"wake": "finished"}]


def test_a_hand_over_is_leased_like_an_admission(service: Service) -> None:
    job = handed_over(service)
    service.clock.sleep(170)
    assert service.dispatch() == []
    service.clock.sleep(20)
    assert service.dispatch() == [(job.id, 2)]
    assert service.renders.legs == [1, 2, 1]
    # The leg never began, so it does not count against the job.
    assert [lost.counted for lost in job_of(service, job.id).lost] == [False]


def test_a_leg_that_started_is_leased_until_its_function_must_be_over(service: Service) -> None:
    job = handed_over(service)
    service.store.start(job, service.clock() + MINUTES)
    service.clock.sleep(950)
    assert service.dispatch() == []
    service.clock.sleep(20)
    assert service.dispatch() == [(job.id, 2)]
    assert [lost.counted for lost in job_of(service, job.id).lost] == [True]


def test_a_second_delivery_of_any_leg_renders_nothing(service: Service) -> None:
    job_id = handed_over(service).id

    def never(*arguments: Any, **options: Any) -> Rendered:
        raise AssertionError("a leg that is not the job's must not render")

    assert run(service, never, job_id, leg=1).running_since is None
    job = job_of(service, job_id)
    service.store.start(job, service.clock() + MINUTES)
    run(service, never, job_id, leg=1)
    run(service, never, job_id, leg=2)
    run(service, never, job_id, leg=3)


def test_a_leg_that_has_handed_over_can_write_nothing(service: Service) -> None:
    job_id = admitted(service)
    first = service.store.start(job_of(service, job_id), service.clock() + MINUTES)
    after = first.handed_over(service.clock(), progress=1, headway=1, gets=5, puts=1)
    service.store.hand_over(first, after)
    second = service.store.start(job_of(service, job_id), service.clock() + MINUTES)
    for write in (
        lambda: service.store.progress(first, 50),
        lambda: service.store.still_mine(first),
        lambda: service.store.hand_over(first, after),
        lambda: service.store.finish(first, first.cancelled(service.clock())),
    ):
        with pytest.raises(Fenced):
            write()
    assert not service.store.progress(second, 50)


def test_a_failure_record_of_an_older_leg_changes_nothing_and_one_of_the_present_leg_does(service: Service) -> None:
    job_id = handed_over(service).id
    assert service.dispatch(failure(job_id, 1, leg=1)) == []
    assert job_of(service, job_id).status is JobStatus.PROCESSING
    assert service.dispatch(failure(job_id, 1, leg=2)) == [(job_id, 2)]


def test_a_refused_hand_over_puts_the_job_back_into_line(service: Service) -> None:
    job_id = admitted(service)
    service.renders.refuse = True
    with pytest.raises(ClientError):
        run(service, TooSlow(service, segments=SEGMENTS, kept=2), job_id)
    job = job_of(service, job_id)
    assert (job.status, [lost.counted for lost in job.lost]) == (JobStatus.QUEUED, [False])
    service.renders.refuse = False
    # Lambda reports the invocation that ended so, and that wakes the dispatcher.
    assert service.dispatch(failure(job_id, 1, leg=1)) == [(job_id, 2)]


def test_a_video_that_is_joined_too_late_is_not_begun_to_be_stored(service: Service, tmp_path: Path) -> None:
    def engine(request: VideoRequest, crew: Crew, **options: Any) -> Rendered:
        crew.control.tally.segments = crew.control.tally.reused = SEGMENTS
        service.clock.sleep(MINUTES / 1000)
        assert crew.control._stop.wait(5)
        return Rendered(tmp_path / "video.mp4", tmp_path / "poster.jpg", None, 1.0, 320, 180, 1000)

    job = run(service, engine, admitted(service))
    assert job.status is JobStatus.FAILED
    assert job.error is not None
    assert job.error["code"] == "RENDER_TIMEOUT"


@pytest.mark.parametrize(
    "second",
    [
        pytest.param({"reused": 2, "kept": 0}, id="nothing new"),
        pytest.param({"reused": 0, "kept": 2}, id="the same again"),
        pytest.param({"reused": 2, "rendered": 2, "kept": 0}, id="new ones that could not be kept"),
    ],
)
def test_a_leg_that_gets_no_further_ends_the_job_and_says_what_to_do(service: Service, second: dict[str, int]) -> None:
    job_id = handed_over(service).id
    job = run(service, TooSlow(service, segments=SEGMENTS, **second), job_id, leg=2)
    assert job.status is JobStatus.FAILED
    assert job.error is not None
    assert job.error["code"] == "RENDER_TIMEOUT"
    assert f"{(MINUTES - WRAP_UP_MS) // 1000} s" in str(job.error["message"])
    assert "RenderTimeout or RenderMemory" in str(job.error["message"])
    assert service.renders.legs == [1, 2]
    assert service.store.slots().active == 0


def test_a_job_s_own_time_out_is_not_handed_over(service: Service) -> None:
    job = handed_over(service, timeoutSeconds=600)
    assert (job.status, job.leg) == (JobStatus.FAILED, 1)
    assert job.error is not None
    assert (job.error["code"], "600 s" in str(job.error["message"])) == ("RENDER_TIMEOUT", True)


def test_a_cancelled_job_does_not_go_on(service: Service) -> None:
    job_id = handed_over(service).id
    service.call("POST", f"/jobs/{job_id}/cancel")

    def waits(request: VideoRequest, crew: Crew, **options: Any) -> Rendered:
        assert crew.control._stop.wait(5)
        raise Stopped

    assert run(service, waits, job_id, leg=2).status is JobStatus.CANCELLED
