"""A local stack while everything that works on its jobs is killed with ``kill -9``, and all that was seen of it."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import requests

from local.journal import Json, read_lines
from local.processes import descendants
from local.stack import LocalStack
from reelqueue.jobs import JobStatus
from reelqueue.reader import Reader
from reelqueue.table import Table
from tests.e2e.conftest import Answer, Client, processes_of, wait_until

JOBS = 30
LIMIT = 3
LEASE_SECONDS = 15
KILLS = {"before": 4, "after": 2}
"""Renders to kill, before and after the death of the emulator."""

TINY = {"width": 64, "height": 64, "fps": 10, "quality": "draft"}
SAMPLE_SECONDS = 0.5
"""Between two looks at the queue. They are calls like any other: more of them would only slow everything else down."""

PARAMETERS = {
    "MaxConcurrentRenders": str(LIMIT),
    "RateLimitPerMinute": "60000",
    "AdmissionLeaseSeconds": str(LEASE_SECONDS),
}

Write = list[tuple[str, str, Json | None]]
"""The partition key, the sort key and the row, of each row of a write; the row is None when it was deleted."""


@dataclass
class Chaos:
    """A local stack that is started again after its death, and all that was seen of it."""

    root: Path
    seed: int = field(default_factory=lambda: random.SystemRandom().randrange(1_000_000))
    jobs: list[str] = field(default_factory=list)
    events: list[Answer] = field(default_factory=list)
    samples: list[Answer] = field(default_factory=list)
    writes: list[Write] = field(default_factory=list)
    interrupted: str = ""
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

    def submit_until(self, number: int) -> None:
        """Submit jobs until there are so many."""
        while len(self.jobs) < number:
            self.submit()

    def all_ended(self) -> bool:
        # The youngest first: as a rule it is the last to end, and the others need not be asked for.
        return all(self.status(job_id).final for job_id in reversed(self.jobs))

    def status(self, job_id: str) -> JobStatus:
        job = self.table.job(job_id)
        assert job is not None, job_id
        return job.status

    def journal(self) -> list[Write]:
        """Each write of the present run: the rows that it wrote."""
        lines = read_lines(self.root / "state" / "table.jsonl")
        return [[(key["pk"]["S"], key["sk"]["S"], row) for _, key, row in line] for line in lines]

    def processes_of(self, *words: str) -> set[int]:
        return processes_of(self.stack.supervisor.pid, *words)


def kill_the_dispatcher_in_an_admission(chaos: Chaos) -> None:
    """Should the machine be too slow to stop the dispatcher in time, the job starts: then the next one is tried."""
    for _ in range(5):
        job_id = _interrupt_an_admission(chaos)
        if not _within(5, lambda job_id=job_id: _started(chaos, job_id)):  # type: ignore[misc]
            chaos.interrupted = job_id
            return
        # Its end wakes a new dispatcher, for the next try.
        chaos.client.finish(job_id)


def _interrupt_an_admission(chaos: Chaos) -> str:
    """Run the dispatcher in steps of a millisecond, and kill it after the step that has put a job into a slot.

    The invocation of its render is two more calls of the dispatcher away.
    """
    # The one of the try before was killed; the next message starts another, a moment later.
    wait_until(lambda: bool(chaos.processes_of("DispatcherFunction", "_worker.py")))
    dispatchers = chaos.processes_of("DispatcherFunction", "_worker.py")
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


def why_lost(writes: list[Write], job_id: str) -> list[str]:
    """The reasons that a job ever kept of lost attempts, in order.

    From the journal, not from the job as it is: that one forgets an attempt which did not count against it as soon as
    it loses the next.
    """
    reasons: dict[str, str] = {}
    for write in writes:
        for _, sort_key, row in write:
            if sort_key == "JOB" and row is not None and row["jobId"]["S"] == job_id:
                lost = [attempt["M"] for attempt in row["lost"]["L"]]
                reasons |= {attempt["attempt"]["N"]: attempt["reason"]["S"] for attempt in lost}
    return list(reasons.values())


def kill_renders(chaos: Chaos, number: int) -> None:
    """Kill processes of the render function at random moments: starting, rendering, storing, telling, or idle."""
    for _ in range(number):
        # The random moment itself; there is nothing to wait for.
        time.sleep(chaos.random.uniform(0.2, 1.2))
        wait_until(
            lambda: _nobody_twice(chaos) and bool(chaos.processes_of("RenderFunction", "_worker.py")), pause=0.02
        )
        victim = chaos.random.choice(sorted(chaos.processes_of("RenderFunction", "_worker.py")))
        with contextlib.suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
            chaos.killed_renders += 1


def _nobody_twice(chaos: Chaos) -> bool:
    """Whether no job that is rendering has been hit before: three times would be its end, by design."""
    return all(holder.attempt == 1 for holder in chaos.table.slots().holders.values())


def kill_the_emulator(chaos: Chaos) -> None:
    """Kill it with everything below it, and start again on the same state and ports."""
    wait_until(lambda: _nobody_twice(chaos), pause=0.02)
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
        while not over.wait(SAMPLE_SECONDS):
            with contextlib.suppress(requests.RequestException):
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


def completed_events(chaos: Chaos) -> dict[str, set[str]]:
    """The ids of the ``job.completed`` webhooks that came, by job."""
    ids: dict[str, set[str]] = {}
    for event in [*chaos.events, *chaos.stack.receiver.received()]:
        if event["type"] == "job.completed":
            ids.setdefault(event["data"]["jobId"], set()).add(event["id"])
    return ids
