"""The six invariants, looked at after every single write, upload and webhook.

1. cap      an admission leaves at most ``limit`` holders, and none happens while the queue is paused
2. places   a job is in ``holders`` exactly while it is processing, and has a ticket exactly while it is queued
3. once     one final status for each job and each retry of it; an attempt starts once; no render is taken for lost
            while it lives; no upload overwrites another, and a job's video is the one that its own render uploaded
4. order    no job is admitted past one of its priority that stood before it all the time since the dispatcher looked
5. webhooks what is posted was written as due, under that id; each start and each end is, and arrives in the end
6. moving   with a job waiting and a slot free, a render starts within a minute (looked at once faults have stopped)

The table is mirrored here, a write at a time, from the rows as they stand: none of the code under test is trusted.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reelqueue.table import Item, Key
from tests.simulation.tasks import Process

FINAL = {"completed", "failed", "cancelled"}
STEPS = {
    ("queued", "processing"),
    ("queued", "cancelled"),
    ("processing", "queued"),
    ("processing", "completed"),
    ("processing", "failed"),
    ("processing", "cancelled"),
    ("failed", "queued"),
    ("cancelled", "queued"),
}
STALL_MS = 75_000
"""A minute, and what the run of the dispatcher takes."""

LEASE_SLACK_MS = 20_000
"""Two clocks, each up to 5 s wrong, and a call that takes its time."""


@dataclass(frozen=True)
class Ticket:
    """``born`` counts up: a ticket that left the line and came back is another one."""

    job_id: str
    attempt: int
    born: int


@dataclass(frozen=True)
class Job:
    status: str
    attempt: int
    started_attempt: int
    ticket_key: str
    priority: int
    timeout_ms: int | None
    video_key: str | None
    due: frozenset[str]


@dataclass
class Life:
    """What is known of a render that has started: its process, and until when (true time) it may count on its slot."""

    process: Process
    until: int


@dataclass
class Invariants:
    """``rows`` reads a row, ``now`` the true time, ``reported`` says whether Lambda reported an attempt as failed."""

    row: Callable[[Key], Item | None]
    now: Callable[[], int]
    reported: Callable[[str, int], bool]
    violations: list[str] = field(default_factory=list)
    jobs: dict[str, Job] = field(default_factory=dict)
    tickets: dict[str, Ticket] = field(default_factory=dict)
    holders: dict[str, int] = field(default_factory=dict)
    limit: int = 0
    paused: bool = False
    promised: dict[str, str] = field(default_factory=dict)
    delivered: set[str] = field(default_factory=set)
    accepted: set[str] = field(default_factory=set)
    starts: int = 0
    ends: int = 0
    _born: int = 0
    _lives: dict[tuple[str, int], Life] = field(default_factory=dict)
    _uploads: dict[str, Process] = field(default_factory=dict)
    _stalled_since: int | None = None

    # What the world reports.

    def written(self, keys: Sequence[Key], writer: Process) -> None:
        """One write or transaction has happened."""
        jobs, tickets, holders = dict(self.jobs), dict(self.tickets), dict(self.holders)
        for key in keys:
            self._mirror(key)
        for job_id in self.holders.keys() - holders.keys():
            self._admitted(job_id, tickets, writer)
        for job_id, job in self.jobs.items():
            if job is not jobs.get(job_id):
                self._changed(job_id, jobs.get(job_id), job, writer)
        for job_id in holders.keys() - self.holders.keys():
            self._released(job_id, holders[job_id], writer)
        self._places()
        self.look()

    def line_read(self, reader: Process) -> None:
        reader.line_read = self._born

    def uploaded(self, key: str, process: Process) -> None:
        if self._uploads.setdefault(key, process) is not process:
            self._violated(3, f"{process.name} overwrites {key} of {self._uploads[key].name}")

    def posted(self, event_id: str, body: Mapping[str, Any], status: int) -> None:
        promised = self.promised.get(event_id)
        if promised is None:
            self._violated(5, f"{event_id} was posted, but never written as due")
        elif promised != body["type"]:
            self._violated(5, f"{event_id} was posted as {body['type']}, and promised as {promised}")
        if 200 <= status < 300:
            self.delivered.add(event_id)

    def look(self, *, calm: bool = False) -> None:
        """Note since when a job waits although a slot is free; once faults have stopped, that is bounded."""
        stalled = bool(self.tickets) and not self.paused and len(self.holders) < self.limit
        if not stalled or (calm and self._stalled_since is None):
            self._stalled_since = self.now() if stalled else None
        elif self._stalled_since is None:
            self._stalled_since = self.now()
        elif calm and self.now() - self._stalled_since > STALL_MS:
            self._violated(6, f"{len(self.tickets)} jobs wait since a minute although a slot is free")

    def calm(self) -> None:
        """Faults have stopped: from now on it counts how long a job waits."""
        self._stalled_since = None
        self.look()

    def over(self) -> None:
        """All is said to be over: nothing may be left."""
        for job_id, job in self.jobs.items():
            if job.status not in FINAL:
                self._violated(3, f"{job_id} is {job.status} in the end")
            if job.due:
                self._violated(5, f"{job_id} still owes {sorted(job.due)}")
        for job_id in self.accepted - self.jobs.keys():
            self._violated(3, f"{job_id} was accepted, and is lost")
        for event_id in self.promised.keys() - self.delivered:
            self._violated(5, f"{event_id} never arrived")

    # The mirror.

    def _mirror(self, key: Key) -> None:
        row = self.row(key)
        if key[0] == "SLOTS" and row is not None:
            self.holders = {job_id: int(entry["M"]["attempt"]["N"]) for job_id, entry in row["holders"]["M"].items()}
            self.limit, self.paused = int(row["limit"]["N"]), row["paused"]["BOOL"]
        elif key[0] == "LINE":
            if row is None:
                self.tickets.pop(key[1], None)
            else:
                self._born += 1
                self.tickets[key[1]] = Ticket(row["jobId"]["S"], int(row["attempt"]["N"]), self._born)
        elif key[1] == "JOB":
            job_id = key[0].removeprefix("JOB#")
            if row is None:
                self._violated(3, f"the row of {job_id} is gone")
            else:
                self.jobs[job_id] = _job(row)
                self._due(row["due"]["M"])

    def _due(self, due: Mapping[str, Mapping[str, str]]) -> None:
        for event_id, text in due.items():
            if event_id not in self.promised and event_id.startswith("msg_"):
                self.promised[event_id] = json.loads(text["S"])["type"]

    # The invariants.

    def _admitted(self, job_id: str, tickets: Mapping[str, Ticket], writer: Process) -> None:
        if len(self.holders) > self.limit:
            self._violated(1, f"{job_id} is admitted as number {len(self.holders)} of {self.limit}")
        if self.paused:
            self._violated(1, f"{job_id} is admitted while the queue is paused")
        job = self.jobs[job_id]
        seen = writer.acts_on
        if seen is None:
            return
        for key, ticket in tickets.items():
            if ticket.born <= seen and key < job.ticket_key and self.jobs[ticket.job_id].priority == job.priority:
                self._violated(4, f"{job_id} is admitted before {ticket.job_id}, which stands before it")

    def _changed(self, job_id: str, before: Job | None, after: Job, writer: Process) -> None:
        if before is None:
            if after.status != "queued":
                self._violated(3, f"{job_id} begins as {after.status}")
            return
        if before.status != after.status:
            if (before.status, after.status) not in STEPS:
                self._violated(3, f"{job_id} goes from {before.status} to {after.status}")
            if after.status in FINAL:
                self._ended(job_id, before, after, writer)
        if after.started_attempt != before.started_attempt:
            self._started(job_id, before, after, writer)

    def _started(self, job_id: str, before: Job, after: Job, writer: Process) -> None:
        self.starts += 1
        if after.started_attempt != after.attempt or before.started_attempt >= after.started_attempt:
            self._violated(3, f"{job_id} starts attempt {after.started_attempt}, its attempt is {after.attempt}")
        if not self._owes(before, after, "processing"):
            self._violated(5, f"the start of {job_id} is not written as due")
        if writer.deadline is not None:
            limits = [writer.deadline] + ([self.now() + after.timeout_ms] if after.timeout_ms else [])
            self._lives[job_id, after.attempt] = Life(writer, min(limits))

    def _ended(self, job_id: str, before: Job, after: Job, writer: Process) -> None:
        self.ends += 1
        if not self._owes(before, after, after.status):
            self._violated(5, f"the end of {job_id} is not written as due")
        if after.status != "completed":
            return
        life = self._lives.get((job_id, after.attempt))
        uploader = self._uploads.get(after.video_key or "")
        if life is None or uploader is not life.process or writer is not life.process:
            self._violated(3, f"{job_id} is completed with a video that is not its render's own")

    def _owes(self, before: Job, after: Job, what: str) -> bool:
        """Exactly one event more, of this type, with an id that was never used."""
        new = [event_id for event_id in after.due - before.due if event_id.startswith("msg_")]
        return len(new) == 1 and self.promised[new[0]] == f"job.{what}" and new[0] not in self.delivered

    def _released(self, job_id: str, attempt: int, writer: Process) -> None:
        life = self._lives.get((job_id, attempt))
        if life is None or writer is life.process or self.reported(job_id, attempt):
            return
        if life.process.alive and self.now() < life.until and self.jobs[job_id].status not in FINAL:
            self._violated(3, f"{job_id} loses its slot while its render lives and has time")

    def _places(self) -> None:
        processing = {job_id: job.attempt for job_id, job in self.jobs.items() if job.status == "processing"}
        if processing != self.holders:
            self._violated(2, f"processing are {processing}, holders {self.holders}")
        queued = {job.ticket_key: (job_id, job.attempt) for job_id, job in self.jobs.items() if job.status == "queued"}
        waiting = {key: (ticket.job_id, ticket.attempt) for key, ticket in self.tickets.items()}
        if queued != waiting:
            self._violated(2, f"queued are {queued}, tickets {waiting}")

    def _violated(self, number: int, what: str) -> None:
        self.violations.append(f"invariant {number}: {what}")


def _job(row: Item) -> Job:
    virtual_ms = int(row["ticketKey"]["S"].partition("#")[0])
    video = row.get("result", {}).get("M", {}).get("video_key", {}).get("S")
    timeout = row.get("timeoutSeconds")
    return Job(
        status=row["status"]["S"],
        attempt=int(row["attempt"]["N"]),
        started_attempt=int(row["startedAttempt"]["N"]),
        ticket_key=row["ticketKey"]["S"],
        priority=int(row["queuedAt"]["N"]) - virtual_ms,
        timeout_ms=1000 * int(timeout["N"]) if timeout else None,
        video_key=video,
        due=frozenset(row["due"]["M"]),
    )
