"""Render as the container that AWS would run. The other end-to-end tests that ``make test-image`` runs use it too."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.containers import IMAGE
from local.stack import LocalStack
from tests.e2e.conftest import Client, wait_until
from tests.e2e.test_5_crash import long_job, rendering

SIZE_MB = 750
COLD_START_SECONDS = 3
TOOLS = ("make", "gcc", "cc", "ld", "git", "curl")
LAMBDA_S = ("--read-only", "--tmpfs", "/tmp:mode=1777", "--tmpfs", "/dev/shm:ro")


def docker(*arguments: str) -> str:
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, check=True).stdout.strip()


def containers(stack: LocalStack) -> list[str]:
    """Those of the stack's renders."""
    address = stack.description.awsEndpointUrl.removeprefix("http://")
    return docker("ps", "--all", "--quiet", "--filter", f"label=ministack.instance={address}").split()


def foremen(client: Client) -> list[str]:
    """The containers in which the engine is at work."""
    return [c for c in containers(client.stack) if "render.engine.start" in docker("top", c)]


def inside(*command: str) -> str:
    """What a command says in a container as Lambda would start it."""
    return docker("run", "--rm", *LAMBDA_S, "--entrypoint", command[0], IMAGE, *command[1:])


@pytest.fixture
def cold() -> Iterator[tuple[str, float]]:
    """The address of a container of the image that has not started its function yet, and when it was asked for."""
    asked = time.monotonic()
    container = docker("run", "--detach", "--publish", "127.0.0.1::8080", *LAMBDA_S, IMAGE)
    yield "http://" + docker("port", container, "8080").splitlines()[0], asked
    docker("rm", "--force", container)


def test_renders_run_in_containers_that_are_not_root(client: Client) -> None:
    assert client.finish(client.submit(scenes=[{"text": "Hello", "duration": 0.5}]))["status"] == "completed"

    assert containers(client.stack)
    for container in containers(client.stack):
        assert docker("inspect", "--format", "{{.Config.User}}", container) == "65534:65534"
        assert docker("exec", container, "id", "-u") == "65534"


def test_no_container_outlives_its_stack(tmp_path: Path) -> None:
    with LocalStack.start(tmp_path, render_image=IMAGE) as stack:
        stack.aws.functions.invoke(FunctionName=stack.resources["RenderFunction"], Payload=b"{}")
        assert containers(stack)
    assert not containers(stack)


def test_a_cancelled_render_stops_its_encoder_in_the_container(client: Client) -> None:
    job_id = long_job(client, 120)
    wait_until(lambda: rendering(client, job_id))
    assert len(foremen(client)) == 1

    assert client.call("POST", f"/jobs/{job_id}/cancel").status_code == 200

    assert client.finish(job_id)["status"] == "cancelled"
    assert not foremen(client)
    wait_until(lambda: client.stack.receiver.received(job_id)[-1]["type"] == "job.cancelled")


def test_a_render_whose_container_dies_is_done_again(client: Client) -> None:
    job_id = long_job(client, 40)
    wait_until(lambda: rendering(client, job_id))
    [container] = foremen(client)

    docker("kill", container)

    final = client.finish(job_id)
    assert final["status"] == "completed", final
    assert final["attempt"] == 2


def test_a_missing_asset_fails_the_job_and_names_the_element(client: Client) -> None:
    final = client.finish(client.submit(scenes=[{"image": "asset:missing.jpg"}]))

    assert final["status"] == "failed"
    assert "missing.jpg" in final["error"]["message"]
    wait_until(lambda: len(client.stack.receiver.received(final["jobId"])) >= 2)


def test_every_script_and_emoji_has_its_glyphs_in_the_image(client: Client) -> None:
    """The fonts came along: without one the render would fail."""
    text = "Grüße Привет 你好 こんにちは 안녕 مرحبا שלום नमस्ते 🎬"

    final = client.finish(client.submit(scenes=[{"text": text, "duration": 0.5}]))

    assert final["status"] == "completed", final


def test_the_image_has_no_build_tools() -> None:
    found = inside("sh", "-c", f"for tool in {' '.join(TOOLS)}; do command -v $tool; done; true")
    assert not found


def test_the_image_is_small_and_starts_quickly(cold: tuple[str, float], capsys: pytest.CaptureFixture[str]) -> None:
    """An event without a job fails, once everything that a render needs has been imported."""
    megabytes = int(docker("image", "inspect", "--format", "{{.Size}}", IMAGE)) / 1_000_000
    address, asked = cold

    answer: dict[str, str] = {}
    while not answer and time.monotonic() < asked + 20:
        try:
            request = urllib.request.Request(f"{address}/2015-03-31/functions/function/invocations", data=b"{}")
            with urllib.request.urlopen(request, timeout=20) as response:
                answer = json.loads(response.read())
        except urllib.error.URLError:
            time.sleep(0.02)  # the emulator is not listening yet
    seconds = time.monotonic() - asked

    assert answer["errorType"] == "KeyError"
    with capsys.disabled():
        print(f"\nrender image: {megabytes:.0f} MB; first answer {seconds:.2f} s after its container was asked for")
    assert megabytes < SIZE_MB
    assert seconds < COLD_START_SECONDS
