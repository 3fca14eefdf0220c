"""How long a slot stays empty while jobs wait: from the end of one render to the start of the next.

    python -m bench turnaround

On the local stack, with its emulator in the place of SQS and Lambda, short videos and a line that does not end before
the last of them. The k-th end of a render frees the slot that the k-th start after the first full house takes.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import requests

from local.stack import LocalStack

SLOTS = 2
JOBS = 40
PATIENCE_SECONDS = 300
REQUEST = {
    "theme": "minimal",
    "output": {"width": 64, "height": 64, "fps": 10, "quality": "draft"},
    "scenes": [{"text": "Next, please", "duration": 1}],
    "cache": False,
}
PARAMETERS = {"MaxConcurrentRenders": str(SLOTS), "RateLimitPerMinute": "60000"}


def main() -> dict[str, Any]:
    """Measure: ``{"turnaround": {"slots", "jobs", "medianSeconds", "p95Seconds", "maxSeconds"}}``."""
    with (
        tempfile.TemporaryDirectory() as folder,
        LocalStack.start(Path(folder), parameters=PARAMETERS) as stack,
        requests.Session() as http,
    ):
        http.auth = stack.auth
        body = REQUEST | {"webhookUrl": stack.receiver.url}
        _call(http, stack, "PATCH", "/queue-settings", {"paused": True})
        ids = [_call(http, stack, "POST", "/generate-video-async", body)["jobId"] for _ in range(JOBS)]
        _call(http, stack, "PATCH", "/queue-settings", {"paused": False})
        jobs = [_ended(http, stack, job_id) for job_id in ids]
    starts = sorted(_seconds(job["startedAt"]) for job in jobs)
    ends = sorted(_seconds(job["finishedAt"]) for job in jobs)
    empty = [start - end for end, start in zip(ends, starts[SLOTS:], strict=False)]
    figures = {
        "medianSeconds": statistics.median(empty),
        "p95Seconds": statistics.quantiles(empty, n=20)[-1],
        "maxSeconds": max(empty),
    }
    return {"turnaround": {"slots": SLOTS, "jobs": JOBS} | {name: round(value, 3) for name, value in figures.items()}}


def rows(results: Mapping[str, Any]) -> Iterator[list[str]]:
    """The results as a table for people."""
    figures = results["turnaround"]
    yield list(figures)
    yield [f"{value:g}" for value in figures.values()]


def _call(http: requests.Session, stack: LocalStack, method: str, path: str, body: object = None) -> Any:
    answer = http.request(method, f"{stack.api_url}{path}", json=body, timeout=60)
    answer.raise_for_status()
    return answer.json()


def _ended(http: requests.Session, stack: LocalStack, job_id: str) -> dict[str, Any]:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (job := _call(http, stack, "GET", f"/job-status/{job_id}"))["status"] != "completed":
        if job["status"] in ("failed", "cancelled") or time.monotonic() > deadline:
            raise RuntimeError(f"job {job_id} is {job['status']}: {job['message']}")
        # Rarely: the emulator answers one request at a time, and is what is measured.
        time.sleep(0.5)
    return dict(job)


def _seconds(time_of_day: str) -> float:
    return datetime.fromisoformat(time_of_day).timestamp()
