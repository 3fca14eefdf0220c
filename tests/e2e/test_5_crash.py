"""What happens to a render in the middle: killed, cancelled, or with nobody to listen to its webhooks."""

from __future__ import annotations

import os
import signal

import pytest

from tests.e2e.conftest import Client, processes_of, wait_until


def long_job(client: Client, seconds: float) -> str:
    """A job that renders for some seconds: the snow of winter moves in every frame."""
    return client.submit(
        theme="winter", output={"resolution": "720p"}, scenes=[{"text": "A long one", "duration": seconds}]
    )


def rendering(client: Client, job_id: str) -> bool:
    status = client.status(job_id)
    assert status["status"] in ("queued", "processing"), f"over before anything could happen to it: {status}"
    return int(status["progress"]) > 0


def encoders(client: Client) -> set[int]:
    return processes_of(client.stack.supervisor.pid, "render.engine.start")


def test_a_killed_render_is_done_again_and_its_slot_is_free(client: Client) -> None:
    job_id = long_job(client, 20)
    wait_until(lambda: rendering(client, job_id))
    [worker] = {pid for pid in render_workers(client) if processes_of(pid, "render.engine.start")}

    os.kill(worker, signal.SIGKILL)

    answers = client.follow(job_id, "completed", "failed")
    assert answers[-1]["status"] == "completed"
    assert answers[-1]["attempt"] == 2
    progress = [answer["progress"] for answer in answers if answer["attempt"] == 2]
    assert progress == sorted(progress)
    wait_until(lambda: client.queue()["availableSlots"] == 2)
    events = [event["type"] for event in client.stack.receiver.received(job_id)]
    assert events.count("job.completed") == 1
    assert not encoders(client)


def test_a_cancelled_render_stops_its_encoder(client: Client) -> None:
    job_id = long_job(client, 120)
    wait_until(lambda: rendering(client, job_id))

    answer = client.call("POST", f"/jobs/{job_id}/cancel")

    assert answer.status_code == 200, answer.text
    assert client.finish(job_id)["status"] == "cancelled"
    assert not encoders(client)
    assert client.call("GET", f"/videos/{job_id}").status_code == 404
    wait_until(lambda: client.stack.receiver.received(job_id)[-1]["type"] == "job.cancelled")


def test_a_webhook_that_is_refused_comes_again(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    receiver = client.stack.receiver
    monkeypatch.setattr(receiver, "refuse_next", 1)

    job_id = client.submit(scenes=[{"text": "Knock, knock", "duration": 1}])

    wait_until(lambda: len(receiver.received(job_id)) == 2)
    # The refused one is late; which comes first is seen by its timestamp, as the specification of webhooks has it.
    events = sorted(receiver.received(job_id), key=lambda event: event["timestamp"])
    assert [event["type"] for event in events] == ["job.processing", "job.completed"]


def render_workers(client: Client) -> set[int]:
    return processes_of(client.stack.supervisor.pid, "RenderFunction", "_worker.py")
