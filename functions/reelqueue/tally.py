"""How many jobs wait, and how many of them before a place in the line, without reading the line.

A query that counts reads every ticket, a megabyte a call. So each ticket is counted in three rows as well, in the same
transaction that puts it into the line or takes it out of it: they cannot drift from it.

    wide row    one per shard            waiting jobs by wide bucket (17 minutes of virtual time)
    narrow row  one per shard and wide   waiting jobs by narrow bucket (8 seconds)
                bucket
    twin        one per ticket           nothing; the twins of a narrow bucket have a partition of their own

The jobs before a place are those in wide buckets before its own, in narrow buckets before its own, and the few twins
of its own narrow bucket that stand before it. Submissions at the same time would all write to the same row, and
DynamoDB lets one transaction at a time at a row: so there are ``SHARDS`` of the counting ones, chosen by the job id.

Pure. ``records.py`` has the rows.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

SHARDS = 8
WIDE_MS = 1 << 20
NARROW_MS = 1 << 13

Counts = Mapping[int, int]
"""Waiting jobs by bucket: virtual milliseconds divided by the bucket's width."""


@dataclass(frozen=True)
class Cell:
    """Where a ticket is counted."""

    shard: int
    wide: int
    narrow: int


def cell(ticket_key: str) -> Cell:
    """Where the ticket with this key is counted.

    >>> cell("1763145000000#abc123")
    Cell(shard=4, wide=1681466, narrow=215227661)
    """
    virtual_ms, _, job_id = ticket_key.partition("#")
    at = int(virtual_ms)
    return Cell(zlib.crc32(job_id.encode()) % SHARDS, at // WIDE_MS, at // NARROW_MS)


@dataclass(frozen=True)
class Tally:
    """The rows of all shards, added up. ``narrow`` holds the buckets of one wide bucket."""

    wide: Counts = field(default_factory=dict)
    narrow: Counts = field(default_factory=dict)

    @property
    def length(self) -> int:
        """How many jobs wait."""
        return sum(self.wide.values())

    def before(self, place: Cell) -> int:
        """How many jobs wait in the buckets before a place; ``narrow`` must be that of its wide bucket."""
        wide = sum(count for bucket, count in self.wide.items() if bucket < place.wide)
        return wide + sum(count for bucket, count in self.narrow.items() if bucket < place.narrow)


def added(rows: Iterable[Counts]) -> dict[int, int]:
    """The counts of several shards as one; empty buckets are left out."""
    total: dict[int, int] = {}
    for counts in rows:
        for bucket, count in counts.items():
            total[bucket] = total.get(bucket, 0) + count
    return {bucket: count for bucket, count in total.items() if count}
