"""What an operator sees: structured logs, whose messages include the console lines.

📥 Job abc123 queued (Queue: 3, Active: 5/5)
🎬 Starting queued job abc123 (Active: 5/5, Queue: 2)
✅ Job abc123 completed (Active: 4/5, Queue: 2)
❌ Job abc123 failed: <reason> (Active: 4/5, Queue: 2)
"""

from __future__ import annotations

from aws_lambda_powertools import Logger, single_metric
from aws_lambda_powertools.metrics import MetricUnit

from reelqueue.jobs import Job, JobStatus
from reelqueue.slots import Queue

logger = Logger(service="reelqueue", use_rfc3339=True)
_NAMESPACE = "Reelqueue"


def count(metric: str, **dimensions: str) -> None:
    """Count one of something rare in CloudWatch; ``dimensions`` tell of which kind."""
    with single_metric(name=metric, unit=MetricUnit.Count, value=1, namespace=_NAMESPACE) as entry:
        for name, value in dimensions.items():
            entry.add_dimension(name=name, value=value)


def queued_line(job_id: str, queue: Queue) -> None:
    """A job was accepted; ``queue`` counts it already."""
    _say(job_id, f"📥 Job {job_id} queued (Queue: {queue.length}, Active: {queue.slots.active}/{queue.slots.limit})")


def starting_line(job_id: str, active: int, limit: int, waiting: int) -> None:
    """A job got a slot; the figures count it as active."""
    _say(job_id, f"🎬 Starting queued job {job_id} (Active: {active}/{limit}, Queue: {waiting})")


def ended_line(job: Job, queue: Queue) -> None:
    """A job reached a final status; ``queue`` is what it left behind."""
    figures = f"(Active: {queue.slots.active}/{queue.slots.limit}, Queue: {queue.length})"
    match job.status:
        case JobStatus.COMPLETED:
            _say(job.id, f"✅ Job {job.id} completed {figures}")
        case JobStatus.FAILED:
            _say(job.id, f"❌ Job {job.id} failed: {job.message} {figures}")
        case _:
            _say(job.id, f"🚫 Job {job.id} cancelled {figures}")


def reclaimed_line(job: Job, queue: Queue) -> None:
    """The slot of a lost render was taken back and the job waits again, at its old place."""
    figures = f"(Active: {queue.slots.active}/{queue.slots.limit}, Queue: {queue.length})"
    _say(job.id, f"♻️ Job {job.id} is back in line: {job.lost[-1].reason} {figures}")


def handed_over_line(job: Job) -> None:
    """A render goes on in another invocation, since its own has no more time."""
    _say(job.id, f"⏭️ Job {job.id} goes on in invocation {job.leg}, with {job.headway} segments done")


def _say(job_id: str, line: str) -> None:
    logger.info(line, extra={"job_id": job_id})
