"""The whole system over real HTTP: the real template on the local stack, real ffmpeg, a real webhook receiver."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from local.dev import render_image
from local.processes import descendants
from local.stack import LocalStack

IMAGE = render_image(os.environ)
"""With ``RENDER=image`` (make test-image) the image that renders; otherwise the source tree does."""

collect_ignore = [] if IMAGE else ["test_10_image.py", "test_11_deploy.py", "test_12_layer.py"]

CAP = 2
PATIENCE_SECONDS = 120
"""How long anything may take; only a failure waits for so long."""

QUICK = {"width": 320, "height": 180, "fps": 10, "quality": "draft"}
Answer = dict[str, Any]


@dataclass
class Client:
    """The API as a client with ``requests`` sees it."""

    stack: LocalStack
    auth: tuple[str, str] | None = None
    http: requests.Session = field(default_factory=requests.Session)

    def call(self, method: str, path: str, **more: Any) -> requests.Response:
        url = f"{self.stack.api_url}{path}"
        return self.http.request(
            method, url, auth=self.auth or self.stack.auth, timeout=PATIENCE_SECONDS, allow_redirects=False, **more
        )

    def post(self, **body: Any) -> requests.Response:
        """Submit a request whose webhooks go to the stack's receiver."""
        body = {"webhookUrl": self.stack.receiver.url, "theme": "minimal", "output": QUICK} | body
        return self.call("POST", "/generate-video-async", json=body)

    def submit(self, **body: Any) -> str:
        """The id of a job that was accepted."""
        answer = self.post(**body)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["jobId"])

    def status(self, job_id: str) -> Answer:
        answer = self.call("GET", f"/job-status/{job_id}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def queue(self) -> Answer:
        return dict(self.call("GET", "/queue-status").json())

    def follow(self, job_id: str, *until: str) -> list[Answer]:
        """Each different answer of the job's status, up to the first with one of the statuses."""
        answers: list[Answer] = []

        def arrived() -> bool:
            answer = self.status(job_id)
            if not answers or answer != answers[-1]:
                answers.append(answer)
            return answer["status"] in until

        wait_until(arrived)
        return answers

    def finish(self, job_id: str) -> Answer:
        """The final status of a job."""
        return self.follow(job_id, "completed", "failed", "cancelled")[-1]


def wait_until(condition: Callable[[], bool], pause: float = 0.2, patience: float = PATIENCE_SECONDS) -> None:
    """Return as soon as it holds; fail when it does not in time."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, f"not within {patience} s"
        time.sleep(pause)


def processes_of(pid: int, *words: str) -> set[int]:
    """The processes below ``pid`` whose command line has all the words."""
    found = set()
    for child in descendants(pid):
        with contextlib.suppress(OSError):
            command = Path(f"/proc/{child}/cmdline").read_text(errors="replace")
            if all(word in command for word in words):
                found.add(child)
    return found


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits to be collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    with LocalStack.start(
        tmp_path_factory.mktemp("stack"),
        parameters={"MaxConcurrentRenders": str(CAP), "RateLimitPerMinute": "1000"},
        render_image=IMAGE,
    ) as running:
        yield running


@pytest.fixture(scope="session")
def client(stack: LocalStack) -> Iterator[Client]:
    with requests.Session() as http:
        yield Client(stack, http=http)
