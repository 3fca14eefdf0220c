"""``make demo``: one video, from the request to the file, through the real system on this machine.

Starts a local stack of its own (on free ports, so it runs beside ``make dev``), uploads ``examples/assets``, submits
``examples/winter.json`` (or the file that it is given) with the local receiver as its webhook, shows the console lines,
the progress and the webhooks, fetches the video and its poster into ``.local/demo/`` and stops everything. The path of
the video is the last line of its output. Exit code 0 means that the job was completed and that exactly one
``job.processing`` and one ``job.completed`` arrived, correctly signed.
"""

from __future__ import annotations

import json
import signal
import sys
import time
from pathlib import Path
from typing import Any

import requests
import rich.console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from local.console import Console
from local.deploy import DeployFailed
from local.launch import StartFailed
from local.ports import PortTaken
from local.stack import PROJECT, AlreadyRunning, LocalStack

EXAMPLE = PROJECT / "examples" / "winter.json"
ASSETS = PROJECT / "examples" / "assets"
FOLDER = PROJECT / ".local" / "demo"

_FINAL = ("completed", "failed", "cancelled")
_EXPECTED = ["job.processing", "job.completed"]
_POLL_SECONDS = 0.4
_RENDER_SECONDS = 900
_WEBHOOK_SECONDS = 20
_SETTLE_SECONDS = 1.5
"""How long to look for a webhook too many, and for the last console line."""

Answer = dict[str, Any]


class DemoFailed(Exception):
    """The demo did not end as it should; the message says what went wrong."""


class Screen:
    """What is shown: lines, and below them a progress bar; in a pipe or a file the bar's figures are lines as well."""

    def __init__(self) -> None:
        self._console = rich.console.Console(highlight=False, markup=False, soft_wrap=True)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=40),
            TextColumn("{task.percentage:>3.0f}%"),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._task = self._bar.add_task("", total=100, visible=False, start=False)
        self._shown = -1

    def say(self, line: str) -> None:
        """One line above the bar."""
        self._bar.console.print(line)

    def progress(self, job: Answer) -> None:
        percent = job["progress"]
        self._bar.start_task(self._task)
        self._bar.update(self._task, description=f"{job['status']:<10}", completed=percent, visible=True)
        if not self._console.is_terminal and percent // 10 > self._shown and job["status"] == "processing":
            self._shown = percent // 10
            self.say(f"   {job['message']}")

    def __enter__(self) -> Screen:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()


class Api:
    """The calls of the API that the demo makes."""

    def __init__(self, stack: LocalStack) -> None:
        self._url = stack.api_url
        self._session = requests.Session()
        self._session.auth = stack.auth

    def call(self, method: str, path: str, body: object = None) -> requests.Response:
        """Raises DemoFailed with the API's own words when it refuses."""
        answer = self._session.request(method, f"{self._url}/{path}", json=body, timeout=60, allow_redirects=False)
        if answer.status_code >= 400:
            raise DemoFailed(f"{method} /{path} answered {answer.status_code}: {answer.text}")
        return answer

    def upload(self, file: Path) -> None:
        """Ask for a form, then post the file with its fields straight to the bucket."""
        form = self.call("POST", "assets", {"name": file.name}).json()["upload"]
        with file.open("rb") as content:
            stored = requests.post(form["url"], data=form["fields"], files={"file": content}, timeout=120)
        if not stored.ok:
            raise DemoFailed(f"uploading {file.name} answered {stored.status_code}: {stored.text}")


def run(stack: LocalStack, screen: Screen, name: str, request: Answer) -> tuple[Path, Path]:
    """One video through the stack, saved as ``name``; the paths of the video and of the poster.

    Raises:
        DemoFailed: it did not work out; the message says why.
    """
    api = Api(stack)
    files = sorted(ASSETS.iterdir())
    for file in files:
        api.upload(file)
    megabytes = sum(file.stat().st_size for file in files) / 1e6
    screen.say(f"Uploaded {len(files)} assets, {megabytes:.1f} MB")
    request = {**request, "webhookUrl": stack.description.receiverUrl}
    job_id = api.call("POST", "generate-video-async", request).json()["jobId"]
    screen.say(f"Submitted {name}.json as job {job_id}")
    job = _follow(api, job_id, screen)
    _check_webhooks(stack, job_id)
    if job["status"] != "completed":
        raise DemoFailed(f"Job {job_id} {job['status']}: {job['message']}")
    size = f"{job['width']}x{job['height']}, {job['duration']:g} s, {job['bytes'] / 1e6:.1f} MB"
    screen.say(f"{size}, rendered in {job['renderSeconds']:.1f} s")
    location = api.call("GET", f"videos/{job_id}").headers["Location"]
    return _download(location, f"{name}.mp4"), _download(job["posterUrl"], f"{name}.jpg")


def _follow(api: Api, job_id: str, screen: Screen) -> Answer:
    """Show the job's progress until it has ended; its last status."""
    deadline = time.monotonic() + _RENDER_SECONDS
    while time.monotonic() < deadline:
        job: Answer = api.call("GET", f"job-status/{job_id}").json()
        screen.progress(job)
        if job["status"] in _FINAL:
            return job
        time.sleep(_POLL_SECONDS)
    raise DemoFailed(f"Job {job_id} did not end within {_RENDER_SECONDS} s")


def _check_webhooks(stack: LocalStack, job_id: str) -> None:
    """Wait for the start and the end, then a moment longer for what should not come. A failure speaks for itself."""
    deadline = time.monotonic() + _WEBHOOK_SECONDS
    while len(stack.receiver.received(job_id)) < len(_EXPECTED) and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(_SETTLE_SECONDS)
    types = [event["type"] for event in stack.receiver.received(job_id)]
    ended = types[-1] if types else ""
    if sorted(types) != sorted(_EXPECTED) and ended not in ("job.failed", "job.cancelled"):
        raise DemoFailed(f"The receiver got {types or 'no webhook'}; it should have got {_EXPECTED}")


def _download(url: str, name: str) -> Path:
    """A presigned URL into the demo's folder. Without the password: the bucket takes only the signature."""
    target = FOLDER / name
    with requests.get(url, stream=True, timeout=120) as answer:
        if not answer.ok:
            raise DemoFailed(f"downloading {name} answered {answer.status_code}: {answer.text}")
        with target.open("wb") as file:
            for chunk in answer.iter_content(1 << 20):
                file.write(chunk)
    return target


def main(example: Path = EXAMPLE) -> int:
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends as Ctrl-C does: in order
    started = time.monotonic()
    screen = Screen()
    try:
        request = json.loads(example.read_text(encoding="utf-8"))
        screen.say("Starting the local stack ...")
        with LocalStack.start(FOLDER / "stack") as stack:
            screen.say(f"Ready after {time.monotonic() - started:.1f} s at {stack.api_url}")
            stack.receiver.say = screen.say
            groups = [value for name, value in stack.resources.items() if name.endswith("Logs")]
            with screen, Console(stack.aws, groups, screen.say):
                video, poster = run(stack, screen, example.stem, request)
    except json.JSONDecodeError as error:
        print(f"{example} is not JSON: {error}", file=sys.stderr)
        return 1
    except (DemoFailed, PortTaken, AlreadyRunning, StartFailed, DeployFailed, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130
    print(
        f"All of it took {time.monotonic() - started:.1f} s. The poster and the video:\n{poster}\n{video}", flush=True
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:2])))
