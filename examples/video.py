"""One video with a picture of yours: `python examples/video.py photo.jpg --out video.mp4` while `make dev` is running.

Uploads the picture, submits a request that shows it, follows the job and saves the video. Ctrl-C cancels the job.
It needs nothing but `requests`. With `--api-url` and `--password` it does the same to a deployed stack.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import requests

STACK = Path(__file__).parents[1] / ".local" / "stack.json"  # written by `make dev`
FINAL = ("completed", "failed", "cancelled")


def upload(api: str, http: requests.Session, file: Path) -> str:
    """Upload a file; gives back what scenes call it."""
    answer = http.post(f"{api}/assets", json={"name": file.name}, timeout=30)
    answer.raise_for_status()
    form = answer.json()["upload"]
    # Without the session: the form is signed, and a password would be one too many.
    requests.post(form["url"], data=form["fields"], files={"file": file.read_bytes()}, timeout=300).raise_for_status()
    return str(answer.json()["src"])


def submit(api: str, http: requests.Session, request: dict[str, Any], key: str) -> str:
    """Submit a request; gives back the job's id. Sent again with the same key, it makes no second job."""
    answer = http.post(f"{api}/generate-video-async", json=request, headers={"Idempotency-Key": key}, timeout=30)
    if answer.status_code == 422:
        for mistake in answer.json()["error"]["details"]:
            print(f"{mistake['pointer']}: {mistake['message']}", file=sys.stderr)
    answer.raise_for_status()
    return str(answer.json()["jobId"])


def follow(api: str, http: requests.Session, job_id: str, pause: float = 1) -> dict[str, Any]:
    """The job when it has ended. Where a webhook can reach you, you need not poll: see receiver.py."""
    said = ""
    while True:
        answer = http.get(f"{api}/job-status/{job_id}", timeout=30)
        answer.raise_for_status()
        job: dict[str, Any] = answer.json()
        if job["message"] != said:
            print(said := job["message"], flush=True)
        if job["status"] in FINAL:
            return job
        time.sleep(pause)


def main() -> int:
    local = json.loads(STACK.read_text(encoding="utf-8")) if STACK.exists() else {}
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("picture", type=Path)
    parser.add_argument("--out", type=Path, default=Path("video.mp4"))
    parser.add_argument("--api-url", default=local.get("apiUrl"), required=not local)
    parser.add_argument("--username", default=local.get("username", "admin"))
    parser.add_argument("--password", default=local.get("password"), required=not local)
    parser.add_argument("--webhook-url", default=local.get("receiverUrl", "https://your-app.com/webhook"))
    chosen = parser.parse_args()
    http = requests.Session()
    http.auth = (chosen.username, chosen.password)
    api = chosen.api_url.rstrip("/")
    request = {
        "webhookUrl": chosen.webhook_url,
        "theme": "minimal",
        "output": {"resolution": "360p", "quality": "draft"},
        "scenes": [{"image": upload(api, http, chosen.picture), "text": chosen.picture.stem, "duration": 2}],
    }
    job_id = submit(api, http, request, key=f"{chosen.picture.name}-{time.time_ns()}")
    try:
        job = follow(api, http, job_id)
    except KeyboardInterrupt:
        print(http.post(f"{api}/jobs/{job_id}/cancel", timeout=30).json()["message"])
        return 1
    if job["status"] != "completed":
        return 1
    chosen.out.write_bytes(requests.get(job["videoUrl"], timeout=300).content)
    print(f"{chosen.out}: {job['duration']:g} s, {job['width']} x {job['height']}, {job['bytes']} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
