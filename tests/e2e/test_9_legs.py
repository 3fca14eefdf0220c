"""A render whose function has a few seconds only hands over to itself, and nobody who waits for the video can tell."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager

import av
import requests

from render.attempt import WRAP_UP_MS
from tests.e2e.conftest import Client, wait_until

LEG_SECONDS = 5
SECONDS, FPS = 60, 30
ONE_VCPU_MB = 1769


@contextmanager
def renders_of(client: Client, seconds: int) -> Iterator[None]:
    """As if RenderTimeout were so much, less than the template allows, and RenderMemory one vCPU.

    With one process of many, it matters little what else this machine does.
    """
    functions, name = client.stack.aws.functions, client.stack.resources["RenderFunction"]
    before = functions.get_function_configuration(FunctionName=name)
    functions.update_function_configuration(FunctionName=name, Timeout=seconds, MemorySize=ONE_VCPU_MB)
    try:
        yield
    finally:
        functions.update_function_configuration(
            FunctionName=name, Timeout=before["Timeout"], MemorySize=before["MemorySize"]
        )


def row(client: Client, job_id: str) -> list[int]:
    """What the job's row says: the attempt, its leg, and how many invocations there were."""
    item = client.stack.aws.dynamodb.get_item(
        TableName=client.stack.description.tableName, Key={"pk": {"S": f"JOB#{job_id}"}, "sk": {"S": "JOB"}}
    )["Item"]
    return [int(item["attempt"]["N"]), int(item["leg"]["N"]), int(item["spent"]["M"]["invocations"]["N"])]


def frames(video: bytes) -> int:
    with av.open(io.BytesIO(video), "r") as container:
        return len(list(container.decode(video=0)))


def test_a_job_that_takes_longer_than_its_function_may_run_is_finished_by_several(client: Client) -> None:
    output = {"resolution": "720p", "fps": FPS}
    with renders_of(client, WRAP_UP_MS // 1000 + LEG_SECONDS):
        job_id = client.submit(
            theme="winter", output=output, cache=False, scenes=[{"text": "In several legs", "duration": SECONDS}]
        )
        answers = client.follow(job_id, "completed", "failed")

    assert answers[-1]["status"] == "completed", answers[-1]
    [attempt, leg, invocations] = row(client, job_id)
    assert attempt == 1
    assert leg == invocations >= 2
    progress = [answer["progress"] for answer in answers]
    assert progress == sorted(progress)
    assert len({answer["startedAt"] for answer in answers if "startedAt" in answer}) == 1
    received = client.stack.receiver.received
    wait_until(lambda: [event["type"] for event in received(job_id)] == ["job.processing", "job.completed"])
    location = client.call("GET", f"/videos/{job_id}").headers["Location"]
    assert frames(requests.get(location, timeout=30).content) == SECONDS * FPS
    wait_until(lambda: client.queue()["activeRenders"] == 0)
