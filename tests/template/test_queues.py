"""Rules for the queues and their consumers."""

from __future__ import annotations

from typing import Any

import pytest

Resources = dict[str, dict[str, Any]]

CONSUMERS = [
    ("JobsQueue", "JobsDeadLetters", "DispatcherFunction", "Wake"),
    ("WebhookQueue", "WebhookDeadLetters", "WebhooksFunction", "Due"),
]
HOUR = 3_600


@pytest.mark.parametrize(("queue", "dead_letters", "function", "event"), CONSUMERS)
def test_a_batch_in_work_never_comes_twice(
    queue: str, dead_letters: str, function: str, event: str, resources: Resources
) -> None:
    visibility = resources[queue]["Properties"]["VisibilityTimeout"]
    assert visibility >= 6 * resources[function]["Properties"]["Timeout"]


@pytest.mark.parametrize(("queue", "dead_letters", "function", "event"), CONSUMERS)
def test_throttling_alone_dead_letters_no_message(
    queue: str, dead_letters: str, function: str, event: str, resources: Resources
) -> None:
    """A throttled message counts as received; it may be so for two days. Then it is kept, not lost."""
    properties = resources[queue]["Properties"]
    redrive = properties["RedrivePolicy"]
    assert redrive["deadLetterTargetArn"] == {"Fn::GetAtt": [dead_letters, "Arn"]}
    patience = redrive["maxReceiveCount"] * properties["VisibilityTimeout"]
    assert 48 * HOUR <= patience < properties["MessageRetentionPeriod"]
    assert resources[dead_letters]["Properties"]["MessageRetentionPeriod"] > properties["MessageRetentionPeriod"]


@pytest.mark.parametrize(("queue", "dead_letters", "function", "event"), CONSUMERS)
def test_one_bad_message_does_not_take_its_batch_with_it(
    queue: str, dead_letters: str, function: str, event: str, resources: Resources
) -> None:
    source = resources[function]["Properties"]["Events"][event]["Properties"]
    assert source["Queue"] == {"Fn::GetAtt": [queue, "Arn"]}
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    # SQS allows no less than 2, and cfn-lint does not notice.
    assert source["ScalingConfig"]["MaximumConcurrency"] >= 2


def test_every_queue_is_encrypted(resources: Resources) -> None:
    queues = {name: r["Properties"] for name, r in resources.items() if r["Type"] == "AWS::SQS::Queue"}
    assert len(queues) == 4
    assert all(queue["SqsManagedSseEnabled"] is True for queue in queues.values())


def test_webhooks_are_redelivered_one_by_one(resources: Resources) -> None:
    source = resources["WebhooksFunction"]["Properties"]["Events"]["Due"]["Properties"]
    assert source["BatchSize"] == 1
