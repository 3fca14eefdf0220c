"""docs/webhooks.md: the examples that verify a signature do, as they stand there; each against a delivery over HTTP."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import threading
import time
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from reelqueue.addresses import Gate
from reelqueue.deliveries import State
from reelqueue.jobs import Event
from reelqueue.outgoing import Dialer, guarded_session
from reelqueue.webhooks import RETRY_TIMEOUT, Sender, signing_key

DOC = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text(encoding="utf-8")
SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef01234567").decode()
OTHER = "whsec_" + base64.b64encode(b"another-key-of-24-bytes!").decode()
EVENT = Event("msg_abc123_1_completed", "job.completed", 1_763_145_000_000, "abc123", {"metadata": {"name": "Zoë 🎬"}})

# What `verify` gets by the example's driver: a secret, headers, and the body in base64; it tells what came of each.
DRIVER = """
import { readFileSync } from "node:fs";
import { verify } from "./verify.mjs";
const told = JSON.parse(readFileSync(0, "utf8")).map(([secret, headers, body]) => {
  try {
    return { event: verify(secret, headers, Buffer.from(body, "base64")) };
  } catch (error) {
    return { refused: error.message };
  }
});
console.log(JSON.stringify(told));
"""


@dataclass(frozen=True)
class Post:
    """What a receiver got."""

    secret: str
    headers: dict[str, str]
    body: bytes

    def changed(self, **headers: str) -> Post:
        return replace(self, headers=self.headers | {name.replace("_", "-"): text for name, text in headers.items()})


def delivered(*keys: str, seconds_ago: int = 0) -> Post:
    """A delivery, signed with these keys and posted to a server on this machine."""
    got: list[Post] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            got.append(Post(SECRET, headers, self.rfile.read(int(headers["content-length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        sender = Sender(
            lambda: [signing_key(key) for key in keys],
            clock=lambda: time.time() - seconds_ago,
            session=guarded_session(Dialer(Gate(allow_private=True))),
        )
        assert sender.post(f"http://127.0.0.1:{server.server_port}/hook", EVENT, {"queue": {}}, RETRY_TIMEOUT).ok
        thread.join()
    return got[0]


@pytest.fixture(scope="module")
def genuine() -> list[Post]:
    return [delivered(SECRET), delivered(OTHER, SECRET), delivered(SECRET, OTHER), delivered(SECRET, seconds_ago=290)]


@pytest.fixture(scope="module")
def forged() -> list[Post]:
    post = delivered(SECRET)
    return [
        delivered(OTHER),
        delivered(SECRET, seconds_ago=400),
        delivered(SECRET, seconds_ago=-400),
        replace(post, body=post.body.replace(b"abc123", b"abc124") + b" "),
        post.changed(webhook_id="msg_another"),
        post.changed(webhook_timestamp=str(int(post.headers["webhook-timestamp"]) + 1)),
        post.changed(webhook_signature=""),
        post.changed(webhook_signature="v1,"),
        post.changed(webhook_signature=post.headers["webhook-signature"].replace("v1,", "v2,")),
    ]


def example(language: str) -> str:
    [code] = re.findall(rf"```{language}\n(.*?)```", DOC, re.DOTALL)
    return str(code)


def test_the_python_example_takes_what_is_genuine_and_nothing_else(genuine: list[Post], forged: list[Post]) -> None:
    names: dict[str, Any] = {}
    exec(compile(example("python"), "docs/webhooks.md", "exec"), names)
    for post in genuine:
        assert names["verify"](post.secret, post.headers, post.body)["data"]["metadata"]["name"] == "Zoë 🎬"
    for post in forged:
        with pytest.raises(ValueError, match=r"signature|timestamp"):
            names["verify"](post.secret, post.headers, post.body)


def test_the_javascript_example_takes_what_is_genuine_and_nothing_else(
    genuine: list[Post], forged: list[Post], tmp_path: Path
) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("NOT RUN: the JavaScript example of docs/webhooks.md needs node, and there is none on this machine")
    (tmp_path / "verify.mjs").write_text(example("javascript"), encoding="utf-8")
    (tmp_path / "driver.mjs").write_text(DRIVER, encoding="utf-8")
    posts = [[post.secret, post.headers, base64.b64encode(post.body).decode()] for post in (*genuine, *forged)]
    ran = subprocess.run(
        [node, "driver.mjs"], cwd=tmp_path, input=json.dumps(posts), capture_output=True, text=True, timeout=60
    )
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    names = [each["event"]["data"]["metadata"]["name"] for each in told[: len(genuine)]]
    assert names == ["Zoë 🎬"] * len(genuine)
    assert all("signature" in each["refused"] or "timestamp" in each["refused"] for each in told[len(genuine) :]), told


@pytest.mark.parametrize("state", State)
def test_every_state_is_described(state: State) -> None:
    assert f"| `{state}` |" in DOC
