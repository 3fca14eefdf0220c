"""One video, from the request to the webhook: the whole flow once, in the order of its six words."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from imageio_ffmpeg import get_ffmpeg_exe

from tests.e2e.conftest import Client, wait_until

SCENES = [
    {"text": "Hello", "duration": 1.2},
    {"elements": [{"type": "text", "text": "Good bye", "style": "title"}], "duration": 1.3},
]
SECONDS = 2.0
"""The two scenes overlap while one goes over into the other."""


@dataclass
class Journey:
    """What a client saw of one job."""

    job_id: str
    accepted: requests.Response
    answers: list[dict[str, Any]]
    events: list[dict[str, Any]]
    video: Path


@pytest.fixture(scope="module")
def journey(client: Client, tmp_path_factory: pytest.TempPathFactory) -> Journey:
    transition = {"transition": {"type": "fade", "duration": 0.5}}
    accepted = client.post(scenes=[SCENES[0] | transition, SCENES[1]], metadata={"orderId": "ord_42"})
    job_id = accepted.json()["jobId"]
    answers = client.follow(job_id, "completed", "failed")
    receiver = client.stack.receiver
    wait_until(lambda: len(receiver.received(job_id)) >= 2)
    video = tmp_path_factory.mktemp("videos") / "video.mp4"
    location = client.call("GET", f"/videos/{job_id}").headers["Location"]
    video.write_bytes(requests.get(location, timeout=30).content)
    return Journey(job_id, accepted, answers, receiver.received(job_id), video)


def test_request_is_answered_at_once_with_a_place_in_line(journey: Journey) -> None:
    assert journey.accepted.status_code == 202
    assert journey.accepted.json() == {
        "success": True,
        "jobId": journey.job_id,
        "status": "queued",
        "message": "Video generation started. You will receive updates via webhook.",
        "queue": {"position": 1, "activeRenders": 0, "maxConcurrent": 2, "queueLength": 0},
    }


def test_job_goes_from_queued_through_processing_to_completed(journey: Journey) -> None:
    seen = list(dict.fromkeys(answer["status"] for answer in journey.answers))
    assert seen == ["queued", "processing", "completed"]
    assert journey.answers[-1]["metadata"] == {"orderId": "ord_42"}


def test_line_and_slot_are_free_again(journey: Journey, client: Client) -> None:
    assert client.queue() == {
        "activeRenders": 0,
        "maxConcurrent": 2,
        "queueLength": 0,
        "availableSlots": 2,
        "queuedJobs": [],
    }


def test_render_made_a_video_that_plays_everywhere(journey: Journey) -> None:
    probe = subprocess.run(
        [get_ffmpeg_exe(), "-hide_banner", "-i", str(journey.video)], capture_output=True, text=True
    ).stderr
    assert re.search(r"Video: h264 .*yuv420p.*, 320x180", probe), probe
    assert re.search(r"Audio: aac .*48000 Hz, stereo", probe), probe
    duration = re.search(r"Duration: 00:00:([\d.]+)", probe)
    assert duration is not None
    assert float(duration.group(1)) == pytest.approx(SECONDS, abs=0.1)


def test_render_is_described_in_the_status(journey: Journey) -> None:
    last = journey.answers[-1]
    assert last["progress"] == 100
    assert last["attempt"] == 1
    assert last["duration"] == pytest.approx(SECONDS, abs=0.1)
    assert (last["width"], last["height"]) == (320, 180)
    assert last["bytes"] == journey.video.stat().st_size
    assert last["createdAt"] <= last["startedAt"] <= last["finishedAt"]
    assert requests.get(last["posterUrl"], timeout=30).content.startswith(b"\xff\xd8\xff")


def test_webhook_came_once_at_the_start_and_once_at_the_end(journey: Journey) -> None:
    """The receiver keeps only what it could verify with the ``standardwebhooks`` package."""
    assert [event["type"] for event in journey.events] == ["job.processing", "job.completed"]
    assert len({event["id"] for event in journey.events}) == 2
    completed = journey.events[-1]["data"]
    assert completed["jobId"] == journey.job_id
    assert completed["metadata"] == {"orderId": "ord_42"}
    assert requests.get(completed["videoUrl"], timeout=30).content == journey.video.read_bytes()
