"""What an operator sees of each step of a job: a console line in the structured log, and metrics (``metrics.py``).

📥 Job abc123 queued (Queue: 3, Active: 5/5)
🎬 Starting queued job abc123 (Active: 5/5, Queue: 2)
✅ Job abc123 completed (Active: 4/5, Queue: 2)
❌ Job abc123 failed: <reason> (Active: 4/5, Queue: 2)
"""

from __future__ import annotations

from aws_lambda_powertools import Logger

from reelqueue import metrics
from reelqueue.errors import FILES_AT_FAULT
from reelqueue.jobs import Job, JobStatus
from reelqueue.slots import Queue

logger = Logger(service="reelqueue", use_rfc3339=True)


def queued_line(job_id: str, queue: Queue) -> None:
    """A job was accepted; ``queue`` counts it already."""
    _say(job_id, f"📥 Job {job_id} queued (Queue: {queue.length}, Active: {queue.slots.active}/{queue.slots.limit})")
    metrics.count(metrics.JOBS_ACCEPTED)


def starting_line(job_id: str, active: int, limit: int, waiting: int) -> None:
    """A job got a slot; the figures count it as active."""
    _say(job_id, f"🎬 Starting queued job {job_id} (Active: {active}/{limit}, Queue: {waiting})")


def ended_line(job: Job, queue: Queue) -> None:
    """A job reached a final status; ``queue`` is what it left behind."""
    figures = f"(Active: {queue.slots.active}/{queue.slots.limit}, Queue: {queue.length})"
    match job.status:
        case JobStatus.COMPLETED:
            _say(job.id, f"✅ Job {job.id} completed {figures}")
            _record_completed(job)
        case JobStatus.FAILED:
            _say(job.id, f"❌ Job {job.id} failed: {job.message} {figures}")
            _record_failed(job)
        case _:
            _say(job.id, f"🚫 Job {job.id} cancelled {figures}")
            metrics.count(metrics.JOBS_CANCELLED)


def reclaimed_line(job: Job, queue: Queue) -> None:
    """The slot of a lost render was taken back and the job waits again, at its old place."""
    figures = f"(Active: {queue.slots.active}/{queue.slots.limit}, Queue: {queue.length})"
    _say(job.id, f"♻️ Job {job.id} is back in line: {job.lost[-1].reason} {figures}")


def handed_over_line(job: Job) -> None:
    """A render goes on in another invocation, since its own has no more time."""
    _say(job.id, f"⏭️ Job {job.id} goes on in invocation {job.leg}, with {job.headway} segments done")


def record_wait(job: Job) -> None:
    """A job has started; how long that took is recorded once, not again after a render that was lost."""
    if job.started_at is not None and not any(attempt.started_at for attempt in job.lost):
        metrics.record({metrics.WAIT_TIME: (job.started_at - job.queued_at) / 1000})


def _record_completed(job: Job) -> None:
    result = job.result
    if result is None:
        return
    metrics.record(
        {
            metrics.JOBS_COMPLETED: 1,
            metrics.RENDER_TIME: result.render_seconds,
            metrics.RENDER_TIME_RATIO: result.render_seconds / result.duration,
            metrics.RENDER_COST: result.cost_usd,
        }
    )


def _record_failed(job: Job) -> None:
    code = str((job.error or {})["code"])
    metrics.count(metrics.JOBS_FAILED, code=code)
    if code not in FILES_AT_FAULT:
        metrics.count(metrics.RENDER_FAULTS)


def _say(job_id: str, line: str) -> None:
    logger.info(line, extra={"job_id": job_id})
