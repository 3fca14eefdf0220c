"""A share of the long run (``make simulate``), with fresh seeds each time."""

from __future__ import annotations

import secrets

import pytest

from tests.simulation.campaign import Report
from tests.simulation.schedule import run

SCHEDULES = 80
SEEDS = range(6)


@pytest.fixture(scope="module")
def report() -> Report:
    first = secrets.randbelow(10**9)
    print(f"seeds {first} to {first + SCHEDULES - 1}; replay one with: make simulate SEED=...")
    report = Report()
    for seed in range(first, first + SCHEDULES):
        report.add(run(seed))
    return report


def test_no_schedule_breaks_a_promise(report: Report) -> None:
    assert [(outcome.seed, outcome.violations) for outcome in report.broken] == []


def test_the_schedules_do_what_they_are_for(report: Report) -> None:
    """Jobs render, though much goes wrong: a simulation in which nothing happens would find nothing."""
    assert report.starts > SCHEDULES
    assert report.faults.total() > 10 * SCHEDULES
    assert len(report.faults) > 15


@pytest.mark.parametrize("seed", SEEDS)
def test_a_seed_replays_exactly(seed: int) -> None:
    first, again = run(seed, keep_trace=True), run(seed)
    assert first.digest == again.digest
    assert first.calls == again.calls


def test_seeds_differ() -> None:
    assert len({run(seed).digest for seed in SEEDS}) == len(SEEDS)
