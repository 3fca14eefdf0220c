"""The line: where a job stands while it waits, and how long that will probably take.

A waiting job is a ticket in the table. Tickets are sorted by virtual time, the moment of submission shifted by
the priority: first in, first out inside one priority, and nobody starves, since a high priority is worth a fixed
head start and not a place before everybody who will ever come.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Priority = Literal["low", "normal", "high"]

PRIORITY_BOOST_MS = 15 * 60_000
"""How much earlier a high priority stands than a normal one (and a low one later), in milliseconds."""

_BOOSTS: dict[Priority, int] = {"high": PRIORITY_BOOST_MS, "normal": 0, "low": -PRIORITY_BOOST_MS}


@dataclass(frozen=True)
class Ticket:
    """One place in the line, found in the table in the order of ``key``. Times are epoch milliseconds.

    ``attempt`` is the number of attempts that the job has behind it.
    """

    key: str
    job_id: str
    owner: str
    queued_at: int
    expires_at: int
    attempt: int = 0


def ticket_key(job_id: str, submitted_at: int, priority: Priority) -> str:
    """The sort key of a ticket: ``<virtual milliseconds, 13 digits>#<job id>``.

    >>> ticket_key("abc123", 1763145000000, "high")
    '1763144100000#abc123'
    """
    return f"{submitted_at - _BOOSTS[priority]:013d}#{job_id}"


def job_id_of(key: str) -> str:
    """The job of a ticket key.

    >>> job_id_of("1763144100000#abc123")
    'abc123'
    """
    return key.partition("#")[2]


def moved(key: str, queued_at: int, now: int) -> str:
    """The key of the same job when it is put into the line again now, with the priority that it had.

    >>> moved("1763144100000#abc123", queued_at=1763145000000, now=1763145060000)
    '1763144160000#abc123'
    """
    virtual_ms, _, job_id = key.partition("#")
    return f"{now - (queued_at - int(virtual_ms)):013d}#{job_id}"


def estimated_start(now: int, position: int, active: int, limit: int, mean_render_ms: int | None) -> int | None:
    """When the job at ``position`` (1 is the head) will probably start, in epoch milliseconds.

    With ``limit`` renders of the recent mean length running side by side, a slot falls free every mean / limit.
    None where nothing is known: no render has finished yet, or nothing may start (a limit of 0).
    """
    free = max(0, limit - active)
    if position <= free:
        return now
    if mean_render_ms is None or limit < 1:
        return None
    return now + (position - free) * mean_render_ms // limit
