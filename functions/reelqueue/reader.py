"""What the table says: jobs, slots, and the line, strongly consistent wherever a decision hangs on it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from reelqueue import records
from reelqueue.deliveries import Webhook
from reelqueue.jobs import Job, JobStatus
from reelqueue.line import Ticket
from reelqueue.slots import Queue, Slots
from reelqueue.table import Item, Key, Table
from reelqueue.tally import Tally, added, cell

_IN_LINE = "#pk = :line"
_END_OF_LINE = "9" * 13
MAX_DUE = 100
"""How much of what is due one run takes up; the next one is a minute away."""


def epoch_ms() -> int:
    return time.time_ns() // 1_000_000


@dataclass(frozen=True)
class Glance:
    """Slots and line as one call found them; ``rows`` are the other rows that were asked for and exist."""

    slots: Slots
    tally: Tally
    rows: Mapping[Key, Item]

    @property
    def queue(self) -> Queue:
        return Queue(self.slots, self.tally.length)


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

    def job_and_webhooks(self, job_id: str) -> tuple[Job, list[Webhook]] | None:
        """A job and what is noted of its webhooks, in one call."""
        keys = records.job_key(job_id), records.webhooks_key(job_id)
        found = self.table.get_many(keys)
        if keys[0] not in found:
            return None
        job = records.job_of(found[keys[0]])
        return job, records.webhooks_of(job, found.get(keys[1]))

    def slots(self) -> Slots:
        return records.slots_of(self.table.get(records.SLOTS_KEY), self._default_limit)

    def glance(self, *keys: Key, place: str | None = None) -> Glance:
        """Slots and line, and other rows with them, in one call; with a ticket key also what ``position`` needs."""
        at = cell(place) if place else None
        tallies = records.tally_keys(at)
        found = self.table.get_many([records.SLOTS_KEY, *tallies, *keys])
        wide = [found[key] for key in tallies if key in found and key[1] == "WIDE"]
        narrow = [found[key] for key in tallies if key in found and key[1] != "WIDE"]
        tally = Tally(added(map(records.counts_of, wide)), added(map(records.counts_of, narrow)))
        slots = records.slots_of(found.get(records.SLOTS_KEY), self._default_limit)
        return Glance(slots, tally, {key: found[key] for key in keys if key in found})

    def queue(self) -> Queue:
        return self.glance().queue

    def position(self, ticket_key: str, tally: Tally) -> int:
        """The place of a ticket in the line, 1 is the head, in at most one call; ``tally`` is of a glance there."""
        place = cell(ticket_key)
        before = tally.before(place)
        if tally.narrow.get(place.narrow):
            values = {"twins": records.twins(place.narrow), "key": ticket_key}
            before += self.table.count("#pk = :twins AND #sk < :key", values)
        return before + 1

    def line(self, limit: int | None = None, *, after: str = "0", before: str = _END_OF_LINE) -> Iterator[Ticket]:
        """The tickets from the head of the line, or those between two keys; ``limit`` is the size of a page."""
        values = {"line": records.LINE, "after": after, "before": before}
        rows = self.table.query(f"{_IN_LINE} AND #sk BETWEEN :after AND :before", values, limit=limit)
        return map(records.ticket_of, rows)

    def open_jobs(self, status: JobStatus, *, after: str = "0", limit: int | None = None) -> Iterator[str]:
        """The ticket keys of jobs with this status, in the order of the line, as the index has them: maybe outdated."""
        condition = "#openStatus = :status AND #ticketKey > :after"
        values = {"status": str(status), "after": after}
        rows = self.table.query(condition, values, index=records.OPEN_INDEX, limit=limit)
        return (row["ticketKey"] for row in rows)

    def jobs_of(self, owner: str, *, before: str | None, page: int) -> Iterator[tuple[str, Job]]:
        """A caller's jobs, newest first, each with the cursor that leads behind it."""
        condition, values = "#ownerJobs = :owner", {"owner": owner}
        if before is not None:
            condition += " AND #createdKey < :before"
            values["before"] = before
        rows = self.table.query(condition, values, index=records.OWNER_INDEX, limit=page, newest_first=True)
        while batch := list(islice(rows, page)):
            found = self.table.get_many([(row["pk"], row["sk"]) for row in batch])
            for row in batch:
                item = found.get((row["pk"], row["sk"]))
                if item is not None:
                    yield row["createdKey"], records.job_of(item)

    def overdue(self, before: int) -> list[Job]:
        """Jobs that owe a webhook or a wake-up since before a time: a crash left them. The longest overdue first."""
        found = self.table.get_many(self._due(records.DUE, before))
        return [records.job_of(item) for item in found.values()]

    def expired(self, before: int) -> list[Ticket]:
        """Tickets that were to be waited for until before a time, the oldest first."""
        found = self.table.get_many(self._due(records.EXPIRY, before))
        tickets = [records.ticket_of(item) for item in found.values()]
        return [ticket for ticket in tickets if ticket.expires_at <= before]

    def _due(self, partition: str, before: int) -> list[Key]:
        rows = self.table.query(
            "#duePartition = :partition AND #dueAt < :before",
            {"partition": partition, "before": records.due_at(before)},
            index=records.DUE_INDEX,
            limit=MAX_DUE,
        )
        return [(row["pk"], row["sk"]) for row in islice(rows, MAX_DUE)]
