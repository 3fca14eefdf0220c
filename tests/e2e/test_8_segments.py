"""A job that is like the one before but for a scene: what was rendered then is taken from the bucket."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.e2e.conftest import Answer, Client, processes_of, wait_until

SCENES = [{"text": text, "duration": 2} for text in ("Morning", "Noon", "Evening", "Night")]
CHANGED = [*SCENES[:1], {"text": "Tea time", "duration": 2}, *SCENES[2:]]


def kept(client: Client) -> set[str]:
    bucket = client.stack.description.bucketName
    pages = client.stack.aws.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="segments/")
    return {entry["Key"] for page in pages for entry in page.get("Contents", [])}


def tally(client: Client, job_id: str) -> dict[str, Any]:
    """What the render function logged of the job's segments. The emulator writes a log when the invocation is over."""
    found: list[dict[str, Any]] = []

    def logged() -> bool:
        for group in client.stack.aws.logs.describe_log_groups()["logGroups"]:
            pages = client.stack.aws.logs.get_paginator("filter_log_events").paginate(
                logGroupName=group["logGroupName"]
            )
            messages = [event["message"] for page in pages for event in page["events"]]
            records = [json.loads(message) for message in messages if '"segments"' in message and job_id in message]
            found.extend(record for record in records if record["message"] == "segments")
        return bool(found)

    wait_until(logged)
    [record] = found
    return record


def video(client: Client, job_id: str) -> bytes:
    location = client.call("GET", f"/videos/{job_id}").headers["Location"]
    return requests.get(location, timeout=30).content


@pytest.fixture(scope="module")
def before(client: Client) -> str:
    """A job that has ended, whose scenes nobody had rendered."""
    job_id = client.submit(scenes=SCENES)
    assert client.finish(job_id)["status"] == "completed"
    return job_id


def test_all_segments_of_a_job_are_kept(client: Client, before: str) -> None:
    logged = tally(client, before)
    assert (logged["reused"], logged["rendered"], logged["kept"]) == (0, 7, 7)
    assert len({key.split("/")[1] for key in kept(client)}) == 1


def test_a_changed_scene_and_its_two_transitions_are_all_that_is_rendered(client: Client, before: str) -> None:
    there = kept(client)

    job_id = client.submit(scenes=CHANGED)

    assert client.finish(job_id)["status"] == "completed"
    assert len(kept(client) - there) == 3
    logged = tally(client, job_id)
    assert (logged["reused"], logged["rendered"], logged["kept"]) == (4, 3, 3)


def test_with_cache_off_all_is_rendered_and_the_video_is_the_same(client: Client, before: str) -> None:
    there = kept(client)

    job_id = client.submit(scenes=SCENES, cache=False)

    assert client.finish(job_id)["status"] == "completed"
    assert video(client, job_id) == video(client, before)
    assert all(f"/{job_id}/" in key for key in kept(client) - there)
    assert tally(client, job_id)["reused"] == 0


@dataclass(frozen=True)
class Killed:
    """A job, one of whose processes was killed half-way."""

    client: Client
    job_id: str
    answer: Answer

    def same_video_as(self, undisturbed: str) -> bool:
        return video(self.client, self.job_id) == video(self.client, undisturbed)


WORK: dict[str, Any] = {
    "theme": "winter",
    "output": {"resolution": "480p"},
    "scenes": [{"text": "To be killed half-way", "duration": 20}],
    "cache": False,  # none of the jobs gets ahead by what another one has rendered
}


@pytest.fixture(scope="module")
def undisturbed(client: Client) -> str:
    """A job like those that are killed, which was left alone."""
    job_id = client.submit(**WORK)
    assert client.finish(job_id)["status"] == "completed"
    return job_id


def killed_half_way(client: Client, victims: Callable[[], set[int]]) -> Killed:
    """Kill with -9 what ``victims`` gives, once some segments of a job with snow are kept."""
    there = kept(client)
    job_id = client.submit(**WORK)
    wait_until(lambda: len(kept(client) - there) >= 3)
    assert folders(client), "the render does not work where this looks for its folder"
    [victim] = victims()

    os.kill(victim, signal.SIGKILL)

    return Killed(client, job_id, client.finish(job_id))


def folders(client: Client) -> list[Path]:
    """Where renders work: below the temporary folder of the stack, which its functions have as theirs."""
    return list((client.stack.file.parent / "tmp").glob("reelqueue-render-*"))


def test_a_render_whose_function_was_killed_goes_on_with_what_is_missing(client: Client, undisturbed: str) -> None:
    below = client.stack.supervisor.pid

    def function() -> set[int]:
        workers = processes_of(below, "RenderFunction", "_worker.py")
        return {pid for pid in workers if processes_of(pid, "render.engine.start")}

    killed = killed_half_way(client, function)

    assert (killed.answer["status"], killed.answer["attempt"]) == ("completed", 2)
    logged = tally(client, killed.job_id)
    assert logged["reused"] >= 3
    assert logged["reused"] + logged["rendered"] == logged["segments"]
    assert killed.same_video_as(undisturbed)
    assert folders(client) == []


def test_a_render_whose_foreman_was_killed_goes_on_in_the_same_attempt(client: Client, undisturbed: str) -> None:
    below = client.stack.supervisor.pid

    def foreman() -> set[int]:
        processes = processes_of(below, "render.engine.start")
        return {pid for pid in processes if os.getpgid(pid) == pid}

    killed = killed_half_way(client, foreman)

    assert (killed.answer["status"], killed.answer["attempt"]) == ("completed", 1)
    logged = tally(client, killed.job_id)
    assert (logged["memory_kills"], logged["rendered"]) == (1, logged["segments"])
    assert killed.same_video_as(undisturbed)
    assert folders(client) == []
