"""The commands of the docs run as they stand there, against the local stack."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.e2e.conftest import CAP, PATIENCE_SECONDS, Client

PROJECT = Path(__file__).parents[2]
PAGES = ["README.md", "docs/api.md", "docs/webhooks.md"]
ID = "8c1f0b5e2d9a4f37"
"""The job of the docs."""


def commands(page: str) -> list[str]:
    """The calls by curl in a page: from the line that begins one to the end of its quotes."""
    text = (PROJECT / page).read_text(encoding="utf-8")
    blocks = re.findall(r"(?:^    .*\n)+", text, flags=re.MULTILINE)
    found = [re.search(r"^    (curl (?:[^'\n]|'[^']*')*)", block, flags=re.MULTILINE) for block in blocks]
    return [match[1] for match in found if match]


CALLS = [(page, command) for page in PAGES for command in commands(page)]


def test_there_are_calls_in_the_docs() -> None:
    assert {page for page, _ in CALLS} == set(PAGES)


@pytest.fixture
def waiting(client: Client) -> Iterator[None]:
    """Nothing renders meanwhile; afterwards the queue is as it was, whatever the docs have set."""
    client.call("PATCH", "/queue-settings", json={"paused": True})
    yield
    client.call("PATCH", "/queue-settings", json={"paused": False, "maxConcurrent": CAP})


@pytest.mark.usefixtures("waiting")
@pytest.mark.parametrize(("page", "command"), CALLS, ids=lambda text: re.sub(r"\s+", " ", text)[-60:])
def test_a_call_of_the_docs_is_answered(page: str, command: str, client: Client) -> None:
    job_id = client.submit(scenes=[{"text": "Hello"}])
    assert client.call("POST", f"/jobs/{job_id}/cancel").json()["status"] == "cancelled"
    done = subprocess.run(
        ["sh", "-c", command.replace(ID, job_id) + " -sS -w '\\n%{http_code}'"],
        env={"PATH": "/usr/bin:/bin", "API": client.stack.api_url},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )
    body, _, status = done.stdout.rpartition("\n")
    assert status in ("200", "202"), (page, done.stdout, done.stderr)
    if made := json.loads(body).get("jobId"):
        client.call("POST", f"/jobs/{made}/cancel")


def test_the_upload_of_the_docs_uploads(client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (PROJECT / "docs" / "api.md").read_text(encoding="utf-8")
    [block] = re.findall(r"^    form = .*\n    requests\.post.*\n", text, flags=re.MULTILINE)
    (tmp_path / "photo.jpg").write_bytes(b"a picture")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"Path": Path, "requests": requests, "api": client.stack.api_url, "auth": client.stack.auth}
    exec(re.sub("^    ", "", block, flags=re.MULTILINE), names)
    key = names["form"]["fields"]["key"]
    stored = client.stack.aws.s3.get_object(Bucket=client.stack.description.bucketName, Key=key)
    assert stored["Body"].read() == b"a picture"
