"""A video that takes longer than its function may run: invocations hand it over to each other, and it arrives once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import pytest
import requests

from local.stack import LocalStack
from reelqueue.reader import Reader
from reelqueue.table import Table
from tests.e2e.conftest import Client, wait_until

SECONDS, FPS = 60, 30


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A stack whose renders have one process, and six seconds: the 15 before the function's end are for wrapping up.

    The template allows no time so short; it is set where an operator would, on the function itself.
    """
    with LocalStack.start(tmp_path_factory.mktemp("legs"), parameters={"RenderMemory": "1769"}) as stack:
        functions = stack.aws.functions
        [render] = [
            function["FunctionName"]
            for function in functions.list_functions()["Functions"]
            if "RenderFunction" in function["FunctionName"]
        ]
        functions.update_function_configuration(FunctionName=render, Timeout=21)
        yield Client(stack)


def test_a_video_is_rendered_by_several_invocations_and_told_of_once(client: Client, tmp_path: Path) -> None:
    scenes = [{"text": text, "duration": SECONDS / 2, "transition": {"type": "none"}} for text in ("Slowly", "Surely")]
    job_id = client.submit(theme="winter", output={"resolution": "480p", "fps": FPS}, scenes=scenes)

    answers = client.follow(job_id, "completed", "failed")

    assert (answers[-1]["status"], answers[-1]["attempt"]) == ("completed", 1)
    percents = [answer["progress"] for answer in answers if answer["status"] == "processing"]
    assert percents == sorted(percents)
    job = Reader(Table(client.stack.aws.dynamodb, client.stack.description.tableName)).job(job_id)
    assert job is not None
    assert job.leg >= 2
    video = tmp_path / "video.mp4"
    video.write_bytes(requests.get(answers[-1]["videoUrl"], timeout=30).content)
    with av.open(str(video)) as file:
        assert sum(1 for _ in file.decode(video=0)) == SECONDS * FPS
    receiver = client.stack.receiver
    wait_until(lambda: len(receiver.received(job_id)) >= 2)
    assert sorted(event["type"] for event in receiver.received(job_id)) == ["job.completed", "job.processing"]
