"""The transitions of a job, each one transaction on the table: all of it happens, or nothing.

After every single write these hold, whatever crashes, repeats or arrives late:

1. no admission lets more than ``limit`` renders hold a slot;
2. a job is in ``holders`` exactly while it is processing, and has a ticket exactly while it is queued;
3. every accepted job reaches one final status, once;
4. jobs of one priority are admitted in the order of their tickets.

Time line of one job, with what each write demands:

    submit    put JOB, REQUEST, ticket (and IDEM), each only if absent
    admit     SLOTS has room and does not hold the job; the ticket exists; JOB is queued, at the ticket's attempt
    start     SLOTS holds this attempt; JOB is processing, this attempt, not started yet
    progress  JOB is processing, this attempt
    finish    SLOTS holds this attempt; JOB is processing, this attempt
    reclaim   SLOTS holds this attempt (and the lease is still the one that ran out); JOB is processing, this attempt
    cancel    the ticket exists; JOB is queued    |    JOB is processing: only marked
"""

from __future__ import annotations

from collections.abc import Callable

from reelqueue import records
from reelqueue.errors import JobExpired
from reelqueue.jobs import Event, Job, JobStatus
from reelqueue.line import Ticket
from reelqueue.rates import Bucket
from reelqueue.reader import Reader, epoch_ms
from reelqueue.slots import ADMISSION_LEASE_MS, ADMITTABLE, LEASE_MARGIN_MS, Holder
from reelqueue.table import ConditionFailed, Item, Table

_RENDERING = "#status = :processing AND #attempt = :attempt"
_HOLDING = "#holders.#job.#attempt = :attempt"
_NEVER_CHANGE = {"pk", "sk", "due"}
_TOKEN_TRIES = 4


class Fenced(Exception):
    """This attempt was given up for lost, or has ended: whoever still works on it must stop and write nothing."""


