"""What a render costs."""

from __future__ import annotations

import pytest

from reelqueue.costs import Spent, render_cost_usd


@pytest.mark.parametrize(("machine", "usd"), [("x86_64", 0.001667), ("aarch64", 0.001333), ("arm64", 0.001333)])
def test_the_cost_is_gb_seconds_of_the_processor(machine: str, usd: float) -> None:
    spent = Spent(ms=50_000, invocations=1)
    cost = render_cost_usd(spent, memory_mb=2048, machine=machine, stored_bytes=0, retention_days=30)
    assert cost == pytest.approx(usd, abs=2e-6)


def test_storage_costs_by_the_month() -> None:
    cost = render_cost_usd(Spent(), memory_mb=0, machine="x86_64", stored_bytes=10**9, retention_days=60)
    assert cost == pytest.approx(0.046)


def test_each_invocation_and_each_segment_costs_a_request() -> None:
    spent = Spent(invocations=1000, gets=1000, puts=100)
    cost = render_cost_usd(spent, memory_mb=0, machine="x86_64", stored_bytes=0, retention_days=30)
    assert cost == pytest.approx(0.0011)


def test_what_amazon_polly_speaks_costs_by_the_character() -> None:
    cost = render_cost_usd(Spent(characters=10_000), memory_mb=0, machine="arm64", stored_bytes=0, retention_days=30)
    assert cost == pytest.approx(0.16)
