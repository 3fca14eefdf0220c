"""The simulation can fail: known mistakes, made on purpose, are found within what ``make test`` may take."""

from __future__ import annotations

import secrets

import pytest

from tests.simulation.campaign import caught
from tests.simulation.mutations import MUTATIONS, Mutation

BUDGET = 1000
"""Schedules; the mistake that is the hardest to find takes about 70."""


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_a_mistake_is_found(mutation: Mutation, capsys: pytest.CaptureFixture[str]) -> None:
    first = secrets.randbelow(10**9)
    outcome = caught(mutation, range(first, first + BUDGET))
    assert outcome is not None, f"{mutation.name}: not found by the seeds from {first}"
    with capsys.disabled():
        print(f"\n{mutation.name}: found after {outcome.seed - first + 1} schedules: {outcome.violations[0][:120]}")
