"""What was rendered is kept: for the same caller's next job, and for the next attempt of the same one."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local.processes import descendants
from reelqueue.jobs import JobStatus
from reelqueue.spec import VideoRequest
from render.attempt import Invocation, Machine, run_leg
from render.engine.control import Control, Tally
from render.engine.crew import Crew, WorkerDied
from render.engine.render import Rendered, render
from tests.integration.conftest import Service, failure, request

BUCKET = "reelqueue-videos"
SCENES = [{"text": text, "duration": 2} for text in ("One", "Two", "Three")]


class Crash(Exception):
    """The process dies: nothing of the attempt gets to say so."""


class Engine:
    """The real engine, with its tallies noted; the first render may be made to end half-way."""

    def __init__(self, *, crashes: bool = False) -> None:
        self.tallies: list[Tally] = []
        self.memory_kills: list[int] = []
        self._crashes = crashes

    def __call__(self, request: VideoRequest, crew: Crew, **options: Any) -> Rendered:
        control = crew.control
        crashes, self._crashes = self._crashes, False
        if crashes:
            control.advance = self._crash_after_half(control)  # type: ignore[method-assign, assignment]
        self.tallies.append(control.tally)
        self.memory_kills.append(options["memory_kills"])
        return render(request, crew, workers=1, **options)

    @staticmethod
    def _crash_after_half(control: Control) -> Callable[[float], None]:
        def advance(percent: float) -> None:
            if control.tally.rendered >= control.tally.segments / 2:
                raise Crash

        return advance

    @property
    def counts(self) -> list[tuple[int, int]]:
        """Of each render: segments reused and rendered."""
        return [(tally.reused, tally.rendered) for tally in self.tallies]


def admitted(service: Service, *, caller: str = "admin", **fields: object) -> str:
    job_id = service.submit(request(theme="minimal", **{"scenes": SCENES, **fields}), caller=caller)
    service.dispatch()
    return job_id


def run(service: Service, engine: Engine, job_id: str, attempt: int = 1) -> None:
    run_leg(service.at, job_id, attempt, 1, Invocation("render", 900_000, 3008), Machine(engine=engine))
    job = service.store.job(job_id)
    assert job is not None
    assert job.status is JobStatus.COMPLETED, job.error


def video(service: Service, job_id: str, attempt: int = 1) -> bytes:
    return service.at.s3.get_object(Bucket=BUCKET, Key=f"videos/{job_id}/{attempt}/video.mp4")["Body"].read()


def kept(service: Service) -> list[str]:
    found = service.at.s3.list_objects_v2(Bucket=BUCKET, Prefix="segments/").get("Contents", [])
    return [entry["Key"] for entry in found]


def test_the_next_job_of_the_same_caller_renders_nothing_again(service: Service) -> None:
    engine = Engine()
    first, second = (admitted(service) for _ in range(2))
    run(service, engine, first)
    run(service, engine, second)
    assert engine.counts == [(0, 5), (5, 0)]
    assert video(service, first) == video(service, second)
    assert len(kept(service)) == 5


def test_a_changed_scene_is_rendered_with_its_transitions_alone(service: Service) -> None:
    engine = Engine()
    run(service, engine, admitted(service))
    run(service, engine, admitted(service, scenes=[*SCENES[:2], SCENES[2] | {"text": "Changed"}]))
    assert engine.counts == [(0, 5), (3, 2)]


def test_nothing_of_another_caller_is_used(service: Service) -> None:
    engine = Engine()
    run(service, engine, admitted(service))
    run(service, engine, admitted(service, caller="shop"))
    assert engine.counts == [(0, 5), (0, 5)]
    assert len({key.split("/")[1] for key in kept(service)}) == 2
    assert not [key for key in kept(service) if "admin" in key or "shop" in key]


def test_a_job_without_cache_neither_takes_nor_gives(service: Service) -> None:
    engine = Engine()
    run(service, engine, admitted(service))
    run(service, engine, admitted(service, cache=False, webhookUrl="http://127.0.0.1:9/other"))
    other = [SCENES[0] | {"text": "Other"}]
    run(service, engine, admitted(service, cache=False, scenes=other))
    run(service, engine, admitted(service, scenes=other))
    assert engine.counts == [(0, 5), (0, 5), (0, 1), (0, 1)]


@pytest.mark.parametrize("cache", [True, False])
def test_an_attempt_after_a_crash_renders_only_the_rest(service: Service, cache: bool) -> None:
    engine, undisturbed = Engine(crashes=True), Engine()
    job_id = admitted(service, cache=cache)
    with pytest.raises(Crash):
        run(service, engine, job_id)
    service.store.reclaim(job_id, 1, "crashed")
    service.dispatch()

    run(service, engine, job_id, attempt=2)

    done = engine.tallies[0].rendered
    assert 0 < done < 5
    assert engine.tallies[0].kept == done
    assert engine.counts[1] == (done, 5 - done)
    reference = admitted(service, caller="shop")
    run(service, undisturbed, reference)
    assert video(service, job_id, 2) == video(service, reference)


def test_attempts_that_were_killed_for_want_of_memory_count_for_the_next(service: Service) -> None:
    engine = Engine()
    job_id = admitted(service)
    service.dispatch(failure(job_id, 1, responsePayload={"errorType": "Runtime.OutOfMemory"}))
    run(service, engine, job_id, attempt=2)
    assert engine.memory_kills == [1]


def test_nothing_of_a_render_stays_on_the_disk(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    engine = Engine(crashes=True)
    job_id = admitted(service)
    with pytest.raises(Crash):
        run(service, engine, job_id)
    assert list(tmp_path.iterdir()) == []
    service.store.reclaim(job_id, 1, "crashed")
    service.dispatch()
    run(service, engine, job_id, attempt=2)
    assert list(tmp_path.iterdir()) == []


def processes() -> set[int]:
    """The processes of the render that runs below this one."""
    commands = {pid: Path(f"/proc/{pid}/cmdline") for pid in descendants(os.getpid())}
    return {pid for pid, file in commands.items() if file.exists() and "render.engine.start" in file.read_text()}


class Crashing(Engine):
    """One of its workers crashes by itself, as no kernel short of memory would end it."""

    def __call__(self, request: VideoRequest, crew: Crew, **options: Any) -> Rendered:
        advance = crew.control.advance

        def crash(percent: float) -> None:
            advance(percent)
            for worker in sorted(processes())[-1:]:
                os.kill(worker, signal.SIGSEGV)

        crew.control.advance = crash  # type: ignore[method-assign]
        return super().__call__(request, crew, **options)


def test_a_worker_that_crashes_costs_a_counted_attempt_and_no_process_is_left(service: Service) -> None:
    job_id = admitted(service)
    with pytest.raises(WorkerDied) as died:
        run(service, Crashing(), job_id)
    assert not processes()
    told = {"errorType": "WorkerDied", "errorMessage": str(died.value)}
    assert service.dispatch(failure(job_id, 1, responsePayload=told)) == [(job_id, 2)]
    job = service.store.job(job_id)
    assert job is not None
    assert [lost.counted for lost in job.lost] == [True]
    assert job.memory_kills == 0