class Store(Reader):
    """All writes of jobs, line and slots, and the reads. Finished jobs are kept for ``retention_days``."""

    def __init__(
        self,
        table: Table,
        *,
        default_limit: int = 5,
        retention_days: int = 30,
        now: Callable[[], int] = epoch_ms,
    ) -> None:
        super().__init__(table, default_limit=default_limit, now=now)
        self._retention_seconds = retention_days * 86_400

    def submit(self, job: Job, request_json: str, idempotency: Item | None = None) -> None:
        """Accept a job.

        Raises:
            ConditionFailed: the idempotency record exists already; it stands in ``old[3]``.
        """
        writes = [
            self.table.put(records.job_row(job)),
            self.table.put(records.row(records.request_key(job.id), {"request": records.pack(request_json)})),
            self.table.put(records.ticket_row(_ticket(job, job.expires_at))),
        ]
        if idempotency is not None:
            writes.append(
                self.table.put(
                    idempotency,
                    condition="attribute_not_exists(#pk) OR #ttl < :seconds",
                    values={"seconds": self.now() // 1000},
                )
            )
        self.table.transact(writes)

    def admit(self, ticket: Ticket) -> int:
        """Move a job from the line into a slot; gives back the number of the attempt that may start.

        Raises:
            ConditionFailed: index 0: no room (or held already), 1: no such ticket, 2: the job is not waiting.
        """
        attempt = ticket.attempt + 1
        holder = {"attempt": attempt, "until": self.now() + ADMISSION_LEASE_MS}
        self.table.transact(
            [
                self.table.change(
                    records.SLOTS_KEY,
                    condition=ADMITTABLE,
                    values={"false": False},
                    names={"job": ticket.job_id},
                    sets={"#holders.#job": holder},
                ),
                self.table.delete(records.ticket_row_key(ticket.key)),
                self.table.change(
                    records.job_key(ticket.job_id),
                    condition="#status = :queued AND #attempt = :attempt",
                    values={"queued": "queued", "attempt": ticket.attempt},
                    sets={"status": "processing", "attempt": attempt, "progress": 0},
                ),
            ]
        )
        return attempt

    def start(self, job: Job, deadline: int) -> Job:
        """Claim an attempt, once, and lease its slot until nothing of it can be running (``deadline``, epoch ms).

        Raises:
            Fenced: the attempt has started already (a second delivery), was reclaimed, or has ended.
        """
        started = job.started(self.now())
        condition = f"{_RENDERING} AND #startedAttempt < :attempt"
        try:
            self.table.transact(
                [
                    self.table.change(
                        records.SLOTS_KEY,
                        condition=_HOLDING,
                        values={"attempt": job.attempt},
                        names={"job": job.id},
                        sets={"#holders.#job.#until": deadline + LEASE_MARGIN_MS},
                    ),
                    self._change_job(job, started, condition, {"processing": "processing", "attempt": job.attempt}),
                ]
            )
        except ConditionFailed as error:
            raise Fenced(job.id) from error
        return started

    def progress(self, job: Job, percent: int) -> bool:
        """Record the progress of an attempt; gives back whether its caller wants it cancelled.

        Raises:
            Fenced: this attempt may write no longer.
        """
        change = self.table.change(
            records.job_key(job.id),
            condition=_RENDERING,
            values={"processing": "processing", "attempt": job.attempt},
            sets={"progress": percent},
        )
        try:
            return bool(self.table.update(change)["cancelRequested"])
        except ConditionFailed as error:
            raise Fenced(job.id) from error

    def still_mine(self, job: Job) -> bool:
        """What ``progress`` would answer, without writing.

        Raises:
            Fenced: this attempt may write no longer.
        """
        now = self.job(job.id)
        if now is None or now.status is not JobStatus.PROCESSING or now.attempt != job.attempt:
            raise Fenced(job.id)
        return now.cancel_requested

    def finish(self, job: Job, finished: Job, mean_render_ms: int | None = None) -> None:
        """End an attempt: the slot is free and the job has its final status, or neither.

        Raises:
            Fenced: this attempt may write no longer.
        """
        writes = [
            self._release(job, mean_render_ms=mean_render_ms),
            self._change_job(job, finished, _RENDERING, {"processing": "processing", "attempt": job.attempt}),
            self._expire_request(finished),
        ]
        try:
            self.table.transact(writes)
        except ConditionFailed as error:
            raise Fenced(job.id) from error

    def reclaim(
        self, job_id: str, attempt: int, reason: str, *, lease: Holder | None = None, counts: bool = True
    ) -> Job | None:
        """Take the slot back from a lost render; gives back the job after it, None if there was nothing to take.

        With ``lease``, only if the slot's lease is still this one: a render that renewed it in the meantime lives.
        ``counts`` is False for an attempt that was never invoked. A job that had started gets the patience anew that
        its caller had given it; it does not expire for having been interrupted.
        """
        job = self.job(job_id)
        if job is None or job.status is not JobStatus.PROCESSING or job.attempt != attempt:
            return None
        after = job.reclaimed(reason, self.now(), counts=counts)
        condition = f"{_RENDERING} AND #cancelRequested = :cancel"
        values = {"processing": "processing", "attempt": attempt, "cancel": job.cancel_requested}
        writes = [self._release(job, lease=lease), self._change_job(job, after, condition, values)]
        if after.status is JobStatus.QUEUED:
            patience = job.expires_at - job.queued_at
            expires_at = self.now() + patience if job.started_attempt else job.expires_at
            writes.append(self.table.put(records.ticket_row(_ticket(after, expires_at))))
        else:
            writes.append(self._expire_request(after))
        try:
            self.table.transact(writes)
        except ConditionFailed:
            return None
        return after

    def cancel(self, job: Job) -> Job | None:
        """Cancel a waiting job, or mark a rendering one; gives back the job after it, None if it moved meanwhile."""
        try:
            if job.status is JobStatus.QUEUED:
                return self._leave_line(job, job.cancelled(self.now()))
            change = self.table.change(
                records.job_key(job.id),
                condition="#status = :processing",
                values={"processing": "processing"},
                sets={"cancelRequested": True},
            )
            return records.job_of(self.table.update(change))
        except ConditionFailed:
            return None

    def expire(self, ticket: Ticket) -> Job | None:
        """Cancel a job that has waited too long; gives back the job after it, None if it moved meanwhile."""
        job = self.job(ticket.job_id)
        if job is None or job.status is not JobStatus.QUEUED:
            return None
        waited = (self.now() - ticket.queued_at) // 1000
        reason = JobExpired(f"The job waited {waited} s without a free slot, longer than it was allowed to.")
        try:
            return self._leave_line(job, job.cancelled(self.now(), reason))
        except ConditionFailed:
            return None

    def take_token(self, owner: str, bucket: Bucket) -> int:
        """Take a token of a caller's bucket; gives back the milliseconds to wait, 0 if one was taken."""
        key, arrival = records.rate_key(owner), None
        for _ in range(_TOKEN_TRIES):
            now = self.now()
            if arrival is None or arrival < now:
                # The bucket is full: start from now, so that an idle hour does not add up to more than a bucket.
                write = self.table.change(
                    key,
                    condition="attribute_not_exists(#arrival) OR #arrival < :now",
                    values={"now": now},
                    sets={"arrival": now + bucket.interval},
                )
            else:
                write = self.table.change(
                    key,
                    condition="#arrival BETWEEN :now AND :latest",
                    values={"now": now, "latest": now + bucket.depth},
                    adds={"arrival": bucket.interval},
                )
            try:
                self.table.update(write)
            except ConditionFailed as error:
                arrival = (error.old[0] or {}).get("arrival")
                if wait := bucket.wait(now, arrival):
                    return wait
            else:
                return 0
        return bucket.interval

    def deploy_limit(self, limit: int) -> None:
        """Make the semaphore on the first run; take over the limit of a new deployment. Losing a race is fine."""
        fresh = {"limit": limit, "deployedLimit": limit, "paused": False, "holders": {}}
        changed = self.table.change(
            records.SLOTS_KEY,
            condition="#deployedLimit <> :deployed",
            values={"deployed": limit},
            sets={"limit": limit, "deployedLimit": limit},
        )
        for write in (self.table.put(records.row(records.SLOTS_KEY, fresh)), changed):
            try:
                self.table.transact([write])
            except ConditionFailed:
                continue

    def delivered(self, event: Event) -> None:
        """The event was posted, or lies in the webhook queue: the job owes it no longer."""
        key, names = records.job_key(event.job_id), {"event": event.id}
        last = self.table.change(
            key,
            condition="size(#due) = :one AND attribute_exists(#due.#event)",
            values={"one": 1},
            names=names,
            removes=["#due.#event", "duePartition", "dueAt"],
        )
        one_of_many = self.table.change(
            key, condition="attribute_exists(#due.#event)", names=names, removes=["#due.#event"]
        )
        for write in (last, one_of_many):
            try:
                self.table.update(write)
            except ConditionFailed:
                continue
            return

    def _leave_line(self, job: Job, after: Job) -> Job:
        self.table.transact(
            [
                self.table.delete(records.ticket_row_key(job.ticket_key)),
                self._change_job(job, after, "#status = :queued", {"queued": "queued"}),
                self._expire_request(after),
            ]
        )
        return after

    def _release(self, job: Job, *, lease: Holder | None = None, mean_render_ms: int | None = None) -> Item:
        condition, values = _HOLDING, {"attempt": job.attempt}
        if lease is not None:
            condition += " AND #holders.#job.#until = :until"
            values["until"] = lease.until
        return self.table.change(
            records.SLOTS_KEY,
            condition=condition,
            values=values,
            names={"job": job.id},
            sets={} if mean_render_ms is None else {"meanRenderMs": mean_render_ms},
            removes=["#holders.#job"],
        )

    def _change_job(self, before: Job, after: Job, condition: str, values: Item) -> Item:
        """Write what a step changed, and nothing else: an event that was delivered meanwhile stays delivered."""
        old, new = records.job_row(before), records.job_row(after)
        sets = {name: value for name, value in new.items() if name not in _NEVER_CHANGE and old.get(name) != value}
        names = {}
        for number, event_id in enumerate(new["due"].keys() - old["due"].keys()):
            names[f"event{number}"] = event_id
            sets[f"#due.#event{number}"] = new["due"][event_id]
            sets |= {"duePartition": records.DUE, "dueAt": f"{self.now():013d}"}
        if after.status.final:
            sets["ttl"] = self._ttl()
        removes = [name for name in old if name not in new]
        return self.table.change(
            records.job_key(after.id),
            condition=condition,
            values=values,
            names=names,
            sets=sets,
            removes=removes,
        )

    def _expire_request(self, job: Job) -> Item:
        return self.table.change(records.request_key(job.id), sets={"ttl": self._ttl()})

    def _ttl(self) -> int:
        return self.now() // 1000 + self._retention_seconds


def _ticket(job: Job, expires_at: int) -> Ticket:
    return Ticket(job.ticket_key, job.id, job.owner, job.queued_at, expires_at, job.attempt)
