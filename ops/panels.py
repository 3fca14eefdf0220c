"""The dashboards in words: three questions, the panels that answer each, the lines of each panel.

``python -m ops.dashboards`` (``make dashboards``) writes them down as CloudWatch and Grafana want them. A line that has
a ``gauge`` is on the Grafana dashboard too: what Prometheus makes of the metrics of ``GET /api/metrics``.
"""

from __future__ import annotations

from dataclasses import dataclass

from reelqueue import metrics
from reelqueue.metrics import Metric

STACK = "${AWS::StackName}"
FUNCTIONS = ("Authorizer", "Submit", "Status", "Dispatcher", "Render", "Webhooks")


@dataclass(frozen=True)
class Line:
    """One line of a panel: a metric of ours, or of an AWS service with its dimensions."""

    label: str
    stat: str
    metric: Metric | tuple[str, ...]
    gauge: str | None = None


@dataclass(frozen=True)
class Panel:
    """A graph. ``by`` shows one line for each value of a metric's dimension instead of ``lines``."""

    title: str
    lines: tuple[Line, ...] = ()
    by: Metric | None = None
    unit: str = ""

    @property
    def gauges(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.gauge)


def of_functions(stat: str, name: str) -> tuple[Line, ...]:
    """A metric of Lambda's, one line for each function."""
    return tuple(
        Line(each.lower(), stat, ("AWS/Lambda", name, "FunctionName", f"${{{each}Function}}")) for each in FUNCTIONS
    )


def of_api(label: str, name: str) -> Line:
    return Line(label, "Sum", ("AWS/ApiGateway", name, "ApiName", STACK))


def dead_letters(label: str, queue: str, gauge: str) -> Line:
    dimension = f"${{{queue}.QueueName}}"
    return Line(label, "Maximum", ("AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", dimension), gauge)


def ended(status: str) -> str:
    return f'increase(reelqueue_renders_total{{status="{status}"}}[5m])'


QUESTIONS: dict[str, tuple[Panel, ...]] = {
    "Is it moving?": (
        Panel(
            "Jobs in five minutes",
            (
                Line("accepted", "Sum", metrics.JOBS_ACCEPTED),
                Line("completed", "Sum", metrics.JOBS_COMPLETED, ended("completed")),
                Line("failed", "Sum", metrics.JOBS_FAILED, ended("failed")),
                Line("cancelled", "Sum", metrics.JOBS_CANCELLED, ended("cancelled")),
            ),
        ),
        Panel(
            "Waiting",
            (
                Line("half of the jobs wait for less", "p50", metrics.WAIT_TIME),
                Line("19 of 20 wait for less", "p95", metrics.WAIT_TIME),
                Line("the oldest in line", "Maximum", metrics.OLDEST_JOB_AGE, "reelqueue_oldest_job_age_seconds"),
            ),
            unit="s",
        ),
        Panel(
            "Rendering",
            (
                Line("half of the renders take less", "p50", metrics.RENDER_TIME),
                Line("19 of 20 take less", "p95", metrics.RENDER_TIME),
                Line("mean of late", "Average", metrics.RENDER_TIME, "reelqueue_mean_render_seconds"),
            ),
            unit="s",
        ),
        Panel("Render time for a second of video", (Line("mean", "Average", metrics.RENDER_TIME_RATIO),)),
    ),
    "Is it full?": (
        Panel(
            "Slots",
            (
                Line("active", "Maximum", metrics.ACTIVE_RENDERS, "reelqueue_active_renders"),
                Line("limit", "Maximum", metrics.RENDER_SLOTS, "reelqueue_render_slots"),
            ),
        ),
        Panel(
            "Line",
            (
                Line("waiting", "Maximum", metrics.QUEUE_LENGTH, "reelqueue_queue_length"),
                Line("waiting although a slot is free", "Maximum", metrics.STUCK_JOBS, "reelqueue_stuck_jobs"),
            ),
        ),
        Panel("Executions that Lambda refused", of_functions("Sum", "Throttles")),
        Panel("US dollars in five minutes", (Line("renders", "Sum", metrics.RENDER_COST),)),
    ),
    "What is failing?": (
        Panel("Failed jobs by code", by=metrics.JOBS_FAILED),
        Panel(
            "Webhooks",
            (
                Line("posted", "Sum", metrics.WEBHOOK_ATTEMPTS),
                Line("not taken", "Sum", metrics.WEBHOOK_FAILURES),
                Line("given up", "Sum", metrics.WEBHOOKS_GIVEN_UP),
            ),
        ),
        Panel(
            "Dead letters",
            (
                dead_letters("jobs", "JobsDeadLetters", 'reelqueue_dead_letters{queue="jobs"}'),
                dead_letters("webhooks", "WebhookDeadLetters", 'reelqueue_dead_letters{queue="webhooks"}'),
            ),
        ),
        Panel(
            "What should be rare",
            (
                Line("render faults", "Sum", metrics.RENDER_FAULTS),
                Line("slots of lost renders", "Sum", metrics.SLOTS_RECLAIMED),
                Line("audit repairs", "Sum", metrics.AUDIT_REPAIRS),
                Line("lost wake-ups", "Sum", metrics.LOST_WAKE_UPS),
            ),
        ),
        Panel("Functions that ended in an error", of_functions("Sum", "Errors")),
        Panel("The longest run of each function", of_functions("Maximum", "Duration"), unit="ms"),
        Panel("Time left when a render ended", (Line("least", "Minimum", metrics.RENDER_TIME_LEFT),), unit="s"),
        Panel("Answers of the API", (of_api("4xx: refused", "4XXError"), of_api("5xx: our fault", "5XXError"))),
    ),
}
