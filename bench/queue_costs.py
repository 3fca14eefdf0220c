"""What the steps of the queue cost, by the number of jobs in line: calls to AWS, DynamoDB units, milliseconds.

    python -m bench queue_costs

The real store in this process, on the tables and queues of the local stack; submit, status and queue status moreover
over HTTP, through the API and its functions. The line is laid out as submissions of the last day would have left it,
since a hundred thousand real ones would take an hour. Milliseconds are medians, for comparing the lengths only: the
emulator looks through a whole partition where DynamoDB finds its place at once.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import boto3
import requests

from bench.wire import Cost, Wire
from local.aws import REGION
from local.overlay import load_template
from local.stack import PROJECT, LocalStack
from reelqueue import intake, records, semaphore, views
from reelqueue.courier import announce
from reelqueue.deployment import Deployment
from reelqueue.errors import RenderError
from reelqueue.http import Caller
from reelqueue.jobs import Job, JobStatus
from reelqueue.line import Ticket, ticket_key
from reelqueue.observability import logger
from reelqueue.settings import Settings
from reelqueue.table import Item, Key, to_item
from reelqueue.tally import cell

LENGTHS = (0, 1_000, 10_000, 100_000)
ROUNDS = 9
DAY_MS = 86_400_000
ADMIN = Caller("admin", administrator=True)
PARAMETERS = {"RateLimitPerMinute": "60000", "MaxQueueLength": "1000000"}
REQUEST = {
    "webhookUrl": "http://127.0.0.1:9/hook",
    "theme": "winter",
    "scenes": [{"text": "Winter sale", "duration": 4}, {"text": "Up to 50% off", "duration": 4}],
}


def main() -> dict[str, Any]:
    """Measure all lengths.

    Returns:
        ``{"costs": {length: {step: figures}}}`` with ``awsCalls``, ``readUnits``, ``writeUnits``, ``calls`` (by
        operation) and, for what clients call, ``ms``.
    """
    logger.setLevel("CRITICAL")
    costs: dict[str, Any] = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        LocalStack.start(Path(folder), parameters=PARAMETERS) as stack,
        _deployment(stack) as at,
    ):
        semaphore.change(at.store, deployed_limit=5, limit=None, paused=True)
        table = load_template(PROJECT / "template.yaml")["Resources"]["Table"]["Properties"]
        wire = Wire(boto3.client("dynamodb"), at.settings.table_name, table["GlobalSecondaryIndexes"])
        filled = 0
        for length in LENGTHS:
            _fill(at, filled, length)
            filled = length
            costs[str(length)] = _measure(at, wire, stack)
    return {"costs": costs}


def rows(results: Mapping[str, Any]) -> Iterator[list[str]]:
    """The results as a table for people."""
    yield ["jobs in line", "step", "AWS calls", "read units", "write units", "ms"]
    for length, steps in results["costs"].items():
        for step, figures in steps.items():
            numbers = (figures.get(name) for name in ("awsCalls", "readUnits", "writeUnits", "ms"))
            yield [f"{int(length):,}", step, *("" if number is None else f"{number:g}" for number in numbers)]


def _measure(at: Deployment, wire: Wire, stack: LocalStack) -> dict[str, Any]:
    costs: dict[str, Cost] = {}

    def counted(name: str, action: Callable[[], Any]) -> Any:
        with wire.counting(at.dynamodb, at.sqs) as costs[name]:
            return action()

    # The first submission in a while finds its bucket of tokens full and nobody in its own seconds: not the usual one.
    intake.submit(at, ADMIN, REQUEST)
    life(at, counted)
    figures = {name: cost.as_dict() for name, cost in costs.items()}
    for name, milliseconds in _times(stack).items():
        figures[name]["ms"] = round(statistics.median(milliseconds), 1)
    return figures


def life(at: Deployment, step: Callable[[str, Callable[[], Any]], Any]) -> None:
    """A job is submitted at the end of the line, and looked at; the one at its head goes through to its end."""
    job_id = step("submit", lambda: intake.submit(at, ADMIN, REQUEST)).answer["jobId"]
    step("status", lambda: views.job_status(at, ADMIN, job_id))
    step("queue status", lambda: views.queue_status(at, ADMIN))
    ticket = next(at.store.line(limit=1))
    semaphore.change(at.store, deployed_limit=5, limit=None, paused=False)
    step("admit", lambda: at.store.admit(ticket))
    semaphore.change(at.store, deployed_limit=5, limit=None, paused=True)
    admitted = at.store.job(ticket.job_id)
    assert admitted is not None
    started = step("start", lambda: at.store.start(admitted, at.store.now() + 900_000))
    step("progress", lambda: at.store.progress(started, 45))
    failed = started.failed(RenderError("The encoder failed."), at.store.now())
    finished = step("finish", lambda: at.store.finish(started, failed))
    step("wake, hand over", lambda: announce(at, finished))


def _times(stack: LocalStack) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {"submit": [], "status": [], "queue status": []}
    with requests.Session() as http:
        http.auth = stack.auth

        def call(name: str, method: str, path: str, body: object = None) -> Any:
            started = time.perf_counter()
            answer = http.request(method, f"{stack.api_url}{path}", json=body, timeout=60)
            times[name].append(1000 * (time.perf_counter() - started))
            answer.raise_for_status()
            return answer.json()

        for _ in range(ROUNDS):
            job_id = call("submit", "POST", "/generate-video-async", REQUEST)["jobId"]
            call("status", "GET", f"/job-status/{job_id}")
            call("queue status", "GET", "/queue-status")
    return times


@contextmanager
def _deployment(stack: LocalStack) -> Iterator[Deployment]:
    """The parts of AWS as a function of the stack has them, for this process."""
    environment = {
        "AWS_ENDPOINT_URL": stack.description.awsEndpointUrl,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
    }
    with mock.patch.dict(os.environ, environment):
        yield Deployment(
            Settings(
                table_name=stack.description.tableName,
                bucket_name=stack.description.bucketName,
                jobs_queue_url=stack.resources["JobsQueue"],
                webhook_queue_url=stack.resources["WebhookQueue"],
                webhook_secret_arn=stack.resources["WebhookSecret"],
                max_queue_length=int(PARAMETERS["MaxQueueLength"]),
                rate_limit_per_minute=int(PARAMETERS["RateLimitPerMinute"]),
                allow_private_addresses=True,
            )
        )


def _fill(at: Deployment, first: int, length: int) -> None:
    """Lengthen the line to this many jobs, spread over the last day: each with its row, its ticket and its counts."""
    now = at.store.now()
    written: list[Item] = []
    tallies: dict[Key, dict[str, int]] = {}
    for number in range(first, length):
        queued_at = now - DAY_MS + (number - first) * DAY_MS // (length - first)
        job_id = f"{number:016x}"
        key = ticket_key(job_id, queued_at, "normal")
        ends = now + DAY_MS
        job = Job(job_id, "admin", JobStatus.QUEUED, key, "http://127.0.0.1:9/hook", queued_at, queued_at, ends)
        written += [
            to_item(records.job_row(job)),
            to_item(records.ticket_row(Ticket(key, job_id, "admin", queued_at, ends))),
            to_item(records.row(records.twin_key(key), {"jobId": job_id})),
        ]
        place = cell(key)
        wide = tallies.setdefault(records.wide_key(place.shard), {})
        narrow = tallies.setdefault(records.narrow_key(place.shard, place.wide), {})
        for counts, bucket in (wide, place.wide), (narrow, place.narrow):
            counts[records.counted(bucket)] = counts.get(records.counted(bucket), 0) + 1
    for start in range(0, len(written), 25):
        puts: list[Any] = [{"PutRequest": {"Item": item}} for item in written[start : start + 25]]
        at.dynamodb.batch_write_item(RequestItems={at.settings.table_name: puts})
    for row_key, counts in tallies.items():
        at.store.table.update(at.store.table.change(row_key, adds={**counts, "version": 1}))
