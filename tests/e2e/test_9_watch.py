"""watch, on the emulator: the dashboard and the alarms arrive with the template, ring, and reach their topic."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from local.deploy import STACK_NAME
from local.overlay import load_template
from local.stack import PROJECT, LocalStack
from tests.e2e.conftest import Client, wait_until
from tests.series import Alarm, Point

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.literals import StatisticType

TEMPLATE = load_template(PROJECT / "template.yaml")
ALARMS = {name: r["Properties"] for name, r in TEMPLATE["Resources"].items() if r["Type"] == "AWS::CloudWatch::Alarm"}


def test_the_dashboard_is_there_with_the_names_of_the_stack(stack: LocalStack) -> None:
    body = stack.aws.cloudwatch.get_dashboard(DashboardName=STACK_NAME)["DashboardBody"]
    widgets = json.loads(body)["widgets"]
    assert len(widgets) > 15
    assert [name for name in body.split("${")[1:] if not name.startswith("PROP(")] == []
    for name in "RenderFunction", "StatusFunction":
        assert f'"FunctionName","{stack.resources[name]}"' in body


def test_the_alarms_are_there(stack: LocalStack) -> None:
    pages = stack.aws.cloudwatch.get_paginator("describe_alarms").paginate()
    found = {alarm["AlarmName"] for page in pages for alarm in page["MetricAlarms"]}
    assert found == {
        alarm["AlarmName"]["Fn::Sub"].replace("${AWS::StackName}", STACK_NAME) for alarm in ALARMS.values()
    }


@pytest.fixture
def mailbox(stack: LocalStack) -> Iterator[str]:
    """A queue that gets what the topic of the alarms gets."""
    url = stack.aws.sqs.create_queue(QueueName="mailbox")["QueueUrl"]
    arn = stack.aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = stack.resources["AlarmTopic"]
    may_send = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    policy = {"Version": "2012-10-17", "Statement": [may_send]}
    stack.aws.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    subscription = stack.aws.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)["SubscriptionArn"]
    yield url
    stack.aws.sns.unsubscribe(SubscriptionArn=subscription)
    stack.aws.sqs.delete_queue(QueueUrl=url)


def test_an_alarm_reaches_the_topic_when_it_goes_off_and_when_it_is_over(stack: LocalStack, mailbox: str) -> None:
    service = [{"Name": "service", "Value": STACK_NAME}]
    got: list[tuple[str, str]] = []

    def arrived() -> bool:
        answer = stack.aws.sqs.receive_message(QueueUrl=mailbox, MaxNumberOfMessages=10)
        for message in answer.get("Messages", []):
            told = json.loads(json.loads(message["Body"])["Message"])
            got.append((told["AlarmName"], told["NewStateValue"]))
        return expected in got

    for seconds, state in (3601, "ALARM"), (0, "OK"):
        expected = (f"{STACK_NAME} oldest job", state)
        point: Any = {"MetricName": "OldestJobAge", "Dimensions": service, "Value": seconds}
        stack.aws.cloudwatch.put_metric_data(Namespace="Reelqueue", MetricData=[point])
        wait_until(arrived)


def ringing(stack: LocalStack, metric: str) -> set[str]:
    """Those alarms on a metric of AWS's own that go off by what the emulator has measured by now."""
    now, found = time.time(), set()
    for name in (name for name, alarm in ALARMS.items() if alarm["MetricName"] == metric):
        alarm = Alarm.of(TEMPLATE, name)
        dimensions = {key: stack.resources[logical_id] for key, logical_id in alarm.dimensions.items()}
        statistic: StatisticType = alarm.statistic  # type: ignore[assignment]
        measured = stack.aws.cloudwatch.get_metric_statistics(
            Namespace=alarm.namespace,
            MetricName=alarm.metric,
            Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
            StartTime=datetime.fromtimestamp(now - alarm.period * alarm.periods, UTC),
            EndTime=datetime.fromtimestamp(now + 60, UTC),
            Period=60,
            Statistics=[statistic],
        )
        values: list[Any] = [each.get(alarm.statistic) for each in measured["Datapoints"]]
        points = [Point(alarm.namespace, alarm.metric, alarm.dimensions, now, value) for value in values]
        if alarm.goes_off(points, now):
            found.add(name)
    return found


def test_a_function_without_a_free_execution_rings_and_no_other(stack: LocalStack, client: Client) -> None:
    assert client.call("GET", "/queue-status").status_code == 200
    assert ringing(stack, "Throttles") == set()
    function = stack.resources["StatusFunction"]
    stack.aws.functions.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=0)
    try:
        assert client.call("GET", "/queue-status").status_code >= 429
    finally:
        stack.aws.functions.delete_function_concurrency(FunctionName=function)
    assert ringing(stack, "Throttles") == {"StatusThrottlesAlarm"}
    assert ringing(stack, "RecursiveInvocationsDropped") == set()


def test_a_scrape_over_http_is_openmetrics(client: Client) -> None:
    answer = client.call("GET", "/metrics")
    assert answer.headers["Content-Type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    families = {family.name for family in text_string_to_metric_families(answer.text)}  # type: ignore[no-untyped-call]
    assert {"reelqueue_active_renders", "reelqueue_dead_letters"} <= families


def test_the_line_of_a_job_names_its_trace(stack: LocalStack, client: Client) -> None:
    job_id = client.submit(scenes=[{"text": "Traced", "duration": 1}])
    group = f"/aws/lambda/{STACK_NAME}-submit"

    def traces() -> list[str]:
        events = stack.aws.logs.filter_log_events(logGroupName=group, filterPattern=f'"{job_id}"')["events"]
        records = [json.loads(event["message"]) for event in events if event["message"].startswith("{")]
        return [record["xray_trace_id"] for record in records if record.get("job_id") == job_id]

    wait_until(lambda: bool(traces()))
    assert all(re.fullmatch("1-[0-9a-f]{8}-[0-9a-f]{24}", trace) for trace in traces())
    assert client.finish(job_id)["status"] == "completed"
