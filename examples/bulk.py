"""Make many videos at once, and watch the line: `python examples/bulk.py` while `make dev` is running.

Submits 20 short videos as fast as the API takes them. No more than `maxConcurrent` of them render at a time; the
others wait, first in, first out. The program follows them to the end and checks just that: it exits with 0 only if
the limit was never exceeded, the videos left the line in the order of submission, and all were completed.
It needs nothing but `requests`, so it is also a start for your own client.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import requests

STACK = Path(__file__).parents[1] / ".local" / "stack.json"  # written by `make dev`: the local API and its password
LISTED = 100  # of the waiting jobs, queue-status lists the first hundred
FINAL = ("completed", "failed", "cancelled")
COLORS = ("#12355B", "#1F6F8B", "#6A4C93", "#2D6A4F", "#B5543A")


class Api:
    """The calls that this program makes. Waits as long as `Retry-After` says when the API answers 429 or 503."""

    def __init__(self, url: str, username: str, password: str) -> None:
        self.url = url.rstrip("/")
        self.session = requests.Session()
        self.session.auth = (username, password)

    def call(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        while True:
            answer = self.session.request(method, f"{self.url}/{path}", json=body, timeout=30)
            if answer.status_code not in (429, 503):
                break
            pause = int(answer.headers.get("Retry-After", 5))
            print(f"{answer.status_code}: the API asks to wait {pause} s", flush=True)
            time.sleep(pause)
        if not answer.ok:
            sys.exit(f"{method} /{path} answered {answer.status_code}: {answer.text}")
        content: dict[str, Any] = answer.json()
        return content


def video(number: int, webhook_url: str) -> dict[str, Any]:
    """The request for one short video: two seconds of text on a gradient."""
    return {
        "webhookUrl": webhook_url,
        "theme": "winter",
        "metadata": {"number": number},
        "output": {"width": 640, "height": 360, "fps": 24, "quality": "draft"},
        "scenes": [
            {
                "duration": 2,
                "background": {"type": "gradient", "colors": [COLORS[number % len(COLORS)], "#0B1020"], "angle": 160},
                "elements": [{"type": "text", "text": f"Video {number}", "style": "title"}],
            }
        ],
    }


def submit_all(api: Api, count: int, webhook_url: str) -> list[str]:
    """Submit the videos one after the other; their job ids, in that order."""
    ids = []
    for number in range(1, count + 1):
        answer = api.call("POST", "generate-video-async", video(number, webhook_url))
        queue = answer["queue"]
        print(
            f"{number:3}  {answer['jobId']}  position {queue['position']}"
            f"  (active {queue['activeRenders']}/{queue['maxConcurrent']})",
            flush=True,
        )
        ids.append(answer["jobId"])
    return ids


def wait_for_all(api: Api, ids: list[str]) -> tuple[list[dict[str, Any]], int, int, bool]:
    """Follow the jobs to their end.

    Returns:
        The last status of each job, the most renders seen active at once, the limit, and whether those that waited
        were the last submitted, in that order, whenever it looked: nobody overtook.
    """
    ended: list[dict[str, Any]] = []
    most, limit, in_order, line = 0, 0, True, ""
    while len(ended) < len(ids):
        queue = api.call("GET", "queue-status")
        most, limit = max(most, queue["activeRenders"]), queue["maxConcurrent"]
        waiting = [job["jobId"] for job in queue["queuedJobs"] if job["jobId"] in ids]
        in_order &= not waiting or waiting == ids[ids.index(waiting[0]) :][:LISTED]
        while len(ended) < len(ids) and (job := api.call("GET", f"job-status/{ids[len(ended)]}"))["status"] in FINAL:
            ended.append(job)
        figures = f"activeRenders {queue['activeRenders']}/{limit}  queueLength {queue['queueLength']:2}"
        line = show(f"{figures}  ended {len(ended):2}", line)
        time.sleep(0.1)
    print(flush=True)
    return ended, most, limit, in_order


def show(line: str, last: str) -> str:
    """The live line: rewritten in a terminal, printed on change elsewhere."""
    if sys.stdout.isatty():
        print(f"\r{line}", end="", flush=True)
    elif line != last:
        print(line, flush=True)
    return line


def check(jobs: list[dict[str, Any]], most: int, limit: int, in_order: bool) -> bool:
    """Print what was seen and whether the promises held."""
    failed = [job for job in jobs if job["status"] != "completed"]
    results = (
        (f"never more than {limit} active: at most {most} were", most <= limit),
        ("left the line in the order of submission", in_order),
        (f"{len(jobs) - len(failed)} of {len(jobs)} completed", not failed),
    )
    for text, held in results:
        print(f"{'ok    ' if held else 'FAILED'}  {text}")
    for job in failed:
        print(f"        {job['jobId']} {job['status']}: {job['message']}")
    return all(held for _, held in results)


def main() -> int:
    stack = json.loads(STACK.read_text()) if STACK.exists() else {}
    parser = argparse.ArgumentParser(description="Submit many short videos and check that they keep to the line.")
    parser.add_argument("--count", type=int, default=20, help="how many videos (%(default)s)")
    parser.add_argument("--api-url", default=stack.get("apiUrl"), help="with the stage: https://.../api")
    parser.add_argument("--username", default=stack.get("username", "admin"))
    parser.add_argument("--password", default=stack.get("password"))
    parser.add_argument("--webhook-url", default=stack.get("receiverUrl", "https://your-app.com/webhook"))
    options = parser.parse_args()
    if not options.api_url or not options.password:
        parser.error(
            "there is no .local/stack.json: start the local API with `make dev`, or give --api-url and --password"
        )
    api = Api(options.api_url, options.username, options.password)
    try:
        ids = submit_all(api, options.count, options.webhook_url)
        return 0 if check(*wait_for_all(api, ids)) else 1
    except requests.ConnectionError:
        sys.exit(f"Nothing answers at {options.api_url}: start the local API with `make dev`, or give --api-url")


if __name__ == "__main__":
    raise SystemExit(main())
