"""The slots: a counting semaphore with leases and fencing, held in one item of the table.

    free --admit--> admitted --start--> rendering --finish--> free
                       |                   |
                       +--lease over-------+--lease over, or the invocation reported failure--> free (reclaim)

A holder is an entry of the map ``holders``: job id -> {attempt, until}. The number of active renders is the size of
that map; there is no second counter that could drift from it. The limit stands in the same item, so "one more, if
there is room" is one conditional write. It compares with ``<`` and never with ``<>``: when the limit is lowered below
what is active, ``<`` lets it drain, while ``<>`` would never be false again.

``attempt`` is the fencing token. A render that was given up for lost may still be running; every write of it names its
attempt, and the conditions in ``store.py`` refuse all but the newest.

Pure: the writes are in ``store.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

ADMISSION_LEASE_MS = 180_000
"""From admission to start, by default: an invocation is dropped after 120 s (MaximumEventAgeInSeconds), and 60 s more.

A shorter one is safe: a render that starts later finds itself fenced. But its attempt counts as lost.
"""

LEASE_MARGIN_MS = 60_000
"""A started render holds its slot until it cannot be running any longer, and this much longer."""

ADMITTABLE = (
    "attribute_exists(#holders) AND size(#holders) < #limit AND #paused = :false "
    "AND attribute_not_exists(#holders.#job)"
)
"""The condition of every admission (DynamoDB condition expression)."""

_MEAN_WEIGHT = 0.2


@dataclass(frozen=True)
class Holder:
    """Who holds a slot: the attempt, and the end of its lease in epoch milliseconds."""

    attempt: int
    until: int


@dataclass(frozen=True)
class Slots:
    """The semaphore as it was read. ``mean_render_ms`` is the recent mean of render times, for estimates only;
    ``ended`` counts, by their final status, the jobs that have left a slot for good."""

    limit: int
    paused: bool = False
    holders: Mapping[str, Holder] = field(default_factory=dict)
    deployed_limit: int | None = None
    mean_render_ms: int | None = None
    ended: Mapping[str, int] = field(default_factory=dict)

    @property
    def active(self) -> int:
        return len(self.holders)

    @property
    def free(self) -> int:
        """How many jobs may be admitted now; 0 while paused or while a lowered limit drains."""
        return 0 if self.paused else self.available

    @property
    def available(self) -> int:
        return max(0, self.limit - self.active)

    def expired(self, now: int) -> dict[str, Holder]:
        """The holders whose lease is over: their renders are lost."""
        return {job_id: holder for job_id, holder in self.holders.items() if holder.until < now}

    def mean_with(self, render_ms: int) -> int:
        """The recent mean of render times with one more of them (exponentially weighted)."""
        if self.mean_render_ms is None:
            return render_ms
        return round(self.mean_render_ms * (1 - _MEAN_WEIGHT) + render_ms * _MEAN_WEIGHT)


@dataclass(frozen=True)
class Queue:
    """The slots and the line at one moment, as the ``queue`` object of the API shows them."""

    slots: Slots
    length: int

    def answer(self) -> dict[str, object]:
        return {
            "activeRenders": self.slots.active,
            "maxConcurrent": self.slots.limit,
            "queueLength": self.length,
        }
