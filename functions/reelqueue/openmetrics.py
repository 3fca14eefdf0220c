"""``GET /api/metrics``: how the queue stands, as OpenMetrics text for Prometheus and Grafana.

Each scrape reads the table anew, totals too: no state of this process, since the next scrape may meet another one.
What else happened over time (waits, failures by code, webhooks, costs) is in CloudWatch (``metrics.py``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from reelqueue.deployment import Deployment
from reelqueue.standing import Standing, standing

CONTENT_TYPE = CONTENT_TYPE_LATEST


def exposition(at: Deployment) -> str:
    """The answer to a scrape. Four calls to AWS."""
    registry = CollectorRegistry()
    registry.register(QueueCollector(standing(at.reader), at.dead_letters()))
    text: bytes = generate_latest(registry)  # type: ignore[no-untyped-call]
    return text.decode()


@dataclass(frozen=True, eq=False)
class QueueCollector(Collector):
    """The metrics of one scrape. ``dead_letters`` counts them by their queue."""

    now: Standing
    dead_letters: dict[str, int]

    def collect(self) -> Iterator[Metric]:
        slots = self.now.queue.slots
        yield _gauge("active_renders", "Renders that hold a slot", slots.active)
        yield _gauge("render_slots", "The limit: how many renders may hold a slot", slots.limit)
        yield _gauge("paused", "1 while the queue is paused", int(slots.paused))
        yield _gauge("queue_length", "Jobs that wait", self.now.queue.length)
        yield _gauge("stuck_jobs", "Jobs that have waited for a minute although a slot is free", self.now.stuck)
        oldest = "How long the oldest of the first 100 jobs in line has waited"
        yield _gauge("oldest_job_age_seconds", oldest, self.now.oldest_ms / 1000, "seconds")
        if slots.mean_render_ms is not None:
            yield _gauge("mean_render_seconds", "Recent mean of render times", slots.mean_render_ms / 1000, "seconds")
        renders = CounterMetricFamily("reelqueue_renders", "Jobs that left a slot for good", labels=["status"])
        for status, number in slots.ended.items():
            renders.add_metric([status], number)
        yield renders
        letters = GaugeMetricFamily("reelqueue_dead_letters", "Messages that nobody could use", labels=["queue"])
        for queue, number in self.dead_letters.items():
            letters.add_metric([queue], number)
        yield letters


def _gauge(name: str, documentation: str, value: float, unit: str = "") -> Metric:
    return GaugeMetricFamily(f"reelqueue_{name}", documentation, value, unit=unit)
