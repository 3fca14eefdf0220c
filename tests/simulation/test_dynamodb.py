"""The thin DynamoDB of the simulation answers as boto3 on moto does, to what the store really sends."""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from reelqueue import records, semaphore
from reelqueue.jobs import Job, JobStatus
from reelqueue.line import moved, ticket_key
from reelqueue.rates import Bucket
from reelqueue.slots import Holder
from reelqueue.store import Fenced, Store
from reelqueue.table import ConditionFailed, Table
from reelqueue.tokens import take_token
from tests.simulation.dynamodb import DynamoDB
from tests.simulation.world import table_properties

NAME = "reelqueue"
STEPS = 100
STEP_NAMES = (
    *("submit", "submit", "admit", "admit", "start", "start", "progress", "finish", "reclaim", "requeue"),
    *("cancel", "expire", "retry", "delivered", "limit", "deploy", "token"),
)
START_MS = 1_763_145_000_000
FRESH_SEED = None
"""Drawn in the test: its name must be the same in each process that collects it."""


class Clock:
    def __init__(self) -> None:
        self.ms = START_MS

    def __call__(self) -> int:
        return self.ms


@pytest.fixture
def both(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Clock, Store, Store]]:
    """One clock, and two stores: over the thin client, and over boto3."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    clock, properties = Clock(), table_properties()
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        kept = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
        client.create_table(TableName=NAME, **{name: properties[name] for name in kept})
        thin: Any = DynamoDB(properties, NAME)
        yield clock, Store(Table(thin, NAME), now=clock), Store(Table(client, NAME), now=clock)


class Moves:
    """Random steps of the protocol, of which many must be refused; each is taken on both stores."""

    def __init__(self, rng: random.Random, clock: Clock) -> None:
        self._rng = rng
        self._clock = clock
        self._numbers = 0
        self.old: list[Job] = []
        """Jobs as they were at some time: whoever acts on one is mostly too late."""

    def draw(self, now: Store) -> tuple[str, list[Any]]:
        """A step and its arguments."""
        self._clock.ms += self._rng.choice((0, 1, 5_000, 70_000))
        for number in range(self._numbers):
            job = now.job(_job_id(number))
            if job is not None and job not in self.old:
                self.old.append(job)
        name = self._rng.choice(STEP_NAMES)
        if name in ("submit", "limit", "deploy", "token") or not self.old:
            return self._independent(name)
        job = self._rng.choice(self.old[-12:])
        return name, self._arguments(name, job)

    def _independent(self, name: str) -> tuple[str, list[Any]]:
        match name:
            case "limit":
                return name, [self._rng.randint(1, 3), self._rng.choice((True, False, False))]
            case "deploy":
                return name, [self._rng.randint(1, 3)]
            case "token":
                return name, []
        job_id, now = _job_id(self._numbers), self._clock()
        self._numbers += 1
        place = ticket_key(job_id, now, self._rng.choice(("low", "normal", "high")))
        job = Job(job_id, "shop", JobStatus.QUEUED, place, "https://example.com/", now, now, now + 600_000)
        record = records.row(
            records.idempotency_key("shop", str(self._rng.randint(1, 3))),
            {"bodyHash": "h", "ttl": now // 1000 + 200, "answer": "{}"},
        )
        return "submit", [job, record if self._rng.random() < 0.4 else None]

    def _arguments(self, name: str, job: Job) -> list[Any]:
        now = self._clock()
        match name:
            case "start":
                return [job, now + 900_000]
            case "progress":
                return [job, self._rng.randint(1, 99)]
            case "finish":
                return [job, job.cancelled(now), self._rng.choice((None, 5_000))]
            case "reclaim":
                lease = Holder(job.attempt, now) if self._rng.random() < 0.3 else None
                return [job.id, job.attempt, "lost", lease]
            case "requeue":
                return [job, "no slot"]
            case "retry":
                place = moved(job.ticket_key, job.queued_at, now)
                final = job if job.status.final else job.cancelled(now)
                return [final, final.retried(now, place, 600_000)] if not final.result else [job, job]
            case "delivered":
                ids = [event.id for event in job.due] or ["nothing"]
                return [job.id, ids[: self._rng.randint(1, len(ids))]]
        return [job]


def _job_id(number: int) -> str:
    return f"{number:016x}"


def take(store: Store, name: str, arguments: list[Any]) -> object:
    """Take a step; what it answers, or how it is refused."""
    try:
        match name:
            case "submit":
                store.submit(arguments[0], '{"scenes": []}', arguments[1])
            case "admit" | "expire":
                job = arguments[0]
                tickets = [ticket for ticket in store.line() if ticket.job_id == job.id]
                return getattr(store, name)(tickets[0]) if tickets else None
            case "reclaim":
                return store.reclaim(*arguments[:3], lease=arguments[3])
            case "limit":
                semaphore.change(store, deployed_limit=2, limit=arguments[0], paused=arguments[1])
            case "deploy":
                semaphore.deploy_limit(store, arguments[0])
            case "token":
                return take_token(store, "shop", Bucket(60), None)
            case _:
                return getattr(store, name)(*arguments)
    except ConditionFailed as refused:
        return refused.old
    except Fenced:
        return "fenced"
    return None


def look(store: Store) -> list[object]:
    """What all the reads say."""
    jobs = [job for _, job in store.jobs_of("shop", before=None, page=3)]
    line = list(store.line(limit=2))
    return [
        jobs,
        line,
        [store.position(ticket.key, store.glance(place=ticket.key).tally) for ticket in line],
        store.glance(records.rate_key("shop")),
        [list(store.open_jobs(status, limit=2)) for status in (JobStatus.QUEUED, JobStatus.PROCESSING)],
        store.overdue(store.now() + 1),
        store.expired(store.now()),
        [store.job_and_request(job.id) for job in jobs],
    ]


@pytest.mark.parametrize("seed", [1, FRESH_SEED])
def test_it_agrees_with_boto3_on_moto(both: tuple[Clock, Store, Store], seed: int | None) -> None:
    seed = secrets.randbelow(10**9) if seed is FRESH_SEED else seed
    print(f"seed {seed}")
    clock, thin, wire = both
    moves = Moves(random.Random(seed), clock)
    refused = 0
    for step in range(STEPS):
        name, arguments = moves.draw(thin)
        answers = [take(store, name, arguments) for store in (thin, wire)]
        assert answers[0] == answers[1], f"seed {seed}, step {step}: {name}"
        refused += answers[0] == "fenced" or isinstance(answers[0], dict)
        if step % 20 == 19:
            assert look(thin) == look(wire), f"seed {seed}, after step {step}: {name}"
    assert refused > STEPS // 20, "steps that nobody refuses show little"
