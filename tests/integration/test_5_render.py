"""render: an attempt is claimed once, renders for real, and leaves a video, a free slot and a final status behind."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy

import render.app
from reelqueue.jobs import JobStatus
from reelqueue.reader import epoch_ms
from render.workdir import workdir
from tests.integration.conftest import CONTEXT, Service, request

LONG = request(scenes=[{"text": "A long one", "duration": 60}], output={"width": 1920, "height": 1080, "fps": 30})


def run(service: Service, job_id: str, attempt: int = 1) -> dict[str, object]:
    """Run the render function and give back what the API says of the job afterwards."""
    render.app.lambda_handler({"jobId": job_id, "attempt": attempt, "leg": 1}, CONTEXT)
    return dict(service.call("GET", f"/job-status/{job_id}").body)


def admitted(service: Service, body: dict[str, object] | None = None) -> str:
    job_id = service.submit(body)
    service.dispatch()
    service.messages("jobs")
    return job_id


def after(seconds: float, action: Callable[[], object]) -> threading.Thread:
    def wait_and_act() -> None:
        time.sleep(seconds)
        action()

    thread = threading.Thread(target=wait_and_act)
    thread.start()
    return thread


def test_a_finished_render_leaves_a_video_a_free_slot_and_a_wake_up(service: Service) -> None:
    job_id = admitted(service)
    answer = run(service, job_id)
    assert (answer["status"], answer["progress"], answer["message"]) == ("completed", 100, "The video is ready")
    assert (answer["duration"], answer["width"], answer["height"], answer["attempt"]) == (1, 320, 180, 1)
    assert answer["costUsd"]
    video = service.at.s3.get_object(Bucket="reelqueue-videos", Key=f"videos/{job_id}/1/video.mp4")
    assert (video["ContentLength"], video["ContentType"]) == (answer["bytes"], "video/mp4")
    poster = service.at.s3.get_object(Bucket="reelqueue-videos", Key=f"videos/{job_id}/1/poster.jpg")
    assert poster["Body"].read(3) == b"\xff\xd8\xff"
    assert service.store.slots().active == 0
    assert service.messages("jobs") == [{"wake": "finished"}]


def test_a_scene_that_is_spoken_brings_its_captions_and_is_spoken_once(service: Service) -> None:
    scene = {"text": "Hello", "voice": {"text": "Hello and welcome."}, "captions": {"source": "voice"}}
    first, second = (run(service, admitted(service, request(scenes=[scene]))) for _ in range(2))
    assert first["duration"] == second["duration"]
    assert 1 < float(str(first["duration"])) < 4
    kept = service.at.s3.list_objects_v2(Bucket="reelqueue-videos", Prefix="segments/")["Contents"]
    assert len([item for item in kept if item["Key"].endswith(".speech")]) == 1
    key = f"videos/{first['jobId']}/1/captions.vtt"
    captions = service.at.s3.get_object(Bucket="reelqueue-videos", Key=key)
    assert captions["ContentType"] == "text/vtt"
    assert b"\nHello and welcome.\n" in captions["Body"].read()
    assert key in str(first["captionsUrl"])


def test_the_video_is_a_redirect_to_a_fresh_link(service: Service) -> None:
    job_id = admitted(service)
    assert service.call("GET", f"/videos/{job_id}").body["error"]["code"] == "VIDEO_NOT_READY"
    run(service, job_id)
    answer = service.call("GET", f"/videos/{job_id}")
    assert answer.status == 302
    assert f"videos/{job_id}/1/video.mp4" in answer.headers["Location"]
    assert "Signature" in answer.headers["Location"]


def test_render_times_feed_the_estimate(service: Service) -> None:
    run(service, admitted(service))
    assert service.store.slots().mean_render_ms is not None


def test_a_second_delivery_renders_nothing(service: Service) -> None:
    job_id = admitted(service)
    first = run(service, job_id)
    again = run(service, job_id)
    assert again["finishedAt"] == first["finishedAt"]
    assert len(service.messages("jobs")) == 1


def test_an_attempt_that_is_not_the_jobs_leaves_quietly(service: Service) -> None:
    job_id = admitted(service)
    assert run(service, job_id, attempt=2)["status"] == "processing"
    render.app.lambda_handler({"jobId": "0123456789abcdef", "attempt": 1, "leg": 1}, CONTEXT)


def test_a_missing_asset_fails_the_job_and_names_scene_and_element(service: Service) -> None:
    scenes = [{"text": "Hello"}, {"elements": [{"type": "image", "src": "asset:nothing.jpg"}]}]
    answer = run(service, admitted(service, request(scenes=scenes)))
    error = answer["error"]
    assert isinstance(error, dict)
    assert answer["status"] == "failed"
    assert "scenes[1].elements[0].src" in error["message"]
    assert "nothing.jpg" in error["message"]
    assert error["details"][0]["pointer"] == "/scenes/1/elements/0/src"
    assert service.store.slots().active == 0


def test_an_asset_of_the_caller_is_found(service: Service) -> None:
    ok, jpeg = cv2.imencode(".jpg", numpy.full((90, 160, 3), (0, 0, 255), numpy.uint8))
    assert ok
    service.at.s3.put_object(Bucket="reelqueue-videos", Key="assets/admin/red.jpg", Body=jpeg.tobytes())
    answer = run(service, admitted(service, request(scenes=[{"image": "asset:red.jpg", "duration": 1}])))
    assert answer["status"] == "completed", answer


def test_progress_moves_and_stays_below_100_until_the_end(service: Service) -> None:
    job_id = admitted(service, request(scenes=[{"text": "Hi", "duration": 15}], output={"resolution": "720p"}))
    seen: list[int] = []
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.3):
            job = service.store.job(job_id)
            if job is not None and job.status is JobStatus.PROCESSING:
                seen.append(job.progress)

    watcher = threading.Thread(target=look)
    watcher.start()
    run(service, job_id)
    over.set()
    watcher.join()
    assert seen == sorted(seen)
    assert any(0 < percent < 100 for percent in seen)


def test_a_cancelled_render_ends_within_two_seconds_and_frees_its_slot(service: Service) -> None:
    job_id = admitted(service, LONG)
    cancelled_at: list[float] = []

    def cancel() -> None:
        service.call("POST", f"/jobs/{job_id}/cancel")
        cancelled_at.append(time.monotonic())

    thread = after(3, cancel)
    answer = run(service, job_id)
    thread.join()
    assert time.monotonic() - cancelled_at[0] < 4  # two seconds, and what a busy test machine adds
    assert answer["status"] == "cancelled"
    assert service.store.slots().active == 0


def test_a_render_over_its_time_fails_and_says_so(service: Service) -> None:
    service.at.store.now = epoch_ms
    answer = run(service, admitted(service, {**LONG, "timeoutSeconds": 2}))
    error = answer["error"]
    assert isinstance(error, dict)
    assert (answer["status"], error["code"]) == ("failed", "RENDER_TIMEOUT")
    assert "2 s" in error["message"]


def test_a_fenced_render_stops_and_changes_nothing(service: Service) -> None:
    job_id = admitted(service, LONG)
    thread = after(2, lambda: service.store.reclaim(job_id, 1, "given up for lost"))
    answer = run(service, job_id)
    thread.join()
    assert (answer["status"], answer["attempt"]) == ("queued", 1)
    assert service.messages("jobs") == []


def test_the_directory_of_a_render_is_empty_at_first_and_gone_at_last(tmp_path: Path) -> None:
    left = tmp_path / "reelqueue-render-999999999"
    left.mkdir()
    neighbour = tmp_path / "reelqueue-render-1"
    neighbour.mkdir()
    with workdir(tmp_path) as path:
        assert list(path.iterdir()) == []
        assert not left.exists()
        (path / "frame").write_bytes(b"x")
    assert not path.exists()
    assert neighbour.exists()
