"""The audit of the minute's run: what must hold in the table is looked up, and put right where it does not.

Every transition writes all that belongs together in one transaction, so the audit should never find anything: what it
finds was done by hand, or by a bug. Each repair is counted in the metric ``AuditRepairs``, which should stay at zero.

    holders  of a job that is not rendering that attempt    the slot is taken back
    jobs     processing without a slot                      back into the line, as a lost attempt
    tickets  of a job that does not wait at that place      taken out of the line
    jobs     queued without a ticket                        back into the line
    tallies  that differ from the line                      counted anew

What looks wrong may be a step that happened between two reads, or an index that lags behind: so each repair is a
transaction that demands, again, what makes it one. Slots are few and looked through each time. A long line is looked
through ``PAGE`` by ``PAGE``, a run after the other; the row ``AUDIT`` remembers how far, and counts the audits.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import islice
from typing import TypeVar

from reelqueue import records, recount
from reelqueue.deployment import Deployment
from reelqueue.jobs import Job, JobStatus
from reelqueue.line import job_id_of
from reelqueue.metrics import AUDIT_REPAIRS, count
from reelqueue.observability import logger
from reelqueue.store import Store
from reelqueue.table import Item, Key

PAGE = 400
FIRST = "0"
"""Before every ticket key."""
NO_SLOT = "the audit found it without a slot"

REPAIRED = "the audit repaired the table"
"""The message of each repair in the log."""

_BATCH = 100
_T = TypeVar("_T")


def audit(at: Deployment) -> None:
    """Look through the slots, and through the next part of the line; repair what is wrong."""
    store = at.store
    turn = store.table.update(store.table.change(records.AUDIT_KEY, adds={"turn": 1}))
    before: Item = {"ticket": FIRST, "job": FIRST, "wide": 0} | turn
    _repaired("slots", _holders(store))
    _repaired("rendering jobs", _rendering(store))
    ticket = _repaired("tickets", _tickets(store, before["ticket"]))
    job = _repaired("waiting jobs", _waiting(store, before["job"]))
    wide = _repaired("tallies", recount.repair(store, before["wide"], turn["turn"]))
    after = {"ticket": ticket, "job": job, "wide": wide}
    if any(before[name] != cursor for name, cursor in after.items()):
        store.table.update(store.table.change(records.AUDIT_KEY, sets=after))


def _repaired(kind: str, found: tuple[list[str], _T]) -> _T:
    """Report the repairs; gives back how far the look went."""
    repairs, cursor = found
    for what in repairs:
        logger.error(REPAIRED, extra={"kind": kind, "what": what})
        count(AUDIT_REPAIRS, kind=kind)
    return cursor


def _holders(store: Store) -> tuple[list[str], None]:
    holders = store.slots().holders
    jobs = _jobs(store, holders)
    repairs = []
    for job_id, holder in holders.items():
        job = jobs.get(job_id)
        if job is not None and job.status is JobStatus.PROCESSING and job.attempt == holder.attempt:
            continue
        taken = store.table.change(
            records.SLOTS_KEY,
            condition="#holders.#job.#attempt = :attempt AND #holders.#job.#until = :until",
            values={"attempt": holder.attempt, "until": holder.until},
            names={"job": job_id},
            removes=["#holders.#job"],
        )
        not_rendering = store.table.check(
            records.job_key(job_id),
            "attribute_not_exists(#pk) OR #status <> :processing OR #attempt <> :attempt",
            {"processing": "processing", "attempt": holder.attempt},
        )
        if store.table.attempt([taken, not_rendering]):
            repairs.append(job_id)
    return repairs, None


def _rendering(store: Store) -> tuple[list[str], None]:
    holders = store.slots().holders
    listed = map(job_id_of, store.open_jobs(JobStatus.PROCESSING))
    jobs = _jobs(store, [job_id for job_id in listed if job_id not in holders])
    return [job.id for job in jobs.values() if job.status is JobStatus.PROCESSING and store.requeue(job, NO_SLOT)], None


def _tickets(store: Store, after: str) -> tuple[list[str], str]:
    tickets = list(islice(store.line(limit=PAGE, after=after), PAGE))
    jobs = _jobs(store, [ticket.job_id for ticket in tickets])
    repairs = []
    for ticket in tickets:
        job = jobs.get(ticket.job_id)
        if job is not None and job.status is JobStatus.QUEUED and job.ticket_key == ticket.key:
            continue
        not_waiting = store.table.check(
            records.job_key(ticket.job_id),
            "attribute_not_exists(#pk) OR #status <> :queued OR #ticketKey <> :key",
            {"queued": "queued", "key": ticket.key},
        )
        if store.table.attempt([*store.writes.leaving(ticket.key), not_waiting]):
            repairs.append(ticket.key)
    return repairs, tickets[-1].key if len(tickets) == PAGE else FIRST


def _waiting(store: Store, after: str) -> tuple[list[str], str]:
    keys = list(islice(store.open_jobs(JobStatus.QUEUED, after=after, limit=PAGE), PAGE))
    jobs = [job for job in _jobs(store, map(job_id_of, keys)).values() if job.status is JobStatus.QUEUED]
    found = _many(store, [records.ticket_row_key(job.ticket_key) for job in jobs])
    repairs = []
    for job in jobs:
        if records.ticket_row_key(job.ticket_key) in found:
            continue
        waiting = store.table.check(
            records.job_key(job.id),
            "#status = :queued AND #ticketKey = :key",
            {"queued": "queued", "key": job.ticket_key},
        )
        patience = replace(job, expires_at=store.now() + job.expires_at - job.queued_at)
        if store.table.attempt([*store.writes.entering(patience), waiting]):
            repairs.append(job.id)
    return repairs, keys[-1] if len(keys) == PAGE else FIRST


def _jobs(store: Store, job_ids: Iterable[str]) -> dict[str, Job]:
    """These jobs, strongly consistent, by their ids; those that do not exist are left out."""
    found = _many(store, [records.job_key(job_id) for job_id in job_ids])
    return {item["jobId"]: records.job_of(item) for item in found.values()}


def _many(store: Store, keys: list[Key]) -> dict[Key, Item]:
    found: dict[Key, Item] = {}
    for start in range(0, len(keys), _BATCH):
        found |= store.table.get_many(keys[start : start + _BATCH])
    return found
