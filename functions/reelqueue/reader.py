"""What the table says: jobs, slots, and the line, strongly consistent wherever a decision hangs on it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from reelqueue import records
from reelqueue.jobs import Event, Job
from reelqueue.line import Ticket
from reelqueue.slots import Queue, Slots
from reelqueue.table import Table

_IN_LINE = "#pk = :line"


def epoch_ms() -> int:
    return time.time_ns() // 1_000_000


class Reader:
    """All reads; nothing here writes. ``default_limit`` holds until the dispatcher has run for the first time.

    ``now`` gives epoch milliseconds.
    """

    def __init__(self, table: Table, *, default_limit: int = 5, now: Callable[[], int] = epoch_ms) -> None:
        self.table = table
        self.now = now
        self._default_limit = default_limit

    def job(self, job_id: str) -> Job | None:
        item = self.table.get(records.job_key(job_id))
        return records.job_of(item) if item else None

    def job_and_request(self, job_id: str) -> tuple[Job, str] | None:
        """A job and the request that it was made from (JSON), in one call."""
        keys = records.job_key(job_id), records.request_key(job_id)
        found = self.table.get_many(keys)
        if len(found) < len(keys):
            return None
        return records.job_of(found[keys[0]]), records.unpack(bytes(found[keys[1]]["request"]))

    def slots(self) -> Slots:
        return records.slots_of(self.table.get(records.SLOTS_KEY), self._default_limit)

    def length(self) -> int:
        """How many jobs wait."""
        return self.table.count(_IN_LINE, {"line": records.LINE})

    def queue(self) -> Queue:
        return Queue(self.slots(), self.length())

    def ahead_and_behind(self, ticket_key: str) -> tuple[int, int]:
        """How many tickets stand before and after a place in the line; its own is not counted."""
        values = {"line": records.LINE, "key": ticket_key}
        return (
            self.table.count(f"{_IN_LINE} AND #sk < :key", values),
            self.table.count(f"{_IN_LINE} AND #sk > :key", values),
        )

    def line(self, limit: int | None = None) -> Iterator[Ticket]:
        """The tickets from the head of the line; ``limit`` is the size of the pages that are read."""
        return map(records.ticket_of, self.table.query(_IN_LINE, {"line": records.LINE}, limit=limit))

    def jobs_of(self, owner: str, *, before: str | None, page: int) -> Iterator[tuple[str, Job]]:
        """A caller's jobs, newest first, each with the cursor that leads behind it."""
        condition, values = "#ownerJobs = :owner", {"owner": owner}
        if before is not None:
            condition += " AND #createdKey < :before"
            values["before"] = before
        rows = self.table.query(condition, values, index=records.OWNER_INDEX, limit=page, newest_first=True)
        while batch := [row for row, _ in zip(rows, range(page), strict=False)]:
            found = self.table.get_many([(row["pk"], row["sk"]) for row in batch])
            for row in batch:
                item = found.get((row["pk"], row["sk"]))
                if item is not None:
                    yield row["createdKey"], records.job_of(item)

    def events_due(self, before: int) -> list[tuple[Job, Event]]:
        """Webhook events that were due before a time and that nobody has delivered or handed on: a crash left them."""
        rows = self.table.query(
            "#duePartition = :due AND #dueAt < :before",
            {"due": records.DUE, "before": f"{before:013d}"},
            index=records.DUE_INDEX,
        )
        keys = [(row["pk"], row["sk"]) for row, _ in zip(rows, range(100), strict=False)]
        jobs = [records.job_of(item) for item in self.table.get_many(keys).values()]
        return [(job, event) for job in jobs for event in job.due if event.at < before]
