"""Chaos: thirty jobs, while everything that works on them is killed with ``kill -9``.

The renders' processes at random moments; the dispatcher's process between an admission and the invocation that should
follow it; and the emulator itself, as if all of AWS had lost its power and come back with its disks. What must be true
of every moment is read from the journal, which holds each row of the table after each single write.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from local.journal import Json
from local.processes import descendants
from local.stack import LocalStack
from reelqueue.dispatch import LEASE_OVER
from reelqueue.jobs import JobStatus
from reelqueue.reader import Reader
from reelqueue.table import Table
from tests.e2e.conftest import Answer, Client, alive, processes_of, wait_until

JOBS = 30
LIMIT = 3
LEASE_SECONDS = 15
KILLS = {"before": 4, "after": 2}
"""Renders to kill, before and after the death of the emulator."""

TINY = {"width": 64, "height": 64, "fps": 10, "quality": "draft"}
PARAMETERS = {
    "MaxConcurrentRenders": str(LIMIT),
    "RateLimitPerMinute": "60000",
    "AdmissionLeaseSeconds": str(LEASE_SECONDS),
}


@dataclass
class Chaos:
    """A local stack that is started again after its death, and all that was seen of it."""

    root: Path
    seed: int = field(default_factory=lambda: random.SystemRandom().randrange(1_000_000))
    jobs: list[str] = field(default_factory=list)
    events: list[Answer] = field(default_factory=list)
    samples: list[Answer] = field(default_factory=list)
    writes: list[list[tuple[str, str, Json | None]]] = field(default_factory=list)
    interrupted: str = ""
    why_taken_back: str = ""
    killed_renders: int = 0
    processes: set[int] = field(default_factory=set)
    final: list[Answer] = field(default_factory=list)
    queue: Answer = field(default_factory=dict)
    seconds: float = 0.0

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.start()

    def start(self, port: int | None = None, receiver_port: int | None = None) -> None:
        self.stack = LocalStack.start(
            self.root, keep=True, port=port, receiver_port=receiver_port, parameters=PARAMETERS
        )
        self.client = Client(self.stack)
        self.table = Reader(Table(self.stack.aws.dynamodb, self.stack.description.tableName))

    def stop(self) -> None:
        self.processes |= descendants(self.stack.supervisor.pid) | {self.stack.supervisor.pid}
        self.stack.stop()
        self.events += self.stack.receiver.received()
        self.writes += self.journal()

    def submit(self) -> str:
        seconds = self.random.choice([0.1, 0.3, 0.5])
        job_id = self.client.submit(output=TINY, scenes=[{"text": "Still here", "duration": seconds}])
        self.jobs.append(job_id)
        return job_id

    def open(self) -> list[str]:
        """The jobs that have not ended."""
        return [job_id for job_id in self.jobs if not self.status(job_id).final]

    def status(self, job_id: str) -> JobStatus:
        job = self.table.job(job_id)
        assert job is not None, job_id
        return job.status

    def journal(self) -> list[list[tuple[str, str, Json | None]]]:
        """Each write of the present run: the rows that it wrote."""
        lines = (self.root / "state" / "table.jsonl").read_text(encoding="utf-8").splitlines()
        return [[(key["pk"]["S"], key["sk"]["S"], row) for _, key, row in json.loads(line)] for line in lines]

    def processes_of(self, *words: str) -> set[int]:
        return processes_of(self.stack.supervisor.pid, *words)


def kill_the_dispatcher_in_an_admission(chaos: Chaos) -> None:
    """Should the machine be too slow to stop the dispatcher in time, the job starts: then the next one is tried."""
    for _ in range(5):
        job_id = _interrupt_an_admission(chaos)
        if not _within(5, lambda job_id=job_id: _started(chaos, job_id)):  # type: ignore[misc]
            chaos.interrupted = job_id
            return


def _interrupt_an_admission(chaos: Chaos) -> str:
    """Run the dispatcher in steps of a millisecond, and kill it after the step that has put a job into a slot.

    The invocation of its render is two more calls of the dispatcher away.
    """
    dispatchers = chaos.processes_of("DispatcherFunction", "_worker.py")
    assert dispatchers
    for pid in dispatchers:
        os.kill(pid, signal.SIGSTOP)
    job_id = chaos.submit()
    wait_until(lambda: _step(chaos, dispatchers, job_id), pause=0)
    for pid in dispatchers:
        os.kill(pid, signal.SIGKILL)
    return job_id


def _step(chaos: Chaos, pids: set[int], job_id: str) -> bool:
    for pid in pids:
        os.kill(pid, signal.SIGCONT)
    time.sleep(0.001)
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    return job_id in chaos.table.slots().holders


def _started(chaos: Chaos, job_id: str) -> bool:
    job = chaos.table.job(job_id)
    return job is not None and job.started_attempt > 0


def _within(seconds: float, condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


def why_taken_back(chaos: Chaos) -> str:
    """Wait until the slot of the interrupted admission was taken back; the reason that the job keeps of it."""
    reasons: list[str] = []

    def taken_back() -> bool:
        job = chaos.table.job(chaos.interrupted)
        assert job is not None
        reasons.extend(attempt.reason for attempt in job.lost)
        return bool(reasons)

    wait_until(taken_back)
    return reasons[0]


def kill_renders(chaos: Chaos, number: int) -> None:
    """Kill processes of the render function at random moments: starting, rendering, storing, telling, or idle."""
    for _ in range(number):
        # The random moment itself; there is nothing to wait for.
        time.sleep(chaos.random.uniform(0.2, 1.2))
        wait_until(lambda: _nobody_twice(chaos) and bool(chaos.processes_of("RenderFunction", "_worker.py")), pause=0)
        victim = chaos.random.choice(sorted(chaos.processes_of("RenderFunction", "_worker.py")))
        with contextlib.suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
            chaos.killed_renders += 1


def _nobody_twice(chaos: Chaos) -> bool:
    """Whether no job that is rendering has been hit before: three times would be its end, by design."""
    return all(holder.attempt == 1 for holder in chaos.table.slots().holders.values())


def kill_the_emulator(chaos: Chaos) -> None:
    """Kill it with everything below it, and start again on the same state and ports."""
    wait_until(lambda: _nobody_twice(chaos), pause=0)
    [emulator] = chaos.processes_of("local.emulator")
    os.kill(emulator, signal.SIGKILL)
    chaos.stack.supervisor.wait()
    at = chaos.stack.description
    chaos.stop()
    chaos.start(urlsplit(at.awsEndpointUrl).port, urlsplit(at.receiverUrl).port)


@contextlib.contextmanager
def sampled(chaos: Chaos) -> Iterator[None]:
    """Ask for the state of the queue all the time; while the emulator is dead or starts, there is none."""
    over = threading.Event()

    def ask() -> None:
        while not over.wait(0.05):
            with contextlib.suppress(requests.ConnectionError, requests.Timeout):
                answer = requests.get(f"{chaos.stack.api_url}/queue-status", auth=chaos.stack.auth, timeout=10)
                if answer.ok:
                    chaos.samples.append(answer.json())

    thread = threading.Thread(target=ask, name="sampler")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@pytest.fixture(scope="module")
def chaos(tmp_path_factory: pytest.TempPathFactory) -> Chaos:
    """What there is to see when it is all over."""
    began = time.monotonic()
    chaos = Chaos(tmp_path_factory.mktemp("chaos"))
    print(f"seed {chaos.seed}")
    try:
        with sampled(chaos):
            chaos.client.finish(chaos.submit())
            kill_the_dispatcher_in_an_admission(chaos)
            while len(chaos.jobs) < JOBS:
                chaos.submit()
            kill_renders(chaos, KILLS["before"])
            chaos.why_taken_back = why_taken_back(chaos)
            kill_the_emulator(chaos)
            kill_renders(chaos, KILLS["after"])
            wait_until(lambda: not chaos.open(), patience=180)
            wait_until(lambda: completed_events(chaos).keys() == set(chaos.jobs))
        chaos.final = [chaos.client.status(job_id) for job_id in chaos.jobs]
        chaos.queue = chaos.client.queue()
        assert all(requests.get(job["videoUrl"], timeout=30).ok for job in chaos.final)
    finally:
        chaos.stop()
    chaos.seconds = time.monotonic() - began
    attempts = Counter(job["attempt"] for job in chaos.final)
    print(f"{chaos.killed_renders} renders killed; attempts {dict(attempts)}; {chaos.seconds:.0f} s")
    return chaos


def completed_events(chaos: Chaos) -> dict[str, set[str]]:
    """The ids of the ``job.completed`` webhooks that came, by job."""
    ids: dict[str, set[str]] = {}
    for event in [*chaos.events, *chaos.stack.receiver.received()]:
        if event["type"] == "job.completed":
            ids.setdefault(event["data"]["jobId"], set()).add(event["id"])
    return ids


def test_every_job_is_completed(chaos: Chaos) -> None:
    assert [job["status"] for job in chaos.final] == ["completed"] * JOBS


def test_each_job_ends_once_and_no_end_is_taken_back(chaos: Chaos) -> None:
    seen: dict[str, list[str]] = {job_id: [] for job_id in chaos.jobs}
    for write in chaos.writes:
        for _, sort_key, row in write:
            if sort_key == "JOB" and row is not None:
                path = seen[row["jobId"]["S"]]
                if not path or path[-1] != row["status"]["S"]:
                    path.append(row["status"]["S"])
    assert {path[-1] for path in seen.values()} == {"completed"}
    assert all(path.count("completed") == 1 for path in seen.values())


def test_each_completion_has_one_webhook_id_and_arrived(chaos: Chaos) -> None:
    ids = completed_events(chaos)
    assert ids.keys() == set(chaos.jobs)
    assert all(len(of_job) == 1 for of_job in ids.values()), ids


def test_the_limit_held_after_every_write_and_in_every_sample(chaos: Chaos) -> None:
    active = [
        len(row["holders"]["M"])
        for write in chaos.writes
        for partition_key, _, row in write
        if partition_key == "SLOTS" and row is not None
    ]
    assert max(active) == LIMIT
    assert chaos.samples
    assert all(sample["activeRenders"] <= sample["maxConcurrent"] == LIMIT for sample in chaos.samples)


def test_all_slots_are_free_in_the_end(chaos: Chaos) -> None:
    assert chaos.queue == {
        "activeRenders": 0,
        "maxConcurrent": LIMIT,
        "queueLength": 0,
        "availableSlots": LIMIT,
        "queuedJobs": [],
    }


def test_the_admission_without_an_invocation_was_taken_back(chaos: Chaos) -> None:
    assert chaos.why_taken_back == LEASE_OVER


def test_no_process_is_left(chaos: Chaos) -> None:
    wait_until(lambda: not any(alive(pid) for pid in chaos.processes))
