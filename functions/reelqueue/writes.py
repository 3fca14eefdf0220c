"""The single writes that the transactions of ``store.py`` are made of: one row each, with its condition."""

from __future__ import annotations

from collections.abc import Callable

from reelqueue import records
from reelqueue.deliveries import State, Webhook
from reelqueue.jobs import Job
from reelqueue.line import Ticket
from reelqueue.slots import Holder
from reelqueue.table import Item, Table
from reelqueue.tally import cell

RENDERING = "#status = :processing AND #attempt = :attempt AND #leg = :leg"
"""The fence: who names an older attempt, or an older leg of it, is refused. ``rendering`` gives its values."""
WAITING = "#status = :queued AND #attempt = :attempt"
HOLDING = "#holders.#job.#attempt = :attempt"
OWING = ("duePartition", "dueAt")
"""The attributes that put a job into the index of what is due."""

_NEVER_CHANGE = {"pk", "sk", "due"}


class Writes:
    """Makes writes for ``Table.transact``; it sends none. ``now`` gives epoch milliseconds."""

    def __init__(self, table: Table, *, retention_seconds: int, now: Callable[[], int]) -> None:
        self._table = table
        self._now = now
        self._retention_seconds = retention_seconds

    def entering(self, job: Job) -> list[Item]:
        """The writes that put a waiting job into the line, and count it."""
        twin = self._table.change(records.twin_key(job.ticket_key), sets={"jobId": job.id})
        return [self._table.put(records.ticket_row(_ticket(job))), twin, *self._count(job.ticket_key, 1)]

    def leaving(self, ticket_key: str) -> list[Item]:
        """The writes that take a ticket out of the line, and out of the counts."""
        twin = self._table.delete(records.twin_key(ticket_key), condition=None)
        return [self._table.delete(records.ticket_row_key(ticket_key)), twin, *self._count(ticket_key, -1)]

    def _count(self, ticket_key: str, change: int) -> list[Item]:
        place = cell(ticket_key)
        return [
            self._table.change(records.wide_key(place.shard), adds={records.counted(place.wide): change}),
            self._table.change(
                records.narrow_key(place.shard, place.wide),
                adds={records.counted(place.narrow): change, "version": 1},
            ),
        ]

    def renew_slot(self, job: Job, until: int) -> Item:
        """Lease this attempt's slot until then (epoch milliseconds)."""
        return self._table.change(
            records.SLOTS_KEY,
            condition=HOLDING,
            values={"attempt": job.attempt},
            names={"job": job.id},
            sets={"#holders.#job.#until": until},
        )

    def release_slot(
        self, job: Job, after: Job, *, lease: Holder | None = None, mean_render_ms: int | None = None
    ) -> Item:
        """Take this attempt out of the slots; with ``lease``, only if its lease is still this one.

        ``after`` is the job as it leaves the slot: if it has ended, that is counted.
        """
        condition, values = HOLDING, {"attempt": job.attempt}
        if lease is not None:
            condition += " AND #holders.#job.#until = :until"
            values["until"] = lease.until
        return self._table.change(
            records.SLOTS_KEY,
            condition=condition,
            values=values,
            names={"job": job.id},
            sets={} if mean_render_ms is None else {"meanRenderMs": mean_render_ms},
            adds={records.ended(after.status): 1} if after.status.final else {},
            removes=["#holders.#job"],
        )

    def change_job(self, before: Job, after: Job, condition: str, values: Item, *, keep: bool = False) -> Item:
        """Write what a step changed, and nothing else: an event that was delivered meanwhile stays delivered.

        A job that has ended gets a time to live; ``keep`` takes it away again.
        """
        old, new = records.job_row(before), records.job_row(after)
        sets = {name: value for name, value in new.items() if name not in _NEVER_CHANGE and old.get(name) != value}
        names = {}
        for number, event_id in enumerate(sorted(new["due"].keys() - old["due"].keys())):
            names[f"event{number}"] = event_id
            sets[f"#due.#event{number}"] = new["due"][event_id]
            sets |= {"duePartition": records.DUE, "dueAt": records.due_at(self._now())}
        if after.status.final:
            sets["ttl"] = self._ttl()
        removes = [name for name in old if name not in new] + (["ttl"] if keep else [])
        return self._table.change(
            records.job_key(after.id),
            condition=condition,
            values=values,
            names=names,
            sets=sets,
            removes=removes,
        )

    def note_webhook(self, webhook: Webhook, tried_before: int) -> Item:
        """Write how a webhook fares, into a row that nothing else is in and no transaction touches.

        Whoever knows of fewer tries than there were, or of an older round, is refused: two may work on one message, and
        an answer may get lost. That it arrived is written all the same.
        """
        condition = "#event.#since = :since"
        values = {"since": webhook.since}
        if webhook.state is not State.DELIVERED:
            condition += " AND #event.#attempts = :before"
            values["before"] = tried_before
        return self._table.change(
            records.webhooks_key(webhook.event.job_id),
            condition=f"attribute_not_exists(#event) OR #event.#since < :since OR ({condition})",
            values=values,
            names={"event": webhook.event.id},
            sets={"#event": records.webhook_entry(webhook), "ttl": self._ttl()},
        )

    def expire_request(self, job: Job) -> Item:
        """The request of a job that has ended goes when the job does."""
        return self._table.change(records.request_key(job.id), sets={"ttl": self._ttl()})

    def _ttl(self) -> int:
        return self._now() // 1000 + self._retention_seconds


def rendering(job: Job) -> Item:
    """The values of ``RENDERING``, for a job as its render knows it."""
    return {"processing": "processing", "attempt": job.attempt, "leg": job.leg}


def _ticket(job: Job) -> Ticket:
    return Ticket(job.ticket_key, job.id, job.owner, job.queued_at, job.expires_at, job.attempt)
