"""docs/operations.md says what each step of the queue costs; here it is counted on the wire."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from bench.queue_costs import life
from bench.wire import Cost, Wire
from tests.integration.conftest import REGION, TEMPLATE, Service

TABLE = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
NAMES = {
    "submit": "submit",
    "status": "status of a waiting job",
    "queue status": "queue status",
    "admit": "admit",
    "start": "start",
    "progress": "progress, every other second at most",
    "finish": "finish",
    "wake, hand over": "wake the dispatcher, try the webhooks of start and end, hand them over",
}


@pytest.fixture
def costs(service: Service) -> dict[str, Cost]:
    """What the steps of one job's life cost, by the benchmark's own hands."""
    service.submit()
    indexes = TEMPLATE["Resources"]["Table"]["Properties"]["GlobalSecondaryIndexes"]
    wire = Wire(boto3.client("dynamodb", region_name=REGION), "reelqueue", indexes)
    costs: dict[str, Cost] = {}

    def counted(name: str, action: Callable[[], Any]) -> Any:
        with wire.counting(service.at.dynamodb, service.at.sqs) as costs[name]:
            return action()

    life(service.at, counted)
    return costs


def test_every_step_costs_what_is_documented(costs: dict[str, Cost]) -> None:
    for step, name in NAMES.items():
        [row] = re.findall(rf"^\| {name} \| ([^|]+ \| [^|]+ \| [^|]+) \|$", TABLE, re.MULTILINE)
        calls, reads, writes = (re.findall(r"\d+", cell) for cell in row.split(" | "))
        cost = costs[step]
        least, most = int(reads[0]), int(reads[-1])
        figures = f"{step}: {cost.as_dict()}"
        assert sum(cost.calls.values()) == int(calls[0]), figures
        assert least <= cost.read_units <= most, figures
        assert cost.write_units == int(writes[0]), figures
