"""The six invariants, looked at after every single write, upload and webhook.

1. cap      an admission leaves at most ``limit`` holders, and none happens while the queue is paused
2. places   a job is in ``holders`` exactly while it is processing, and has a ticket exactly while it is queued; each
            ticket has its twin, and the tallies count what is in the line
3. once     one final status for each job and each retry of it; an attempt starts once, and each leg of it, by its own
            invocation; no render is taken for lost while it lives, and none ends or hands over a job that is in other
            hands by then; no upload overwrites another, and a job's video is the one that its own render uploaded
4. order    no job is admitted past one of its priority that stood before it all the time since the dispatcher looked
5. webhooks what is posted was written as due, under that id; each start and each end is, and arrives in the end; no
            hand-over is
6. moving   with a job waiting and a slot free, a render starts within a minute (looked at once faults have stopped)

The audit is watched too: it puts right what must not be, so whatever it finds to repair is a violation.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reelqueue.table import Key
from tests.simulation.mirror import Job, Mirror, Ticket
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


@dataclass
class Life:
    """What is known of a leg that has started: its process, and until when (true time) it may count on its slot."""

    process: Process
    until: int


@dataclass
class Invariants:
    """``now`` gives the true time, ``reported`` says whether Lambda reported a leg of an attempt as failed."""

    table: Mirror
    now: Callable[[], int]
    reported: Callable[[str, int, int], bool]
    violations: list[str] = field(default_factory=list)
    promised: dict[str, str] = field(default_factory=dict)
    delivered: set[str] = field(default_factory=set)
    accepted: set[str] = field(default_factory=set)
    starts: int = 0
    handovers: int = 0
    ends: int = 0
    _lives: dict[tuple[str, int, int], Life] = field(default_factory=dict)
    _uploads: dict[str, Process] = field(default_factory=dict)
    _stalled_since: int | None = None

    # What the world reports.

    def written(self, keys: Sequence[Key], writer: Process) -> None:
        """One write or transaction has happened."""
        table = self.table
        jobs, tickets, holders = dict(table.jobs), dict(table.tickets), dict(table.holders)
        for key in keys:
            row = table.update(key)
            if key[1] == "JOB" and row is None:
                self._violated(3, f"the row of {key[0]} is gone")
            elif key[1] == "JOB" and row is not None:
                self._due(row["due"]["M"])
        for job_id in table.holders.keys() - holders.keys():
            self._admitted(job_id, tickets, writer)
        for job_id, job in table.jobs.items():
            if job is not jobs.get(job_id):
                self._changed(job_id, jobs.get(job_id), job, writer)
        for job_id in holders.keys() - table.holders.keys():
            self._released(job_id, jobs[job_id], writer)
        for disagreement in table.disagreements():
            self._violated(2, disagreement)
        self.look()

    def repaired(self, what: str) -> None:
        """The audit found something to put right."""
        self._violated(2, f"the audit had to repair {what}")

    def line_read(self, reader: Process) -> None:
        reader.line_read = self.table.born

    def uploaded(self, key: str, process: Process) -> None:
        if self._uploads.setdefault(key, process) is not process:
            self._violated(3, f"{process.name} overwrites {key} of {self._uploads[key].name}")

    def posted(self, event_id: str, body: Mapping[str, Any], status: int) -> None:
        promised = self.promised.get(event_id)
        if promised is None:
            self._violated(5, f"{event_id} was posted, but never written as due")
        elif promised != body["type"]:
            self._violated(5, f"{event_id} was posted as {body['type']}, and promised as {promised}")
        if 200 <= status < 300 or status == 410:
            # 410: its receiver wants no more of it.
            self.delivered.add(event_id)

    def look(self, *, calm: bool = False) -> None:
        """Note since when a job waits although a slot is free; once faults have stopped, that is bounded."""
        stalled = bool(self.table.tickets) and not self.table.paused and len(self.table.holders) < self.table.limit
        if not stalled or (calm and self._stalled_since is None):
            self._stalled_since = self.now() if stalled else None
        elif self._stalled_since is None:
            self._stalled_since = self.now()
        elif calm and self.now() - self._stalled_since > STALL_MS:
            self._violated(6, f"{len(self.table.tickets)} jobs wait since a minute although a slot is free")

    def calm(self) -> None:
        """Faults have stopped: from now on it counts how long a job waits."""
        self._stalled_since = None
        self.look()

    def over(self) -> None:
        """All is said to be over: nothing may be left."""
        for job_id, job in self.table.jobs.items():
            if job.status not in FINAL:
                self._violated(3, f"{job_id} is {job.status} in the end")
            if job.due:
                self._violated(5, f"{job_id} still owes {sorted(job.due)}")
        for job_id in self.accepted - self.table.jobs.keys():
            self._violated(3, f"{job_id} was accepted, and is lost")
        for event_id in self.promised.keys() - self.delivered:
            self._violated(5, f"{event_id} never arrived")

    def _due(self, due: Mapping[str, Mapping[str, str]]) -> None:
        for event_id, text in due.items():
            if event_id not in self.promised and event_id.startswith("msg_"):
                self.promised[event_id] = json.loads(text["S"])["type"]

    # The invariants.

    def _admitted(self, job_id: str, tickets: Mapping[str, Ticket], writer: Process) -> None:
        if len(self.table.holders) > self.table.limit:
            self._violated(1, f"{job_id} is admitted as number {len(self.table.holders)} of {self.table.limit}")
        if self.table.paused:
            self._violated(1, f"{job_id} is admitted while the queue is paused")
        job = self.table.jobs[job_id]
        seen = writer.acts_on
        if seen is None:
            return
        for key, ticket in tickets.items():
            if ticket.born <= seen and key < job.ticket_key and self.table.jobs[ticket.job_id].priority == job.priority:
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
        if after.attempt == before.attempt and after.leg != before.leg:
            self._handed_over(job_id, before, after, writer)
        if after.started_attempt != before.started_attempt:
            self._started(job_id, before, after)
        if after.running_since not in (None, before.running_since):
            self._runs(job_id, before, after, writer)

    def _started(self, job_id: str, before: Job, after: Job) -> None:
        self.starts += 1
        if after.started_attempt != after.attempt or before.started_attempt >= after.started_attempt:
            self._violated(3, f"{job_id} starts attempt {after.started_attempt}, its attempt is {after.attempt}")
        if not self._owes(before, after, "processing"):
            self._violated(5, f"the start of {job_id} is not written as due")

    def _runs(self, job_id: str, before: Job, after: Job, writer: Process) -> None:
        if writer.renders != (job_id, after.attempt, after.leg):
            self._violated(3, f"{job_id} is at leg {after.leg} of {after.attempt}, and {writer.name} begins it")
        if before.running_since is not None:
            self._violated(3, f"leg {after.leg} of {job_id} begins twice")
        if after.started_attempt != after.attempt:
            self._violated(3, f"{job_id} runs leg {after.leg} of attempt {after.attempt}, which has not started")
        if after.leg > 1 and (after.progress < before.progress or after.started_at != before.started_at):
            self._violated(3, f"leg {after.leg} of {job_id} begins anew")
        if writer.deadline is not None and after.started_at is not None:
            limits = [writer.deadline] + ([after.started_at + after.timeout_ms] if after.timeout_ms else [])
            self._lives[job_id, after.attempt, after.leg] = Life(writer, min(limits))

    def _handed_over(self, job_id: str, before: Job, after: Job, writer: Process) -> None:
        self.handovers += 1
        life = self._lives.get((job_id, before.attempt, before.leg))
        if (before.status, after.status) != ("processing", "processing") or after.leg != before.leg + 1:
            self._violated(3, f"{job_id}, {before.status}, goes from leg {before.leg} to {after.leg}, {after.status}")
        if life is None or writer is not life.process or after.running_since is not None:
            self._violated(3, f"{job_id} is handed over by {writer.name}, which does not render it")
        if after.due - before.due or after.progress < before.progress:
            self._violated(5, f"the hand-over of {job_id} is seen")

    def _ended(self, job_id: str, before: Job, after: Job, writer: Process) -> None:
        self.ends += 1
        if not self._owes(before, after, after.status):
            self._violated(5, f"the end of {job_id} is not written as due")
        life = self._lives.get((job_id, after.attempt, after.leg))
        if any(other.process is writer and other is not life for other in self._lives.values()):
            self._violated(3, f"{job_id} is ended by {writer.name}, the render of an earlier attempt or leg")
        if after.status != "completed":
            return
        uploader = self._uploads.get(after.video_key or "")
        if life is None or uploader is not life.process or writer is not life.process:
            self._violated(3, f"{job_id} is completed with a video that is not its render's own")

    def _owes(self, before: Job, after: Job, what: str) -> bool:
        """Exactly one event more, of this type, with an id that was never used."""
        new = [event_id for event_id in after.due - before.due if event_id.startswith("msg_")]
        return len(new) == 1 and self.promised[new[0]] == f"job.{what}" and new[0] not in self.delivered

    def _released(self, job_id: str, before: Job, writer: Process) -> None:
        render = job_id, before.attempt, before.leg
        life = self._lives.get(render)
        if life is None or writer is life.process or self.reported(*render):
            return
        if life.process.alive and self.now() < life.until and self.table.jobs[job_id].status not in FINAL:
            self._violated(3, f"{job_id} loses its slot while its render lives and has time")

    def _violated(self, number: int, what: str) -> None:
        self.violations.append(f"invariant {number}: {what}")
