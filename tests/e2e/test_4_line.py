"""Many jobs at once: never more than the limit render, first come is first served, and the limit moves at run time."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from local.journal import read_lines
from tests.e2e.conftest import CAP, Answer, Client, wait_until

JOBS = 8
CROWD = 100
LIMIT = 5
TINY = {"width": 64, "height": 64, "fps": 10, "quality": "draft"}


@pytest.fixture(scope="module")
def endless() -> Iterator[dict[str, Any]]:
    """A request whose render goes on until somebody ends it, and takes nothing of the machine: its picture is served
    byte by byte."""
    over = threading.Event()

    class Slow(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            with contextlib.suppress(OSError):  # the render is gone
                while not over.wait(0.3):
                    self.wfile.write(b"x")

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield {"scenes": [{"image": f"http://127.0.0.1:{server.server_port}/slow.jpg", "duration": 1}]}
    over.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def limit(client: Client) -> Iterator[None]:
    """Five slots instead of two, and afterwards two again, in whatever state a failure left the queue."""
    set_queue(client, maxConcurrent=LIMIT)
    yield
    set_queue(client, maxConcurrent=CAP, paused=False)


def set_queue(client: Client, **settings: object) -> None:
    answer = client.call("PATCH", "/queue-settings", json=settings)
    assert answer.status_code == 200, answer.text


def holders(client: Client) -> list[set[str]]:
    """The jobs that have a slot, after each single write that changed them: from the journal, which holds each row."""
    journal = client.stack.file.parent / "state" / "table.jsonl"
    rows = [(key["pk"]["S"], row) for line in read_lines(journal) for _, key, row in line]
    return [set(row["holders"]["M"]) for partition_key, row in rows if partition_key == "SLOTS" and row is not None]


def admissions(after_each_write: list[set[str]]) -> list[str]:
    """The jobs in the order in which they were given a slot."""
    before_and_after = zip([set(), *after_each_write], after_each_write, strict=False)
    return [job_id for before, after in before_and_after for job_id in after - before]


def sampled_until_all_is_done(client: Client, pause: float = 0.1) -> list[Answer]:
    """The queue, every ``pause`` seconds, until nobody is in it. More samples would only slow the renders down."""
    samples: list[Answer] = []

    def empty() -> bool:
        samples.append(client.queue())
        return bool(samples[-1]["activeRenders"] + samples[-1]["queueLength"] == 0)

    wait_until(empty, pause=pause, patience=300)
    return samples


def statuses(client: Client, jobs: list[str]) -> list[str]:
    return [client.status(job_id)["status"] for job_id in jobs]


def cancel(client: Client, *jobs: str) -> None:
    for job_id in jobs:
        assert client.call("POST", f"/jobs/{job_id}/cancel").status_code == 200
    for job_id in jobs:
        assert client.finish(job_id)["status"] == "cancelled"


def test_the_cap_and_the_order_hold_in_every_sample(client: Client) -> None:
    submitted = [client.submit(scenes=[{"text": f"Number {n}", "duration": 1}]) for n in range(JOBS)]

    samples = sampled_until_all_is_done(client)

    assert max(sample["activeRenders"] for sample in samples) == CAP
    for sample in samples:
        waiting = [job["jobId"] for job in sample["queuedJobs"]]
        # Who waits is always the youngest: the others, and only they, have started.
        assert waiting == submitted[JOBS - len(waiting) :]
    assert {client.status(job_id)["status"] for job_id in submitted} == {"completed"}


@pytest.mark.usefixtures("limit")
def test_of_a_crowd_none_is_lost_none_comes_twice_and_none_overtakes(client: Client) -> None:
    set_queue(client, paused=True)
    with ThreadPoolExecutor(CROWD) as crowd:
        # A session is not for many threads: each has a client of its own. Of four jobs one has a video to render; the
        # others end as soon as they have begun, which is quicker than anything else could fill and empty slots.
        scenes = [{"text": "In a crowd", "duration": 0.1}], [{"image": "asset:missing.jpg"}]
        submitted = list(
            crowd.map(
                lambda number: Client(client.stack).submit(output=TINY, scenes=scenes[number % 4 > 0]), range(CROWD)
            )
        )
        jobs = list(crowd.map(lambda job_id: Client(client.stack).status(job_id), submitted))

    assert len(set(submitted)) == CROWD
    assert sorted(job["queue"]["position"] for job in jobs) == list(range(1, CROWD + 1))
    in_line = [job["jobId"] for job in sorted(jobs, key=lambda job: int(job["queue"]["position"]))]
    accepted = [job["createdAt"] for job in sorted(jobs, key=lambda job: int(job["queue"]["position"]))]
    assert accepted == sorted(accepted)

    set_queue(client, paused=False)
    samples = sampled_until_all_is_done(client, pause=0.5)

    assert max(sample["activeRenders"] for sample in samples) <= LIMIT
    for sample in samples:
        waiting = [job["jobId"] for job in sample["queuedJobs"]]
        assert waiting == in_line[CROWD - len(waiting) :]
    held = [after & set(in_line) for after in holders(client)]
    assert max(map(len, held)) <= LIMIT
    assert admissions(held) == in_line
    ends = ["completed", *["failed"] * 3] * (CROWD // 4)
    assert statuses(client, submitted) == ends
    receiver = client.stack.receiver
    for job_id, end in zip(submitted, ends, strict=True):
        wait_until(lambda job_id=job_id: len(receiver.received(job_id)) >= 2)  # type: ignore[misc]
        assert sorted(event["type"] for event in receiver.received(job_id)) == sorted([f"job.{end}", "job.processing"])


@pytest.mark.usefixtures("limit")
def test_a_raised_limit_starts_the_difference_at_once(client: Client, endless: dict[str, Any]) -> None:
    jobs = [client.submit(**endless) for _ in range(9)]
    wait_until(lambda: client.queue()["activeRenders"] == LIMIT)

    set_queue(client, maxConcurrent=8)

    wait_until(lambda: client.queue()["activeRenders"] == 8)
    assert statuses(client, jobs) == ["processing"] * 8 + ["queued"]
    cancel(client, *reversed(jobs))


@pytest.mark.usefixtures("limit")
def test_a_lowered_limit_kills_nothing_and_starts_nothing_until_fewer_are_active(
    client: Client, endless: dict[str, Any]
) -> None:
    jobs = [client.submit(**endless) for _ in range(7)]
    wait_until(lambda: client.queue()["activeRenders"] == LIMIT)

    set_queue(client, maxConcurrent=2)

    for left in (4, 3, 2):
        assert statuses(client, jobs[LIMIT - left - 1 :]) == ["processing"] * (left + 1) + ["queued"] * 2
        cancel(client, jobs[LIMIT - left - 1])
        wait_until(lambda left=left: client.queue()["activeRenders"] == left)  # type: ignore[misc]
    assert statuses(client, jobs[3:]) == ["processing"] * 2 + ["queued"] * 2

    cancel(client, jobs[3])

    wait_until(lambda: statuses(client, jobs[4:]) == ["processing", "processing", "queued"])
    assert {attempt["attempt"] for attempt in map(client.status, jobs[:6])} == {1}
    cancel(client, *reversed(jobs[4:]))
