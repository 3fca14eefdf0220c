"""What is measured: every metric of the service, and the one way to record it.

Metrics leave a function as lines of its log (CloudWatch's embedded metric format, made by Powertools), so they cost
no call and are there also when the function is killed right after. All are in the namespace ``Reelqueue`` with the
dimension ``service``, which is the name of the stack: two stacks of one account are two services. A metric with a
``by`` is recorded twice in the same line, as a whole and by that dimension.

``CATALOGUE`` is what dashboards, alarms and docs/operations.md are checked against.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

NAMESPACE = "Reelqueue"


@dataclass(frozen=True)
class Metric:
    """One metric: its name and unit in CloudWatch, what one value of it says, and what else it is told apart by."""

    name: str
    unit: MetricUnit
    says: str
    by: str | None = None


_COUNT, _SECONDS, _NONE = MetricUnit.Count, MetricUnit.Seconds, MetricUnit.NoUnit

# As the minute's run of the dispatcher finds them, right after it has filled the free slots.
ACTIVE_RENDERS = Metric("ActiveRenders", _COUNT, "renders that hold a slot")
RENDER_SLOTS = Metric("RenderSlots", _COUNT, "the limit: how many may hold one")
QUEUE_LENGTH = Metric("QueueLength", _COUNT, "jobs that wait")
OLDEST_JOB_AGE = Metric("OldestJobAge", _SECONDS, "how long the oldest of the first 100 in line has waited, 0 if none")
STUCK_JOBS = Metric("StuckJobs", _COUNT, "jobs that have waited for a minute although a slot is free for them")

# What happens to jobs.
JOBS_ACCEPTED = Metric("JobsAccepted", _COUNT, "a job was accepted, or tried again")
JOBS_COMPLETED = Metric("JobsCompleted", _COUNT, "a job has its video")
JOBS_FAILED = Metric("JobsFailed", _COUNT, "a job failed, by the code of its error", by="code")
RENDER_FAULTS = Metric("RenderFaults", _COUNT, "a job failed by no fault in its files: what operators look after")
JOBS_CANCELLED = Metric("JobsCancelled", _COUNT, "a job was cancelled, or waited too long")
WAIT_TIME = Metric("WaitTime", _SECONDS, "from a job's place in line to its first start")
RENDER_TIME = Metric("RenderTime", _SECONDS, "from the start of a completed attempt to its end")
RENDER_TIME_RATIO = Metric("RenderTimeRatio", _NONE, "seconds of render time for each second of video")
RENDER_COST = Metric("RenderCost", _NONE, "US dollars that a completed job has cost")
RENDER_TIME_LEFT = Metric("RenderTimeLeft", _SECONDS, "what was left of its function's time when a render ended")

# What should be rare.
SLOTS_RECLAIMED = Metric("SlotsReclaimed", _COUNT, "the slot of a lost render was taken back")
AUDIT_REPAIRS = Metric("AuditRepairs", _COUNT, "the audit put the table right, by what was wrong", by="kind")
LOST_WAKE_UPS = Metric("LostWakeUps", _COUNT, "a crash kept a message from being sent; a minute was lost")

# What clients are told.
WEBHOOK_ATTEMPTS = Metric("WebhookAttempts", _COUNT, "a webhook was posted")
WEBHOOK_FAILURES = Metric("WebhookFailures", _COUNT, "it was not taken")
WEBHOOKS_GIVEN_UP = Metric("WebhooksGivenUp", _COUNT, "it will not be tried again, by its last state", by="state")

CATALOGUE = tuple(each for each in vars().values() if isinstance(each, Metric))


def record(values: Mapping[Metric, float], **dimensions: str) -> None:
    """Record these values, in one line of the log. ``dimensions`` has the ``by`` of a metric that has one."""
    line = EphemeralMetrics(namespace=NAMESPACE)
    for metric, value in values.items():
        if {metric.by} - {None} != dimensions.keys():
            raise TypeError(f"{metric.name} is told apart by {metric.by}, not by {sorted(dimensions)}")
        line.add_metric(name=metric.name, unit=metric.unit, value=value)
    if dimensions:
        line.add_dimensions(**({"service": line.service} if line.service else {}), **dimensions)
    # Its own flush() prints text and line end one after the other, and another thread's line may fall in between.
    sys.stdout.write(json.dumps(line.serialize_metric_set(), separators=(",", ":")) + "\n")


def count(metric: Metric, **dimensions: str) -> None:
    """Record one of something."""
    record({metric: 1}, **dimensions)
