"""What is refused, by whom, and in which shape: always the same."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.conftest import Client


def error_of(body: Any) -> dict[str, Any]:
    """The error of an answer that has the shape of all errors."""
    assert list(body) == ["success", "error"]
    assert body["success"] is False
    error: dict[str, Any] = body["error"]
    assert list(error) == ["code", "message", "details", "requestId"]
    assert error["requestId"]
    return error


@pytest.mark.parametrize("auth", [("admin", "wrong"), ("nobody", "changeme"), ("", "")])
def test_an_unknown_caller_is_asked_for_the_password(auth: tuple[str, str], client: Client) -> None:
    answer = Client(client.stack, auth=auth, http=client.http).call("GET", "/queue-status")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith('Basic realm="Reelqueue"')
    assert error_of(answer.json())["code"] == "UNAUTHORIZED"


def test_an_unknown_job_is_not_found(client: Client) -> None:
    answer = client.call("GET", "/job-status/nosuchjob")
    assert answer.status_code == 404
    assert error_of(answer.json())["code"] == "JOB_NOT_FOUND"


@pytest.mark.parametrize(("method", "path"), [("GET", "/nothing"), ("DELETE", "/jobs"), ("GET", "/jobs/x/cancel")])
def test_an_unknown_route_is_not_found(method: str, path: str, client: Client) -> None:
    answer = client.call(method, path)
    assert answer.status_code == 404
    assert error_of(answer.json())["code"] == "NOT_FOUND"


def test_a_video_without_scenes_is_invalid(client: Client) -> None:
    answer = client.post(scenes=[])
    assert answer.status_code == 422
    assert error_of(answer.json())["details"][0]["pointer"] == "/scenes"


def test_a_misspelt_field_is_named(client: Client) -> None:
    answer = client.post(scenes=[{"text": "Hello", "length": 2}])
    assert answer.status_code == 422
    error = error_of(answer.json())
    assert error["code"] == "INVALID_SCENE"
    assert error["details"][0]["pointer"] == "/scenes/0/length"
    assert "duration" in error["details"][0]["message"]


def test_a_body_that_is_not_json_is_refused(client: Client) -> None:
    answer = client.call("POST", "/generate-video-async", data="{", headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert error_of(answer.json())["code"] == "INVALID_JSON"


def test_a_missing_asset_fails_the_job_and_names_its_place(client: Client) -> None:
    scenes = [
        {"text": "Fine", "duration": 1},
        {"duration": 1, "elements": [{"type": "text", "text": "Fine"}, {"type": "image", "src": "asset:missing.jpg"}]},
    ]
    job_id = client.submit(scenes=scenes)
    final = client.finish(job_id)
    assert final["status"] == "failed"
    assert final["error"]["code"] == "ASSET_UNAVAILABLE"
    assert final["error"]["details"][0]["pointer"] == "/scenes/1/elements/1/src"
    assert final["error"]["message"].startswith("scenes[1].elements[1].src: ")
    assert final["attempt"] == 1
