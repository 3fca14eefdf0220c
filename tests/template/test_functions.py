"""Rules for the functions of the template."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from reelqueue import metrics
from reelqueue.settings import Settings

FUNCTIONS = ["Authorizer", "Submit", "Status", "Dispatcher", "Render", "Webhooks"]

Functions = dict[str, dict[str, Any]]


def test_the_functions_are_these(functions: Functions) -> None:
    assert sorted(functions) == sorted(f"{name}Function" for name in FUNCTIONS)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_logs_into_a_group_with_retention(name: str, functions: Functions, resources: Functions) -> None:
    group = functions[f"{name}Function"]["LoggingConfig"]["LogGroup"]["Ref"]
    assert resources[group]["Type"] == "AWS::Logs::LogGroup"
    assert resources[group]["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}


def test_all_zip_functions_share_one_code_and_one_runtime(template: dict[str, Any], functions: Functions) -> None:
    assert template["Globals"]["Function"]["CodeUri"] == "functions/"
    zipped = {name: f for name, f in functions.items() if name != "RenderFunction"}
    assert {f["Runtime"] for f in zipped.values()} == {"python3.13"}
    assert [f["Handler"] for name, f in zipped.items()] == [
        f"{name.removesuffix('Function').lower()}.app.lambda_handler" for name in zipped
    ]
    assert not any("CodeUri" in f for f in functions.values())


def test_render_is_an_image_built_from_the_root(resources: Functions) -> None:
    assert resources["RenderFunction"]["Properties"]["PackageType"] == "Image"
    assert resources["RenderFunction"]["Metadata"] == {
        "DockerContext": ".",
        "Dockerfile": "functions/render/Dockerfile",
        "DockerTag": "render",
    }


def test_the_loop_of_dispatcher_and_render_is_allowed(functions: Functions) -> None:
    recursive = {name for name, f in functions.items() if f.get("RecursiveLoop") == "Allow"}
    assert recursive == {"DispatcherFunction", "RenderFunction"}


def test_a_failed_render_is_reported_to_the_dispatcher_at_once(functions: Functions) -> None:
    assert functions["RenderFunction"]["EventInvokeConfig"] == {
        "MaximumRetryAttempts": 0,
        "MaximumEventAgeInSeconds": 120,
        "DestinationConfig": {"OnFailure": {"Type": "SQS", "Destination": {"Fn::GetAtt": ["JobsQueue", "Arn"]}}},
    }


def test_every_asynchronously_invoked_function_has_a_failure_destination(functions: Functions) -> None:
    """Render is invoked by the dispatcher, others by a schedule; API Gateway and SQS wait for the answer."""
    scheduled = {
        name
        for name, f in functions.items()
        for event in f.get("Events", {}).values()
        if event["Type"] in ("Schedule", "ScheduleV2")
    }
    assert scheduled == {"DispatcherFunction"}
    for name in scheduled | {"RenderFunction"}:
        config = functions[name]["EventInvokeConfig"]
        assert config["DestinationConfig"]["OnFailure"]["Type"] == "SQS"
        assert config["MaximumRetryAttempts"] == 0


def test_the_schedule_looks_at_the_line_every_minute(functions: Functions) -> None:
    schedule = functions["DispatcherFunction"]["Events"]["EveryMinute"]["Properties"]
    assert schedule["ScheduleExpression"] == "rate(1 minute)"
    assert schedule["FlexibleTimeWindow"] == {"Mode": "OFF"}
    assert schedule["RetryPolicy"]["MaximumRetryAttempts"] == 0
    assert schedule["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": ["JobsDeadLetters", "Arn"]}}


def test_the_template_sets_every_setting_and_no_other_variable(template: dict[str, Any], functions: Functions) -> None:
    """``ALLOW_PRIVATE_ADDRESSES`` alone is for the local stack, and must not even be possible on AWS."""
    shared = set(template["Globals"]["Function"]["Environment"]["Variables"])
    assert {name for name in shared if not name.startswith("POWERTOOLS_")} == set()
    own = set().union(*(f["Environment"]["Variables"] for f in functions.values()))
    fields = {field.name.upper() for field in dataclasses.fields(Settings)}
    assert own == fields - {"ALLOW_PRIVATE_ADDRESSES"}


def test_those_who_look_at_addresses_know_the_allowed_ports(template: dict[str, Any], functions: Functions) -> None:
    assert template["Parameters"]["AllowedPorts"]["Default"] == ",".join(map(str, Settings.allowed_ports))
    knowing = {name for name, f in functions.items() if "ALLOWED_PORTS" in f["Environment"]["Variables"]}
    assert knowing == {"SubmitFunction", "RenderFunction", "WebhooksFunction"}


def test_concurrency_is_reserved_only_on_demand(template: dict[str, Any], functions: Functions) -> None:
    """A new account has 10 executions in all, none of which can be reserved."""
    assert template["Parameters"]["ReservedRenderConcurrency"]["Default"] == 0
    reserved = {
        name: f["ReservedConcurrentExecutions"] for name, f in functions.items() if "ReservedConcurrentExecutions" in f
    }
    assert reserved == {
        "RenderFunction": {
            "Fn::If": ["ReserveRenderConcurrency", {"Ref": "ReservedRenderConcurrency"}, {"Ref": "AWS::NoValue"}]
        }
    }


def test_the_whole_path_is_traced(template: dict[str, Any], functions: Functions, resources: Functions) -> None:
    assert template["Globals"]["Function"]["Tracing"] == "Active"
    assert not any("Tracing" in f for f in functions.values())
    assert resources["Api"]["Properties"]["TracingEnabled"] is True


def test_the_metrics_of_two_stacks_are_told_apart(template: dict[str, Any]) -> None:
    variables = template["Globals"]["Function"]["Environment"]["Variables"]
    assert variables["POWERTOOLS_SERVICE_NAME"] == {"Ref": "AWS::StackName"}
    assert variables["POWERTOOLS_METRICS_NAMESPACE"] == metrics.NAMESPACE
