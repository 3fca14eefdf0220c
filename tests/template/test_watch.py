"""Rules for what watches the service: alarms that ring when they should and only then, dashboards of today."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from local.overlay import load_template
from ops import dashboards
from reelqueue import metrics
from render.attempt import WRAP_UP_MS
from tests.series import Alarm, Point

Resources = dict[str, dict[str, Any]]

TEMPLATE = load_template(Path(__file__).parents[2] / "template.yaml")
ALARMS = {name: r["Properties"] for name, r in TEMPLATE["Resources"].items() if r["Type"] == "AWS::CloudWatch::Alarm"}
FUNCTIONS = {n: r["Properties"] for n, r in TEMPLATE["Resources"].items() if r["Type"] == "AWS::Serverless::Function"}
NOW = 1_763_145_000

# Of each alarm a value that it lets pass, minute after minute, and one that it does not.
VALUES: dict[str, tuple[float, float]] = {
    "StuckLineAlarm": (0, 1),
    "OldestJobAlarm": (3600, 3601),
    "RenderFaultsAlarm": (0, 1),
    "AuditRepairsAlarm": (0, 1),
    "JobsDeadLettersAlarm": (0, 1),
    "WebhookDeadLettersAlarm": (0, 1),
    **{f"{name.removesuffix('Function')}ThrottlesAlarm": (0, 1) for name in FUNCTIONS},
    "DispatcherRecursionAlarm": (0, 1),
    "RenderRecursionAlarm": (0, 1),
    **{f"{name}DurationAlarm": (12_000, 12_001) for name in ("Authorizer", "Submit", "Status")},
    **{f"{name}DurationAlarm": (24_000, 24_001) for name in ("Dispatcher", "Webhooks")},
    "RenderDurationAlarm": (5, 4.9),
    "ApiErrorsAlarm": (1, 2),
}


def series(alarm: Alarm, *values: float | None) -> list[Point]:
    """One point of the alarm's metric in each of the last minutes; None leaves a minute out."""
    minutes = zip(range(len(values) - 1, -1, -1), values, strict=True)
    return [
        Point(alarm.namespace, alarm.metric, alarm.dimensions, NOW - 60 * ago - 30, value)
        for ago, value in minutes
        if value is not None
    ]


def test_each_alarm_is_tested() -> None:
    assert set(VALUES) == set(ALARMS)


@pytest.mark.parametrize("name", ALARMS)
def test_it_goes_off_when_its_metric_is_bad(name: str) -> None:
    alarm = Alarm.of(TEMPLATE, name)
    assert alarm.goes_off(series(alarm, *[VALUES[name][1]] * 5), NOW)


@pytest.mark.parametrize("name", ALARMS)
def test_it_is_quiet_when_its_metric_is_good(name: str) -> None:
    alarm = Alarm.of(TEMPLATE, name)
    assert not alarm.goes_off(series(alarm, *[VALUES[name][0]] * 5), NOW)


@pytest.mark.parametrize("name", ALARMS)
def test_a_service_that_nobody_uses_is_quiet_and_a_dispatcher_that_is_silent_is_not(name: str) -> None:
    """Whether a missing value is bad: only the minute's run never fails to report."""
    assert Alarm.of(TEMPLATE, name).goes_off([], NOW) == (name == "StuckLineAlarm")


@pytest.mark.parametrize("name", ["StuckLineAlarm", "OldestJobAlarm"])
def test_a_moment_is_no_alarm(name: str) -> None:
    good, bad = VALUES[name]
    alarm = Alarm.of(TEMPLATE, name)
    assert not alarm.goes_off(series(alarm, good, bad, bad, good), NOW)
    assert not alarm.goes_off(series(alarm, good, good, bad, bad), NOW)
    assert alarm.goes_off(series(alarm, good, bad, bad, bad), NOW)


def test_another_stack_or_function_is_not_meant() -> None:
    alarm = Alarm.of(TEMPLATE, "RenderThrottlesAlarm")
    other = Point(alarm.namespace, alarm.metric, {"FunctionName": "SubmitFunction"}, NOW - 30, 1)
    assert not alarm.goes_off([other], NOW)


@pytest.mark.parametrize("name", ALARMS)
def test_it_says_what_is_wrong_and_tells_of_its_end_too(name: str) -> None:
    assert ALARMS[name]["AlarmName"]["Fn::Sub"].startswith("${AWS::StackName} ")
    assert "docs/operations.md" in ALARMS[name]["AlarmDescription"]
    assert ALARMS[name]["AlarmActions"] == ALARMS[name]["OKActions"] == [{"Ref": "AlarmTopic"}]


