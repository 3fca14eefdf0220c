"""The table as it stands, a write at a time, from its rows: none of the code under test is trusted to read it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from reelqueue.table import Item, Key

WIDE_BITS, NARROW_BITS = 20, 13
"""The widths of the buckets in which the line is counted, as powers of two of a millisecond (docs/architecture.md)."""


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
    leg: int
    started_attempt: int
    running_since: int | None
    progress: int
    started_at: int | None
    ticket_key: str
    priority: int
    timeout_ms: int | None
    video_key: str | None
    due: frozenset[str]


@dataclass
class Mirror:
    """``row`` reads a row; ``update`` says which one has changed."""

    row: Callable[[Key], Item | None]
    jobs: dict[str, Job] = field(default_factory=dict)
    tickets: dict[str, Ticket] = field(default_factory=dict)
    holders: dict[str, int] = field(default_factory=dict)
    limit: int = 0
    paused: bool = False
    born: int = 0
    _twins: set[Key] = field(default_factory=set)
    _counts: dict[Key, dict[int, int]] = field(default_factory=dict)

    def update(self, key: Key) -> Item | None:
        """Take over a row; gives it back."""
        row = self.row(key)
        if key[0] == "SLOTS" and row is not None:
            self.holders = {job_id: int(entry["M"]["attempt"]["N"]) for job_id, entry in row["holders"]["M"].items()}
            self.limit, self.paused = int(row["limit"]["N"]), row["paused"]["BOOL"]
        elif key[0] == "LINE":
            self._ticket(key[1], row)
        elif key[0].startswith("TWIN#"):
            (self._twins.discard if row is None else self._twins.add)(key)
        elif key[0].startswith("TALLY#"):
            counts = (row or {}).items()
            self._counts[key] = {int(name[1:]): int(value["N"]) for name, value in counts if name.startswith("b")}
        elif key[1] == "JOB" and row is not None:
            self.jobs[key[0].removeprefix("JOB#")] = _job(row)
        return row

    def _ticket(self, key: str, row: Item | None) -> None:
        if row is None:
            self.tickets.pop(key, None)
        else:
            self.born += 1
            self.tickets[key] = Ticket(row["jobId"]["S"], int(row["attempt"]["N"]), self.born)

    def disagreements(self) -> list[str]:
        """Where places, twins and tallies are not what jobs and tickets ask for."""
        processing = {job_id: job.attempt for job_id, job in self.jobs.items() if job.status == "processing"}
        queued = {job.ticket_key: (job_id, job.attempt) for job_id, job in self.jobs.items() if job.status == "queued"}
        waiting = {key: (ticket.job_id, ticket.attempt) for key, ticket in self.tickets.items()}
        times = [int(key.partition("#")[0]) for key in self.tickets]
        twins = {(f"TWIN#{time >> NARROW_BITS:010d}", key) for time, key in zip(times, self.tickets, strict=True)}
        wide, narrow = Counter(time >> WIDE_BITS for time in times), Counter(time >> NARROW_BITS for time in times)
        pairs = (
            ("processing", processing, "holders", self.holders),
            ("queued", queued, "tickets", waiting),
            ("tickets", twins, "twins", self._twins),
            ("tickets by wide bucket", dict(wide), "tally", self._counted(wide=True)),
            ("tickets by narrow bucket", dict(narrow), "tally", self._counted(wide=False)),
        )
        return [f"{name} {value}, {other_name} {other}" for name, value, other_name, other in pairs if value != other]

    def _counted(self, *, wide: bool) -> dict[int, int]:
        """The counts of all shards, added up. A count below zero stays to be seen, whatever the others say."""
        total: Counter[int] = Counter()
        for key, counts in self._counts.items():
            if (key[1] == "WIDE") is wide:
                for bucket, count in counts.items():
                    if count < 0:
                        return {bucket: count}
                    total[bucket] += count
        return {bucket: count for bucket, count in total.items() if count}


def _job(row: Item) -> Job:
    virtual_ms = int(row["ticketKey"]["S"].partition("#")[0])
    video = row.get("result", {}).get("M", {}).get("video_key", {}).get("S")
    timeout = row.get("timeoutSeconds")
    return Job(
        status=row["status"]["S"],
        attempt=int(row["attempt"]["N"]),
        leg=int(row["leg"]["N"]),
        started_attempt=int(row["startedAttempt"]["N"]),
        running_since=_time(row, "runningSince"),
        progress=int(row["progress"]["N"]),
        started_at=_time(row, "startedAt"),
        ticket_key=row["ticketKey"]["S"],
        priority=int(row["queuedAt"]["N"]) - virtual_ms,
        timeout_ms=1000 * int(timeout["N"]) if timeout else None,
        video_key=video,
        due=frozenset(row["due"]["M"]),
    )


def _time(row: Item, name: str) -> int | None:
    return int(row[name]["N"]) if name in row else None
