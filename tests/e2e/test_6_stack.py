"""``make dev`` itself: the same URL at every start, nothing left behind however it ends, and a taken port."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from local.ports import HOST, claim
from local.processes import descendants
from local.stack import PROJECT
from tests.e2e.conftest import alive, processes_of, wait_until


@dataclass(frozen=True)
class Dev:
    """A way to start ``make dev`` beside one that a person may have running."""

    state: Path
    port: int
    receiver_port: int

    @contextmanager
    def started(self, **settings: str) -> Iterator[subprocess.Popen[str]]:
        process = self.spawn(**settings)
        try:
            wait_until(lambda: self.description.exists() or process.poll() is not None)
            assert process.poll() is None, process.stdout and process.stdout.read()
            yield process
        finally:
            children = descendants(process.pid)
            process.kill()
            process.communicate()
            wait_until(lambda: not any(alive(child) for child in children))

    def spawn(self, **more: str) -> subprocess.Popen[str]:
        settings = {
            "PORT": str(self.port),
            "RECEIVER_PORT": str(self.receiver_port),
            "STATE": str(self.state),
            "MAX_CONCURRENT": "3",
        }
        return subprocess.Popen(
            [sys.executable, "-m", "local.dev"],
            cwd=PROJECT,
            env=dict(os.environ) | settings | more,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    @property
    def description(self) -> Path:
        return self.state / "stack.json"

    @property
    def api_url(self) -> str:
        return str(json.loads(self.description.read_text())["apiUrl"])


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Dev:
    return Dev(tmp_path_factory.mktemp("dev"), claim(None, "PORT"), claim(None, "RECEIVER_PORT"))


def test_a_start_after_a_crash_goes_on_at_the_same_url_and_no_process_is_left_of_either(dev: Dev) -> None:
    with dev.started() as process:
        url = dev.api_url
        answer = requests.get(f"{url}/queue-status", auth=("admin", "changeme"), timeout=30)
        assert answer.json()["maxConcurrent"] == 3
        job_id = submit_long_job(url)
        wait_until(lambda: rendering(process.pid))
        children = descendants(process.pid)
        assert len(children) >= 5  # the supervisor, the emulator, functions, the processes that render

        process.kill()

        wait_until(lambda: not any(alive(child) for child in children))
        dev.description.unlink()

    with dev.started() as process:
        assert dev.api_url == url
        wait_until(lambda: rendering(process.pid))
        job = status(url, job_id).json()
        assert (job["status"], job["attempt"]) == ("processing", 2)
        children = descendants(process.pid)

        process.send_signal(signal.SIGINT)

        output, _ = process.communicate(timeout=30)
        assert process.returncode == 0
        assert output.endswith("Stopped.\n")
        assert not any(alive(child) for child in children)
        assert not dev.description.exists()

    with dev.started(FRESH="1"):
        assert status(url, job_id).status_code == 404


def test_a_taken_port_is_named_with_its_setting(dev: Dev) -> None:
    with socket.create_server((HOST, dev.port)):
        process = dev.spawn()
        output, _ = process.communicate(timeout=30)
    assert process.returncode == 1
    assert f"Port {dev.port} is taken" in output
    assert "PORT=" in output
    assert "Traceback" not in output


def test_a_second_stack_runs_beside_the_first_in_a_folder_and_on_ports_of_its_own(dev: Dev, tmp_path: Path) -> None:
    second = Dev(tmp_path, claim(None, "PORT"), claim(None, "RECEIVER_PORT"))
    with dev.started(), second.started():
        for url in (dev.api_url, second.api_url):
            answer = requests.get(f"{url}/queue-status", auth=("admin", "changeme"), timeout=30)
            assert answer.status_code == 200

        same_folder = Dev(dev.state, claim(None, "PORT"), claim(None, "RECEIVER_PORT")).spawn()

        output, _ = same_folder.communicate(timeout=30)
        assert same_folder.returncode == 1
        assert f"its state is in {dev.state}" in output
        assert "Traceback" not in output


def submit_long_job(url: str) -> str:
    body = {"webhookUrl": "http://127.0.0.1:9/", "theme": "winter", "scenes": [{"text": "Long", "duration": 120}]}
    answer = requests.post(f"{url}/generate-video-async", json=body, auth=("admin", "changeme"), timeout=30)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["jobId"])


def status(url: str, job_id: str) -> requests.Response:
    return requests.get(f"{url}/job-status/{job_id}", auth=("admin", "changeme"), timeout=30)


def rendering(pid: int) -> bool:
    return bool(processes_of(pid, "render.engine.start"))
