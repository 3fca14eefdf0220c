"""The programs in examples/ do what they say, against the local stack."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from examples.receiver import receiver
from local.ports import claim
from tests.e2e.conftest import PATIENCE_SECONDS, QUICK, Client, wait_until

EXAMPLES = Path(__file__).parents[2] / "examples"


def run(*command: str, **environment: str) -> str:
    done = subprocess.run(
        command, env={"PATH": "/usr/bin:/bin", **environment}, capture_output=True, text=True, timeout=PATIENCE_SECONDS
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_picture_becomes_a_video(client: Client, tmp_path: Path) -> None:
    picture = min((EXAMPLES / "assets").glob("*.jpg"), key=lambda path: path.stat().st_size)
    out = tmp_path / "video.mp4"
    stack = client.stack
    where = ("--api-url", stack.api_url, "--password", stack.auth[1], "--webhook-url", stack.receiver.url)
    said = run(sys.executable, str(EXAMPLES / "video.py"), str(picture), "--out", str(out), *where)
    assert "The video is ready" in said
    assert "2 s, 640 x 360" in said
    assert out.read_bytes()[4:8] == b"ftyp"


def test_curl_submits_looks_and_cancels(client: Client) -> None:
    said = run("sh", str(EXAMPLES / "curl.sh"), API=client.stack.api_url, WEBHOOK=client.stack.receiver.url)
    lines = said.splitlines()
    assert lines[0].startswith("submitted ")
    assert lines[1] in ("status queued", "status processing")
    assert lines[2] == "status cancelled"
    assert lines[0].split()[1] in lines[3]


def test_the_receiver_prints_what_is_genuine(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    port = claim(None, "PORT")
    with receiver(port, client.stack.description.webhookSecret) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        job_id = client.submit(
            webhookUrl=f"http://127.0.0.1:{port}/", output=QUICK, scenes=[{"text": "Hello", "duration": 0.5}]
        )
        assert client.finish(job_id)["status"] == "completed"
        said: list[str] = []

        def arrived() -> bool:
            said.append(capsys.readouterr().out)
            return f"job.completed {job_id} http" in "".join(said)

        wait_until(arrived)
        refused = client.http.post(f"http://127.0.0.1:{port}/", json={"type": "job.completed"}, timeout=10)
        server.shutdown()
    assert refused.status_code == 401
    assert "".join(said).count(f"job.processing {job_id}") == 1