def test_the_mail_is_optional_and_the_topic_is_not(resources: Resources) -> None:
    assert TEMPLATE["Parameters"]["AlarmEmail"]["Default"] == ""
    assert TEMPLATE["Conditions"]["MailAlarms"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "AlarmEmail"}, ""]}]}
    assert resources["AlarmMail"]["Condition"] == "MailAlarms"
    assert "Condition" not in resources["AlarmTopic"]
    # CloudWatch may not use the key of an encrypted topic.
    assert "KmsMasterKeyId" not in resources["AlarmTopic"]["Properties"]


def watched(metric: str, dimension: str) -> set[str]:
    """The resources whose metric an alarm watches."""
    found = (Alarm.of(TEMPLATE, name) for name in ALARMS)
    return {alarm.dimensions[dimension] for alarm in found if alarm.metric == metric}


def test_every_dead_letter_queue_is_watched(resources: Resources) -> None:
    targets = {
        r["Properties"]["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
        for r in resources.values()
        if r["Type"] == "AWS::SQS::Queue" and "RedrivePolicy" in r["Properties"]
    }
    assert watched("ApproximateNumberOfMessagesVisible", "QueueName") == targets


def test_every_function_is_watched_for_throttles_and_for_its_time() -> None:
    assert watched("Throttles", "FunctionName") == set(FUNCTIONS)
    assert watched("Duration", "FunctionName") == set(FUNCTIONS) - {"RenderFunction"}
    for name in set(FUNCTIONS) - {"RenderFunction"}:
        timeout = FUNCTIONS[name].get("Timeout", TEMPLATE["Globals"]["Function"]["Timeout"])
        alarm = Alarm.of(TEMPLATE, f"{name.removesuffix('Function')}DurationAlarm")
        assert alarm.threshold == 1000 * timeout * 4 / 5
    assert 0 < 1000 * Alarm.of(TEMPLATE, "RenderDurationAlarm").threshold < WRAP_UP_MS


def test_every_loop_is_watched_for_drops() -> None:
    loops = {name for name, f in FUNCTIONS.items() if f.get("RecursiveLoop") == "Allow"}
    assert watched("RecursiveInvocationsDropped", "FunctionName") == loops


def test_alarms_are_on_metrics_that_there_are() -> None:
    known = {metric.name for metric in metrics.CATALOGUE}
    own = {alarm["MetricName"] for alarm in ALARMS.values() if alarm["Namespace"] == metrics.NAMESPACE}
    assert own
    assert own <= known


def test_the_dashboards_are_those_of_their_panels() -> None:
    again = "write them anew: make dashboards"
    assert dashboards.CLOUDWATCH.read_text() == dashboards.cloudwatch(list(ALARMS)), again
    assert dashboards.GRAFANA.read_text() == dashboards.grafana(), again


def test_the_template_takes_its_dashboard_from_the_file(resources: Resources) -> None:
    include = resources["Dashboard"]["Properties"]["DashboardBody"]["Fn::Transform"]
    assert include["Name"] == "AWS::Include"
    assert Path(__file__).parents[2] / include["Parameters"]["Location"] == dashboards.CLOUDWATCH


def test_the_dashboard_names_only_what_the_template_has(resources: Resources) -> None:
    text = json.loads(dashboards.CLOUDWATCH.read_text())["Fn::Sub"]
    names = {name.partition(".")[0] for name in re.findall(r"\$\{([^!}][^}]*)\}", text)}
    assert names - {"AWS::StackName", "AWS::Region"} <= set(resources)
    assert set(ALARMS) <= names


def test_the_dashboard_shows_every_metric_and_nothing_overlaps() -> None:
    widgets = json.loads(json.loads(dashboards.CLOUDWATCH.read_text())["Fn::Sub"])["widgets"]
    shown = json.dumps([widget["properties"].get("metrics") for widget in widgets])
    assert not [metric.name for metric in metrics.CATALOGUE if f'"{metric.name}' not in shown]
    taken: set[tuple[int, int]] = set()
    for at in widgets:
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["width"]) for y in range(at["height"])}
        assert not cells & taken
        assert at["x"] + at["width"] <= 24
        taken |= cells
