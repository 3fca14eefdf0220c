"""How the queue stands at one moment: what the minute's run records, and what ``GET /api/metrics`` shows."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from reelqueue.reader import Reader
from reelqueue.slots import Queue

HEAD = 100
"""How much of the line is looked at for its oldest job: one page. A priority may put an older one behind it, by half an
hour at most."""

STUCK_MS = 60_000
"""A job that has waited for less may just have come: the dispatcher gives free slots away many times a minute."""


@dataclass(frozen=True)
class Standing:
    """Slots and line. ``oldest_ms`` is how long the oldest job in line has waited, 0 if none does; ``stuck`` how many
    have waited for a minute although a slot is free for them."""

    queue: Queue
    oldest_ms: int
    stuck: int


def standing(reader: Reader) -> Standing:
    """Two calls to AWS, however long the line is."""
    queue, now = reader.queue(), reader.now()
    waited = [now - ticket.queued_at for ticket in islice(reader.line(limit=HEAD), HEAD)]
    stuck = min(queue.slots.free, sum(ms >= STUCK_MS for ms in waited))
    return Standing(queue, max(waited, default=0), stuck)
