"""The transitions of a job, each one transaction on the table: all of it happens, or nothing.

After every single write these hold, whatever crashes, repeats or arrives late:

1. no admission lets more than ``limit`` renders hold a slot;
2. a job is in ``holders`` exactly while it is processing, and has a ticket exactly while it is queued;
3. every accepted job reaches one final status, once;
4. jobs of one priority are admitted in the order of their tickets.

Time line of one job, with what each write demands:

    submit    put JOB, REQUEST, ticket (and IDEM), each only if absent
    admit     SLOTS has room and does not hold the job; the ticket exists; JOB is queued, at the ticket's attempt
    start     SLOTS holds this attempt; JOB is processing, this attempt and leg, which runs not yet
    progress  JOB is processing, this attempt and leg
    hand over SLOTS holds this attempt; JOB is processing, this attempt and leg; then its leg is the next
    finish    SLOTS holds this attempt; JOB is processing, this attempt and leg
    reclaim   SLOTS holds this attempt (and the lease is still the one that ran out); JOB is processing, this attempt
              and the leg that was seen to be lost
    cancel    the ticket exists; JOB is queued    |    JOB is processing: only marked
    retry     JOB has failed or was cancelled, at this time; REQUEST is still there
    note      WEBHOOKS knows of this try's round no more tries than whoever made it (no transaction, no other row)

Every write that puts a ticket in or takes it out counts it in or out (``tally.py``).
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import replace

from reelqueue import records
from reelqueue.deliveries import MAX_KEPT, Webhook
from reelqueue.errors import JobExpired
from reelqueue.jobs import Job, JobStatus
from reelqueue.line import Ticket
from reelqueue.reader import Reader, epoch_ms
from reelqueue.slots import ADMISSION_LEASE_MS, ADMITTABLE, LEASE_MARGIN_MS, Holder
from reelqueue.table import ConditionFailed, Item, Table
from reelqueue.writes import OWING, RENDERING, WAITING, Writes, rendering


class Fenced(Exception):
    """This leg was given up for lost, has handed over, or has ended: whoever still works on it must write nothing."""


class Store(Reader):
    """All writes of jobs, line and slots, and the reads. Finished jobs are kept for ``retention_days``."""

    def __init__(
        self,
        table: Table,
        *,
        default_limit: int = 5,
        retention_days: int = 30,
        admission_lease_ms: int = ADMISSION_LEASE_MS,
        now: Callable[[], int] = epoch_ms,
    ) -> None:
        super().__init__(table, default_limit=default_limit, now=now)
        self.writes = Writes(table, retention_seconds=retention_days * 86_400, now=lambda: self.now())
        self._admission_lease_ms = admission_lease_ms

    def submit(self, job: Job, request_json: str, idempotency: Item | None = None) -> None:
        """Accept a job.

        Raises:
            ConditionFailed: the idempotency record exists already; it stands in ``old[2]``.
        """
        writes = [
            self.table.put(records.job_row(job)),
            self.table.put(records.row(records.request_key(job.id), {"request": records.pack(request_json)})),
        ]
        if idempotency is not None:
            writes.append(
                self.table.put(
                    idempotency,
                    condition="attribute_not_exists(#pk) OR #ttl < :seconds",
                    values={"seconds": self.now() // 1000},
                )
            )
        self.table.transact([*writes, *self.writes.entering(job)])

    def admit(self, ticket: Ticket) -> int:
        """Move a job from the line into a slot; gives back the number of the attempt that may start.

        Raises:
            ConditionFailed: 0 is among its indexes: no room (or held already); else the ticket or the job has moved.
        """
        attempt = ticket.attempt + 1
        begin = {"attempt": attempt, "leg": 1, "headway": 0, "progress": 0}
        holder = {"attempt": attempt, "until": self.now() + self._admission_lease_ms}
        self.table.transact(
            [
                self.table.change(
                    records.SLOTS_KEY,
                    condition=ADMITTABLE,
                    values={"false": False},
                    names={"job": ticket.job_id},
                    sets={"#holders.#job": holder},
                ),
                *self.writes.leaving(ticket.key),
                self.table.change(
                    records.job_key(ticket.job_id),
                    condition=WAITING,
                    values={"queued": "queued", "attempt": ticket.attempt},
                    sets={"status": "processing", "openStatus": "processing", **begin},
                ),
            ]
        )
        return attempt

    def start(self, job: Job, deadline: int) -> Job:
        """Claim a leg of an attempt, once, and lease its slot until nothing of it can be running (``deadline``, ms).

        The job's own time-out ends the lease sooner: a render that hangs beyond it loses its slot to the dispatcher.

        Raises:
            Fenced: the leg runs already or has handed over (a second delivery); the attempt was reclaimed or has ended.
        """
        started = job.started(self.now())
        if job.timeout_seconds is not None and started.started_at is not None:
            deadline = min(deadline, started.started_at + 1000 * job.timeout_seconds)
        change = self.writes.change_job(
            job, started, f"{RENDERING} AND attribute_not_exists(#runningSince)", rendering(job)
        )
        self._fenced([self.writes.renew_slot(job, deadline + LEASE_MARGIN_MS), change], job)
        return started

    def hand_over(self, job: Job, after: Job) -> None:
        """Make room for the next leg of an attempt: it has as long to start as one that was just admitted.

        Raises:
            Fenced: this leg may write no longer.
        """
        lease = self.now() + self._admission_lease_ms
        change = self.writes.change_job(job, after, RENDERING, rendering(job))
        self._fenced([self.writes.renew_slot(job, lease), change], job)

    def progress(self, job: Job, percent: int) -> bool:
        """Record the progress of a leg; gives back whether its caller wants it cancelled.

        Raises:
            Fenced: this leg may write no longer.
        """
        change = self.table.change(
            records.job_key(job.id),
            condition=RENDERING,
            values=rendering(job),
            sets={"progress": percent},
        )
        try:
            return bool(self.table.update(change)["cancelRequested"])
        except ConditionFailed as error:
            raise Fenced(job.id) from error

    def still_mine(self, job: Job) -> bool:
        """What ``progress`` would answer, without writing.

        Raises:
            Fenced: this leg may write no longer.
        """
        now = self.job(job.id)
        mine = now is not None and (now.status, now.attempt, now.leg) == (JobStatus.PROCESSING, job.attempt, job.leg)
        if now is None or not mine:
            raise Fenced(job.id)
        return now.cancel_requested

    def finish(self, job: Job, finished: Job, mean_render_ms: int | None = None) -> Job:
        """End an attempt: the slot is free and the job has its final status, or neither.

        Gives back the job as it was written: it owes the dispatcher a wake-up, for the slot that it leaves.

        Raises:
            Fenced: this leg may write no longer.
        """
        finished = finished.leaving_a_slot(self.now())
        writes = [
            self.writes.release_slot(job, finished, mean_render_ms=mean_render_ms),
            self.writes.change_job(job, finished, RENDERING, rendering(job)),
            self.writes.expire_request(finished),
        ]
        self._fenced(writes, job)
        return finished

    def reclaim(
        self,
        job_id: str,
        attempt: int,
        reason: str,
        *,
        leg: int | None = None,
        lease: Holder | None = None,
        counted: bool = True,
    ) -> Job | None:
        """Take the slot back from a lost render; gives back the job after it, None if there was nothing to take.

        With ``leg``, only if the attempt is at this leg: what became of an older one says nothing of the present one.
        With ``lease``, only if the slot's lease is still this one: a render that renewed it in the meantime lives.
        What was lost before it began is not ``counted``. A job that had started gets the patience anew that its caller
        had given it; it does not expire for having been interrupted.
        """
        job = self.job(job_id)
        if job is None or job.status is not JobStatus.PROCESSING or job.attempt != attempt:
            return None
        if leg not in (None, job.leg):
            return None
        counted &= lease is None or job.running_since is not None
        return self._give_up(
            job, lambda after: self.writes.release_slot(job, after, lease=lease), reason, counted=counted
        )

    def requeue(self, job: Job, reason: str) -> Job | None:
        """``reclaim`` for a job that is processing without a slot, which only the audit ever sees."""
        without = self.table.check(records.SLOTS_KEY, "attribute_not_exists(#holders.#job)", {}, {"job": job.id})
        return self._give_up(job, lambda _: without, reason)

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
        if job is None or job.status is not JobStatus.QUEUED or job.ticket_key != ticket.key:
            return None
        waited = (self.now() - ticket.queued_at) // 1000
        reason = JobExpired(f"The job waited {waited} s without a free slot, longer than it was allowed to.")
        try:
            return self._leave_line(job, job.cancelled(self.now(), reason))
        except ConditionFailed:
            return None

    def retry(self, job: Job, after: Job) -> None:
        """Put a failed or cancelled job into the line again, its request with it.

        Raises:
            ConditionFailed: it is being retried by somebody else, or its rows are gone.
        """
        values = {"before": str(job.status), "finished": job.finished_at}
        self.table.transact(
            [
                self.writes.change_job(job, after, "#status = :before AND #finishedAt = :finished", values, keep=True),
                self.table.change(records.request_key(job.id), condition="attribute_exists(#pk)", removes=["ttl"]),
                *self.writes.entering(after),
            ]
        )

    def delivered(self, job_id: str, event_ids: Sequence[str]) -> None:
        """These were posted, sent, or lie in the webhook queue: the job owes them no longer. Twice is once."""
        key = records.job_key(job_id)
        names = {f"event{number}": event_id for number, event_id in enumerate(event_ids)}
        paths = [f"#due.#{name}" for name in names]
        owed = " AND ".join(f"attribute_exists({path})" for path in paths)
        all_of_them = self.table.change(
            key,
            condition=f"size(#due) = :all AND {owed}",
            values={"all": len(paths)},
            names=names,
            removes=[*paths, *OWING],
        )
        these = self.table.change(key, condition="attribute_exists(#due)", names=names, removes=paths)
        nothing_left = self.table.change(key, condition="size(#due) = :none", values={"none": 0}, removes=OWING)
        try:
            self.table.update(all_of_them)
        except ConditionFailed:
            with contextlib.suppress(ConditionFailed):
                if not self.table.update(these)["due"]:
                    self.table.update(nothing_left)

    def note_webhook(self, webhook: Webhook, tried_before: int) -> bool:
        """Write how a webhook fares after ``tried_before`` tries; False if somebody knew more already."""
        try:
            row = self.table.update(self.writes.note_webhook(webhook, tried_before))
        except ConditionFailed:
            return False
        if too_many := records.webhook_entries(row)[:-MAX_KEPT]:
            names = {f"event{number}": event_id for number, (event_id, _) in enumerate(too_many)}
            key = records.webhooks_key(webhook.event.job_id)
            self.table.update(self.table.change(key, names=names, removes=[f"#{name}" for name in names]))
        return True

    def _give_up(self, job: Job, slot: Callable[[Job], Item], reason: str, *, counted: bool = True) -> Job | None:
        after = job.reclaimed(reason, self.now(), counted=counted)
        condition = f"{RENDERING} AND #cancelRequested = :cancel"
        values = rendering(job) | {"cancel": job.cancel_requested}
        writes = [slot(after), self.writes.change_job(job, after, condition, values)]
        if after.status is JobStatus.QUEUED:
            # Into its ticket only: the job keeps the patience that its caller gave it, should it be retried.
            anew = self.now() + job.expires_at - job.queued_at if job.started_attempt else job.expires_at
            writes += self.writes.entering(replace(after, expires_at=anew))
        else:
            writes.append(self.writes.expire_request(after))
        return after if self.table.attempt(writes) else None

    def _fenced(self, writes: list[Item], job: Job) -> None:
        try:
            self.table.transact(writes)
        except ConditionFailed as error:
            raise Fenced(job.id) from error

    def _leave_line(self, job: Job, after: Job) -> Job:
        self.table.transact(
            [
                *self.writes.leaving(job.ticket_key),
                self.writes.change_job(job, after, WAITING, {"queued": "queued", "attempt": job.attempt}),
                self.writes.expire_request(after),
            ]
        )
        return after
