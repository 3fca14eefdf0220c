"""The job: what is known of one video from its submission to its end, and the steps it may take.

    queued --admit--> processing --finish--> completed | failed | cancelled
      |                  |
      |                  +--reclaim--> queued (at its old place, attempt + 1), after MAX_ATTEMPTS: failed
      +--cancel, expire--> cancelled

Everything here is pure: a step takes a job and gives back the job after it. That a step is taken once, by
the one who may take it, is the business of the conditional writes in ``store.py``. A job that comes back
from ``started``, ``finished`` and the like carries the webhook event of that step in ``due``: it is written in the
same transaction, so no crash can lose it.
"""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum

from reelqueue.errors import Conflict, ReelqueueError, RenderLost

MAX_ATTEMPTS = 3
"""A job whose render was lost this many times fails: whatever kills it would kill it again."""


class JobStatus(StrEnum):
    QUEUED = "queued"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def final(self) -> bool:
        return self not in (JobStatus.QUEUED, JobStatus.PROCESSING)


@dataclass(frozen=True)
class Event:
    """One webhook message. ``id`` is the same on every try (Standard Webhooks), ``data`` the job as it was then."""

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


@dataclass(frozen=True)
class LostAttempt:
    """An attempt that ended without a result, and why. Times are epoch milliseconds."""

    attempt: int
    started_at: int | None
    ended_at: int
    reason: str


@dataclass(frozen=True)
class Job:
    """All of a job but the request itself, which is stored beside it. Times are epoch milliseconds.

    ``attempt`` is the fencing token: it grows with each admission, and whoever holds an older one can write nothing.
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
    due: tuple[Event, ...] = field(default=())

    def admitted(self) -> Job:
        """The job holds a slot; the render that gets this attempt number may start."""
        return replace(self, status=JobStatus.PROCESSING, attempt=self.attempt + 1, progress=0)

    def started(self, now: int) -> Job:
        job = replace(self, started_attempt=self.attempt, started_at=now, progress=0)
        return job._announced("job.processing", now)

    def completed(self, result: Result, now: int) -> Job:
        return self._ended(JobStatus.COMPLETED, now, progress=100, result=result)

    def failed(self, error: ReelqueueError, now: int) -> Job:
        return self._ended(JobStatus.FAILED, now, error=error.as_dict())

    def cancelled(self, now: int, error: ReelqueueError | None = None) -> Job:
        """Cancelled by its caller, or (with an error) because nobody would wait for it any longer."""
        return self._ended(JobStatus.CANCELLED, now, error=None if error is None else error.as_dict())

    def reclaimed(self, reason: str, now: int, *, counts: bool = True) -> Job:
        """The render of this attempt is lost: back to its old place, unless the job was cancelled or is hopeless.

        An attempt that does not count was never invoked; that says nothing about the job.
        """
        job = self
        if counts:
            started_at = self.started_at if self.started_attempt == self.attempt else None
            job = replace(self, lost=(*self.lost, LostAttempt(self.attempt, started_at, now, reason[:500])))
        if self.cancel_requested:
            return job.cancelled(now)
        if len(job.lost) >= MAX_ATTEMPTS:
            lost = f"The render was lost {len(job.lost)} times, the last time because: {reason[:500]}"
            return job.failed(RenderLost(lost), now)
        return replace(job, status=JobStatus.QUEUED, progress=0)

    def cancellable(self) -> None:
        """Raises Conflict when there is nothing left to cancel."""
        if self.status in (JobStatus.COMPLETED, JobStatus.FAILED):
            raise Conflict(f"Job {self.id} is {self.status} already; only waiting and rendering jobs can be cancelled.")

    def delivered(self, event_id: str) -> Job:
        """The event was posted, or handed to the webhook queue: nothing is due for it any longer."""
        return replace(self, due=tuple(event for event in self.due if event.id != event_id))

    def busy_ms(self, now: int) -> int:
        """Milliseconds that renders of this job have run up to ``now``, over all attempts."""
        lost = sum(entry.ended_at - entry.started_at for entry in self.lost if entry.started_at is not None)
        running = self.started_at is not None and self.started_attempt == self.attempt
        return lost + (now - (self.started_at or now) if running else 0)

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
            self,
            status=status,
            finished_at=now,
            progress=self.progress if progress is None else progress,
            result=result,
            error=error,
        )
        return job._announced(f"job.{status}", now)

    def _announced(self, event_type: str, now: int) -> Job:
        event_id = f"msg_{self.id}_{self.attempt}_{event_type.removeprefix('job.')}"
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


def event_dict(event: Event) -> dict[str, object]:
    """An event as it travels through the table and the webhook queue."""
    return asdict(event)
