"""The events of ``events/`` are what the handlers take: captured on the local stack, for ``sam local invoke``."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import CONTEXT, Service

EVENTS = Path(__file__).parents[2] / "events"


def handle(name: str) -> Any:
    """The answer of the function that the event is for."""
    function = name.partition("-")[0]
    event = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
    return importlib.import_module(f"{function}.app").lambda_handler(event, CONTEXT)


def test_there_are_events_for_every_function() -> None:
    functions = {path.parent.name for path in (EVENTS.parent / "functions").glob("*/app.py")}
    assert {path.stem.partition("-")[0] for path in EVENTS.glob("*.json")} == functions


def test_the_authorizer_lets_the_local_administrator_in(service: Service) -> None:
    answer = handle("authorizer")
    assert answer["principalId"] == "admin"
    assert answer["policyDocument"]["Statement"][0]["Effect"] == "Allow"


def test_submit_accepts_a_job(service: Service) -> None:
    answer = handle("submit")
    assert answer["statusCode"] == 202, answer
    assert service.dispatch() == [(json.loads(answer["body"])["jobId"], 1)]


def test_status_tells_of_the_queue(service: Service) -> None:
    answer = handle("status")
    assert answer["statusCode"] == 200
    assert json.loads(answer["body"])["availableSlots"] == 5


@pytest.mark.parametrize("event", ["dispatcher", "dispatcher-schedule"])
def test_the_dispatcher_starts_who_waits(event: str, service: Service) -> None:
    job_id = service.submit()
    handle(event)
    assert service.renders.invoked == [(job_id, 1)]


def test_a_webhook_of_an_unknown_job_is_done_with(service: Service) -> None:
    assert handle("webhooks") == {"batchItemFailures": []}


def test_a_render_of_an_unknown_job_leaves_quietly(service: Service) -> None:
    assert handle("render") is None
