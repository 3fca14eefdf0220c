"""watch: what is measured when, and that each alarm on a metric of ours goes off by its cause, and not without it."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from prometheus_client.openmetrics.parser import text_string_to_metric_families

import render.app
from ops import dashboards
from reelqueue import metrics, records
from reelqueue.webhooks import RETRY_SECONDS
from tests.integration.conftest import CONTEXT, TEMPLATE, Receiver, Service, failure, request
from tests.integration.test_6_webhook import an_event, redeliver
from tests.series import Alarm, Point, points_of


@dataclass
class Watch:
    """What CloudWatch has been told so far, by the clock of the service."""

    service: Service
    log: Callable[[], str]
    points: list[Point] = field(default_factory=list)

    def look(self) -> None:
        self.points += points_of(self.log(), self.service.clock.ms / 1000)

    def minutes(self, number: int) -> None:
        """So many runs of the dispatcher, a minute apart."""
        for _ in range(number):
            self.service.clock.sleep(60)
            # Lambda refuses renders: the run fails, after it has done everything else.
            with contextlib.suppress(ClientError):
                self.service.dispatch()
            self.look()

    def rings(self, alarm: str) -> bool:
        self.look()
        return Alarm.of(TEMPLATE, alarm).goes_off(self.points, self.service.clock.ms / 1000)

    def values(self, metric: metrics.Metric, **dimensions: str) -> list[float]:
        self.look()
        wanted = {"service": "reelqueue", **dimensions}
        return [point.value for point in self.points if (point.name, point.dimensions) == (metric.name, wanted)]


@pytest.fixture
def watch(service: Service, capsys: pytest.CaptureFixture[str]) -> Watch:
    return Watch(service, lambda: capsys.readouterr().out)


# --- alarms


def test_the_line_is_stuck_when_lambda_refuses_renders(service: Service, watch: Watch) -> None:
    watch.minutes(3)
    service.renders.refuse = True
    service.submit()
    watch.minutes(2)
    assert not watch.rings("StuckLineAlarm")
    watch.minutes(1)
    assert not watch.rings("OldestJobAlarm")
    assert watch.rings("StuckLineAlarm")
    service.renders.refuse = False
    watch.minutes(1)
    assert not watch.rings("StuckLineAlarm")


def test_the_line_is_stuck_when_the_dispatcher_does_not_run(service: Service, watch: Watch) -> None:
    watch.minutes(3)
    assert not watch.rings("StuckLineAlarm")
    service.clock.sleep(180)
    assert watch.rings("StuckLineAlarm")


def test_a_full_or_paused_queue_is_not_stuck(service: Service, watch: Watch) -> None:
    for _ in range(8):
        service.submit()
    watch.minutes(3)
    assert watch.values(metrics.ACTIVE_RENDERS)[-1] == watch.values(metrics.RENDER_SLOTS)[-1] == 5
    assert watch.values(metrics.QUEUE_LENGTH)[-1] == 3
    assert not watch.rings("StuckLineAlarm")
    service.call("PATCH", "/queue-settings", {"paused": True, "maxConcurrent": 20})
    watch.minutes(3)
    assert watch.values(metrics.RENDER_SLOTS)[-1] == 20
    assert not watch.rings("StuckLineAlarm")


def test_a_job_that_waits_for_over_an_hour_is_too_old(service: Service, watch: Watch) -> None:
    service.call("PATCH", "/queue-settings", {"paused": True})
    service.submit()
    service.clock.sleep(3000)
    watch.minutes(4)
    assert not watch.rings("OldestJobAlarm")
    service.clock.sleep(600)
    watch.minutes(3)
    assert watch.rings("OldestJobAlarm")
    service.call("PATCH", "/queue-settings", {"paused": False})
    watch.minutes(1)
    assert not watch.rings("OldestJobAlarm")


def test_a_job_whose_render_was_lost_three_times_is_a_fault(service: Service, watch: Watch) -> None:
    job_id = service.submit()
    service.dispatch()
    for attempt in (1, 2):
        service.dispatch(failure(job_id, attempt))
    assert not watch.rings("RenderFaultsAlarm")
    service.dispatch(failure(job_id, 3))
    assert watch.rings("RenderFaultsAlarm")
    assert watch.values(metrics.JOBS_FAILED) == watch.values(metrics.JOBS_FAILED, code="RENDER_LOST") == [1]
    assert sum(watch.values(metrics.SLOTS_RECLAIMED)) == 3


def test_a_file_that_is_not_there_is_its_callers_fault(service: Service, watch: Watch) -> None:
    job_id = service.submit(request(scenes=[{"elements": [{"type": "image", "src": "asset:nothing.jpg"}]}]))
    service.dispatch()
    render.app.lambda_handler({"jobId": job_id, "attempt": 1, "leg": 1}, CONTEXT)
    assert watch.values(metrics.JOBS_FAILED) == watch.values(metrics.JOBS_FAILED, code="ASSET_UNAVAILABLE") == [1]
    assert not watch.rings("RenderFaultsAlarm")
    assert not watch.rings("RenderDurationAlarm")


def test_a_row_that_somebody_spoilt_rings_once_it_is_repaired(service: Service, watch: Watch) -> None:
    watch.minutes(2)
    assert not watch.rings("AuditRepairsAlarm")
    stray = {"attempt": 1, "until": service.clock.ms + 10**9}
    service.store.table.update(
        service.store.table.change(records.SLOTS_KEY, names={"job": "stray"}, sets={"#holders.#job": stray})
    )
    watch.minutes(1)
    assert watch.rings("AuditRepairsAlarm")
    assert watch.values(metrics.AUDIT_REPAIRS, kind="slots") == [1]


def test_a_render_that_ended_just_before_its_time_out_rings(service: Service, watch: Watch) -> None:
    close: Any = SimpleNamespace(**vars(CONTEXT) | {"get_remaining_time_in_millis": lambda: 4_000})
    render.app.lambda_handler({"jobId": "0123456789abcdef", "attempt": 1, "leg": 1}, close)
    assert watch.rings("RenderDurationAlarm")


# --- metrics


def test_a_finished_job_leaves_its_figures(service: Service, watch: Watch, receiver: Receiver) -> None:
    job_id = service.submit(request(webhookUrl=receiver.url))
    service.clock.sleep(30)
    service.dispatch()
    render.app.lambda_handler({"jobId": job_id, "attempt": 1, "leg": 1}, CONTEXT)
    answer = service.call("GET", f"/job-status/{job_id}").body
    assert watch.values(metrics.JOBS_ACCEPTED) == watch.values(metrics.JOBS_COMPLETED) == [1]
    [waited] = watch.values(metrics.WAIT_TIME)
    assert 30 <= waited < 31
    assert watch.values(metrics.RENDER_TIME) == [answer["renderSeconds"]]
    assert watch.values(metrics.RENDER_TIME_RATIO) == [answer["renderSeconds"] / answer["duration"]]
    assert watch.values(metrics.RENDER_COST) == [answer["costUsd"]]
    assert watch.values(metrics.RENDER_TIME_LEFT) == [900]
    assert watch.values(metrics.WEBHOOK_ATTEMPTS) == [1, 1]
    assert watch.values(metrics.WEBHOOK_FAILURES) == [0, 0]


def test_a_wait_is_measured_once_and_not_again_after_a_crash(service: Service, watch: Watch) -> None:
    job_id = service.submit()
    service.dispatch()
    job = service.store.job(job_id)
    assert job is not None
    service.store.start(job, service.clock.ms + 900_000)
    service.dispatch(failure(job_id, 1))
    render.app.lambda_handler({"jobId": job_id, "attempt": 2, "leg": 1}, CONTEXT)
    assert watch.values(metrics.JOBS_COMPLETED) == [1]
    assert watch.values(metrics.WAIT_TIME) == []


def test_a_webhook_that_is_not_taken_is_a_failure_and_a_cancelled_job_is_counted(
    service: Service, watch: Watch, receiver: Receiver
) -> None:
    receiver.status = 500
    job_id = service.submit(
        request(webhookUrl=receiver.url, scenes=[{"elements": [{"type": "image", "src": "asset:x"}]}])
    )
    service.dispatch()
    render.app.lambda_handler({"jobId": job_id, "attempt": 1, "leg": 1}, CONTEXT)
    service.call("POST", f"/jobs/{service.submit()}/cancel")
    assert watch.values(metrics.WEBHOOK_FAILURES) == [1, 1]
    assert watch.values(metrics.JOBS_CANCELLED) == [1]


# --- GET /api/metrics


def scrape(service: Service, **options: Any) -> dict[str, float]:
    """The answer as a parser of OpenMetrics reads it, by name and labels."""
    answer = service.call("GET", "/metrics", **options)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    return {
        sample.name + "".join(f'{{{name}="{value}"}}' for name, value in sample.labels.items()): sample.value
        for family in text_string_to_metric_families(answer.body)  # type: ignore[no-untyped-call]
        for sample in family.samples
    }


def test_each_job_that_leaves_a_slot_for_good_is_counted_once(service: Service) -> None:
    def renders() -> dict[str, float]:
        found = scrape(service)
        return {status: found[f'reelqueue_renders_total{{status="{status}"}}'] for status in ("completed", "failed")}

    done, lost = service.submit(), service.submit()
    service.dispatch()
    for _ in range(2):
        render.app.lambda_handler({"jobId": done, "attempt": 1, "leg": 1}, CONTEXT)
    assert renders() == {"completed": 1, "failed": 0}
    for attempt in (1, 2):
        service.dispatch(failure(lost, attempt))
    assert renders() == {"completed": 1, "failed": 0}
    for _ in range(2):
        service.dispatch(failure(lost, 3))
    assert renders() == {"completed": 1, "failed": 1}


def rendered_before(service: Service) -> None:
    service.dispatch()
    service.store.table.update(service.store.table.change(records.SLOTS_KEY, sets={"meanRenderMs": 12_500}))


def test_a_scrape_shows_how_the_queue_stands(service: Service) -> None:
    for _ in range(7):
        service.submit()
    service.dispatch()
    service.clock.sleep(90)
    service._sqs.send_message(QueueUrl=service.at.settings.webhook_dead_letters_url, MessageBody="{}")
    found = scrape(service, caller="grafana", administrator=False)
    age = found.pop("reelqueue_oldest_job_age_seconds")
    assert 90 < age < 91
    assert found == {
        "reelqueue_active_renders": 5,
        "reelqueue_render_slots": 5,
        "reelqueue_paused": 0,
        "reelqueue_queue_length": 2,
        "reelqueue_stuck_jobs": 0,
        **{f'reelqueue_renders_total{{status="{status}"}}': 0 for status in ("completed", "failed", "cancelled")},
        'reelqueue_dead_letters{queue="jobs"}': 0,
        'reelqueue_dead_letters{queue="webhooks"}': 1,
    }


def test_two_scrapes_share_nothing(service: Service) -> None:
    service.submit()
    assert scrape(service)["reelqueue_queue_length"] == 1
    service.dispatch()
    again = scrape(service)
    assert (again["reelqueue_queue_length"], again["reelqueue_active_renders"]) == (0, 1)


def test_the_dashboard_for_grafana_asks_for_what_there_is(service: Service) -> None:
    rendered_before(service)
    found = scrape(service)
    assert found["reelqueue_mean_render_seconds"] == 12.5
    asked = [target["expr"] for panel in panels() for target in panel.get("targets", [])]
    named = {name for expression in asked for name in re.findall(r"reelqueue_\w+(?:\{[^}]*\})?", expression)}
    assert len(named) == len(asked) > 5
    assert named <= set(found)


def panels() -> Iterator[dict[str, Any]]:
    yield from json.loads(dashboards.GRAFANA.read_text())["panels"]


def test_every_metric_of_a_scrape_is_in_the_docs(service: Service) -> None:
    rendered_before(service)
    text = (dashboards.HERE.parent / "docs" / "api.md").read_text(encoding="utf-8")
    for name in scrape(service):
        family, brace, labels = name.partition("{")
        assert family in text
        assert brace + labels in text


def test_a_webhook_that_is_given_up_is_counted(service: Service, watch: Watch, receiver: Receiver) -> None:
    receiver.status = 500
    event = an_event(service, receiver)
    assert not redeliver(service, event)
    assert watch.values(metrics.WEBHOOKS_GIVEN_UP) == []
    service.clock.sleep(sum(RETRY_SECONDS) + 1)
    assert redeliver(service, event)
    assert watch.values(metrics.WEBHOOKS_GIVEN_UP) == watch.values(metrics.WEBHOOKS_GIVEN_UP, state="failed") == [1]
