"""The job: what is known of one video from its submission to its end, and the steps it may take.

    queued --admit--> processing --finish--> completed | failed | cancelled
      |  ^               |                                     |
      |  |               +--reclaim--> queued (at its old place, attempt + 1), after MAX_ATTEMPTS: failed
      |  +--retry (a new place in line)------- failed | cancelled
      +--cancel, expire--> cancelled

Everything here is pure: a step takes a job and gives back the job after it. That a step is taken once, by
the one who may take it, is the business of the conditional writes in ``store.py``. A job that comes back
from ``started``, ``finished`` and the like carries the webhook event of that step in ``due``: it is written in the
same transaction, so no crash can lose it.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum

from reelqueue.costs import Spent
from reelqueue.errors import Conflict, OutOfMemory, OverItsTime, ReelqueueError, RenderLost

MAX_ATTEMPTS = 3
"""A job whose render was lost this many times fails: whatever kills it would kill it again."""


MEMORY_RAN_OUT = "its function ran out of memory and was killed"
"""The reason of an attempt that was lost so; the next one renders with fewer processes."""


class JobStatus(StrEnum):
    QUEUED = "queued"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def final(self) -> bool:
        return self not in (JobStatus.QUEUED, JobStatus.PROCESSING)


EVENT_PREFIX = "msg_"
"""How the id of each event begins that is for a client."""

WAKE_UP = "wake-up"
"""The type, and the id, of the event that is for the dispatcher and not for the client."""


@dataclass(frozen=True)
class Event:
    """What a job owes somebody: a webhook message to its client, or a wake-up to the dispatcher.

    ``id`` is the same on every try (Standard Webhooks), ``data`` the job as it was then.
    """

    id: str
    type: str
    at: int
    job_id: str
    data: dict[str, object]


@dataclass(frozen=True)
class Result:
    """A finished video: keys in the bucket, length in seconds, size in pixels and bytes."""

    video_key: str
    poster_key: str
    duration: float
    width: int
    height: int
    bytes: int
    render_seconds: float
    cost_usd: float
    captions_key: str | None = None


@dataclass(frozen=True)
class LostAttempt:
    """An attempt that ended without a result, and why. Times are epoch milliseconds.

    One that never began, for want of capacity or of an invocation, says nothing about the job and is not ``counted``.
    """

    attempt: int
    started_at: int | None
    ended_at: int
    reason: str
    counted: bool = True

    def answer(self) -> dict[str, object]:
        """The attempt as clients see it."""
        started = {} if self.started_at is None else {"startedAt": iso(self.started_at)}
        return {"attempt": self.attempt, **started, "endedAt": iso(self.ended_at), "reason": self.reason}


@dataclass(frozen=True)
class Job:
    """All of a job but the request itself, which is stored beside it. Times are epoch milliseconds.

    ``attempt`` and ``leg`` are the fencing token. ``attempt`` grows with each admission; the legs of an attempt are the
    invocations that render it one after the other, since none may run for longer than 15 minutes. Whoever holds an
    older one can write nothing. ``running_since`` is when the present leg began, None while none runs; ``headway`` is
    how many segments were there when the leg before it ended.

    ``lost`` are the attempts that were lost since the job was last put into the line by its caller: ``retries`` counts
    how often that was after an end. ``spent`` is what all legs have used that are over.
    """

    id: str
    owner: str
    status: JobStatus
    ticket_key: str
    webhook_url: str
    created_at: int
    queued_at: int
    expires_at: int
    attempt: int = 0
    leg: int = 1
    running_since: int | None = None
    headway: int = 0
    timeout_seconds: int | None = None
    metadata: dict[str, object] | None = None
    started_attempt: int = 0
    started_at: int | None = None
    finished_at: int | None = None
    progress: int = 0
    cancel_requested: bool = False
    result: Result | None = None
    error: dict[str, object] | None = None
    lost: tuple[LostAttempt, ...] = ()
    retries: int = 0
    spent: Spent = field(default_factory=Spent)
    due: tuple[Event, ...] = field(default=())

    def admitted(self) -> Job:
        """The job holds a slot; the render that gets this attempt number may start."""
        return replace(self, status=JobStatus.PROCESSING, attempt=self.attempt + 1, leg=1, headway=0, progress=0)

    def started(self, now: int) -> Job:
        """The present leg runs. The first one of an attempt is the start that clients are told of."""
        job = replace(self, running_since=now, spent=replace(self.spent, invocations=self.spent.invocations + 1))
        if self.leg > 1:
            return job
        job = replace(job, started_attempt=self.attempt, started_at=now, progress=0)
        return job._announced("job.processing", now)

    def handed_over(self, now: int, *, progress: int, headway: int, gets: int, puts: int, characters: int = 0) -> Job:
        """The next leg may begin, in the same attempt. The present one has asked for so many segments and kept so many,
        and leaves ``headway`` behind."""
        rests = self.at_rest(now, gets=gets, puts=puts, characters=characters)
        return replace(rests, leg=self.leg + 1, progress=max(self.progress, progress), headway=headway)

    def at_rest(self, now: int, *, gets: int = 0, puts: int = 0, characters: int = 0) -> Job:
        """The job when its present leg, if there is one, is over; what it used is counted."""
        spent = self.spent
        spent = replace(
            spent,
            ms=self.busy_ms(now),
            gets=spent.gets + gets,
            puts=spent.puts + puts,
            characters=spent.characters + characters,
        )
        return replace(self, running_since=None, spent=spent)

    def completed(self, result: Result, now: int) -> Job:
        return self._ended(JobStatus.COMPLETED, now, progress=100, result=result)

    def failed(self, error: ReelqueueError, now: int) -> Job:
        return self._ended(JobStatus.FAILED, now, error=error.as_dict())

    def cancelled(self, now: int, error: ReelqueueError | None = None) -> Job:
        """Cancelled by its caller, or (with an error) because nobody would wait for it any longer."""
        return self._ended(JobStatus.CANCELLED, now, error=None if error is None else error.as_dict())

    def reclaimed(self, reason: str, now: int, *, counted: bool = True) -> Job:
        """The render of this attempt is lost: back to its old place, unless the job was cancelled or is hopeless."""
        started_at = self.started_at if self.started_attempt == self.attempt else None
        entry = LostAttempt(self.attempt, started_at, now, reason[:500], counted)
        # Of those that do not count the last one is enough: there may be many while Lambda has no capacity.
        job = replace(self.at_rest(now), lost=(*(attempt for attempt in self.lost if attempt.counted), entry))
        if self.cancel_requested:
            return job.cancelled(now)
        if self.over_its_time(now):
            return job.failed(OverItsTime(self.timeout_seconds or 0), now)
        counted_so_far = sum(attempt.counted for attempt in job.lost)
        if job.memory_kills >= MAX_ATTEMPTS:
            return job.failed(OutOfMemory(), now)
        if counted_so_far >= MAX_ATTEMPTS:
            lost = f"The render was lost {counted_so_far} times, the last time because: {reason[:500]}"
            return job.failed(RenderLost(lost), now)
        return replace(job, status=JobStatus.QUEUED, progress=0)

    @property
    def memory_kills(self) -> int:
        """How many attempts were lost for want of memory; each halves the processes of the next."""
        return sum(attempt.reason == MEMORY_RAN_OUT for attempt in self.lost)

    def over_its_time(self, now: int) -> bool:
        """Whether this attempt has taken longer, from its start and over all its legs, than its caller allowed. The
        render itself stops at that time; one that hangs does not, and would only hang again."""
        running = self.started_at is not None and self.started_attempt == self.attempt
        if not running or self.timeout_seconds is None:
            return False
        return now - (self.started_at or now) >= 1000 * self.timeout_seconds

    def retried(self, now: int, ticket_key: str, patience_ms: int) -> Job:
        """The job in line again, at a new place and with its attempts before it, as if it had just been submitted.

        Raises:
            Conflict: it has not ended, or has a video.
        """
        if self.status not in (JobStatus.FAILED, JobStatus.CANCELLED):
            raise Conflict(f"Job {self.id} is {self.status}; only failed and cancelled jobs can be tried again.")
        return replace(
            self,
            status=JobStatus.QUEUED,
            ticket_key=ticket_key,
            queued_at=now,
            expires_at=now + patience_ms,
            started_at=None,
            finished_at=None,
            progress=0,
            cancel_requested=False,
            error=None,
            lost=(),
            retries=self.retries + 1,
        )

    def cancellable(self) -> None:
        """Raises Conflict when there is nothing left to cancel."""
        if self.status in (JobStatus.COMPLETED, JobStatus.FAILED):
            raise Conflict(f"Job {self.id} is {self.status} already; only waiting and rendering jobs can be cancelled.")

    def leaving_a_slot(self, now: int) -> Job:
        """The job, owing the dispatcher a wake-up before anything else: somebody may be waiting for its slot."""
        return replace(self, due=(Event(WAKE_UP, WAKE_UP, now, self.id, {}), *self.due))

    def busy_ms(self, now: int) -> int:
        """Milliseconds that renders of this job have run up to ``now``, over all attempts and their legs."""
        return self.spent.ms + (0 if self.running_since is None else now - self.running_since)

    @property
    def message(self) -> str:
        """One line for people, the ``message`` of the job-status answer."""
        if self.error is not None:
            return str(self.error["message"])
        return {
            JobStatus.QUEUED: "Waiting in line",
            JobStatus.PROCESSING: f"Rendering: {self.progress}%",
            JobStatus.COMPLETED: "The video is ready",
            JobStatus.FAILED: "The render failed",
            JobStatus.CANCELLED: "Cancelled",
        }[self.status]

    def answer(self) -> dict[str, object]:
        """The job as clients see it, without the parts that depend on the moment (queue, presigned URLs)."""
        answer: dict[str, object] = {
            "jobId": self.id,
            "status": str(self.status),
            "progress": self.progress,
            "message": self.message,
            "createdAt": iso(self.created_at),
            "startedAt": None if self.started_at is None else iso(self.started_at),
            "finishedAt": None if self.finished_at is None else iso(self.finished_at),
            "attempt": self.attempt,
            "metadata": self.metadata,
            "error": self.error,
            "lostAttempts": [attempt.answer() for attempt in self.lost] or None,
        }
        if self.result is not None:
            answer |= {
                "duration": self.result.duration,
                "width": self.result.width,
                "height": self.result.height,
                "bytes": self.result.bytes,
                "renderSeconds": self.result.render_seconds,
                "costUsd": self.result.cost_usd,
            }
        return {name: value for name, value in answer.items() if value is not None}

    def _ended(
        self,
        status: JobStatus,
        now: int,
        *,
        progress: int | None = None,
        result: Result | None = None,
        error: dict[str, object] | None = None,
    ) -> Job:
        job = replace(
            self.at_rest(now),
            status=status,
            finished_at=now,
            progress=self.progress if progress is None else progress,
            result=result,
            error=error,
        )
        return job._announced(f"job.{status}", now)

    def _announced(self, event_type: str, now: int) -> Job:
        # Unique for the life of the job: cancelled in line, retried and cancelled again, it never had an attempt.
        retry = f"_r{self.retries}" if self.retries else ""
        event_id = f"{EVENT_PREFIX}{self.id}_{self.attempt}{retry}_{event_type.removeprefix('job.')}"
        event = Event(event_id, event_type, now, self.id, self.answer())
        return replace(self, due=(*self.due, event))


def new_job_id() -> str:
    """16 hexadecimal digits, unguessable."""
    return secrets.token_hex(8)


def iso(ms: int) -> str:
    """Epoch milliseconds as clients read times: ISO 8601, UTC, milliseconds, Z.

    >>> iso(1763145000000)
    '2025-11-14T18:30:00.000Z'
    """
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
