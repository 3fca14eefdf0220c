"""Least privilege: each function may do what it does, on what it does it to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

Resources = dict[str, dict[str, Any]]

TRACING = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}


def roles(expanded: Resources) -> dict[str, dict[str, Any]]:
    return {name: r["Properties"] for name, r in expanded.items() if r["Type"] == "AWS::IAM::Role"}


def statements(expanded: Resources) -> Iterator[tuple[str, list[str], list[Any]]]:
    """(role, actions, resources) of every statement, in the roles and in policies of their own."""
    documents = [
        (name, policy["PolicyDocument"]) for name, role in roles(expanded).items() for policy in role["Policies"]
    ]
    for resource in expanded.values():
        if resource["Type"] == "AWS::IAM::Policy":
            [role] = resource["Properties"]["Roles"]
            documents.append((role["Ref"], resource["Properties"]["PolicyDocument"]))
    for name, document in documents:
        for statement in document["Statement"]:
            assert statement["Effect"] == "Allow"
            yield name, as_list(statement["Action"]), as_list(statement["Resource"])


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def actions_on(expanded: Resources, role: str, service: str) -> set[str]:
    found = (a for name, actions, _ in statements(expanded) if name == role for a in actions)
    return {action for action in found if action.startswith(f"{service}:")}


def test_every_function_has_a_role_of_its_own(expanded: Resources) -> None:
    used = [json.dumps(r["Properties"]["Role"]) for r in expanded.values() if r["Type"] == "AWS::Lambda::Function"]
    assert len(used) == len(set(used)) == 6


def test_no_role_has_a_managed_policy(expanded: Resources) -> None:
    """The managed ones for Lambda allow their actions on every log group and queue of the account."""
    assert not [name for name, role in roles(expanded).items() if role.get("ManagedPolicyArns")]


def test_no_action_is_a_wildcard(expanded: Resources) -> None:
    assert not [(role, action) for role, actions, _ in statements(expanded) for action in actions if "*" in action]


def test_every_resource_is_one_of_the_stack(expanded: Resources) -> None:
    """By reference, with at most a prefix of the bucket's keys or one index of the table behind it.

    Traces belong to the account, and what Amazon Polly says to nobody: AWS knows no resource for them.
    """
    allowed = {"${Bucket.Arn}/videos/*", "${Bucket.Arn}/assets/*", "${Bucket.Arn}/segments/*"}
    allowed |= {"${Table.Arn}/index/jobs-by-owner", "${Table.Arn}/index/due", "${Table.Arn}/index/open"}
    for role, actions, found in statements(expanded):
        if set(actions) == TRACING or actions == ["polly:SynthesizeSpeech"]:
            continue
        for resource in found:
            assert "Fn::GetAtt" in resource or resource.get("Fn::Sub") in allowed, (role, actions)


def test_the_api_reads_videos_and_writes_assets_and_nothing_else(expanded: Resources) -> None:
    assert actions_on(expanded, "SubmitRole", "s3") == {"s3:PutObject"}
    assert actions_on(expanded, "StatusRole", "s3") == {"s3:GetObject"}
    assert actions_on(expanded, "StatusRole", "dynamodb") == {
        "dynamodb:GetItem",
        "dynamodb:BatchGetItem",
        "dynamodb:Query",
    }


def test_only_the_render_touches_segments(expanded: Resources) -> None:
    segments = {"Fn::Sub": "${Bucket.Arn}/segments/*"}
    found = [(role, actions) for role, actions, places in statements(expanded) if segments in places]
    assert found == [("RenderRole", ["s3:GetObject", "s3:PutObject"])]


def test_the_dispatcher_starts_renders_and_they_hand_over_to_themselves(expanded: Resources) -> None:
    render = {"Fn::GetAtt": ["RenderFunction", "Arn"]}
    found = [(role, actions) for role, actions, places in statements(expanded) if render in places]
    assert found == [("DispatcherRole", ["lambda:InvokeFunction"]), ("RenderRole", ["lambda:InvokeFunction"])]


def test_nobody_scans_the_table(expanded: Resources) -> None:
    assert not [role for role, actions, _ in statements(expanded) if "dynamodb:Scan" in actions]


def test_each_secret_is_read_by_those_who_need_it(expanded: Resources) -> None:
    readers: dict[str, set[str]] = {}
    for role, actions, found in statements(expanded):
        if "secretsmanager:GetSecretValue" in actions:
            readers.setdefault(found[0]["Fn::GetAtt"][0], set()).add(role)
    assert readers == {"AuthSecret": {"AuthorizerRole"}, "WebhookSecret": {"RenderRole", "WebhooksRole"}}


def test_failure_destinations_may_be_written_by_their_functions(expanded: Resources) -> None:
    for name, config in expanded.items():
        if config["Type"] != "AWS::Lambda::EventInvokeConfig":
            continue
        role = name.removesuffix("FunctionEventInvokeConfig") + "Role"
        target = config["Properties"]["DestinationConfig"]["OnFailure"]["Destination"]
        assert any(
            name == role and "sqs:SendMessage" in actions and target in found
            for name, actions, found in statements(expanded)
        )


def test_every_function_may_write_its_traces(expanded: Resources) -> None:
    traced = {role for role, actions, found in statements(expanded) if set(actions) == TRACING and found == ["*"]}
    assert len(traced) == 6
    assert traced == {role for role in roles(expanded) if role != "ScheduleRole"}


def test_metrics_count_dead_letters_and_touch_none(expanded: Resources) -> None:
    assert actions_on(expanded, "StatusRole", "sqs") == {"sqs:GetQueueAttributes"}
