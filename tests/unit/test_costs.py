"""What a render costs."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from bench import output_minute
from local.overlay import load_template
from reelqueue.costs import PRICES_OF, TMP_MB, Spent, render_cost_usd

PROJECT = Path(__file__).parents[2]
TWO_PUTS = 0.00001
"""The upload of a small video and of its poster."""


@pytest.mark.parametrize(("machine", "usd"), [("x86_64", 0.001667), ("aarch64", 0.001333), ("arm64", 0.001333)])
def test_the_cost_is_gb_seconds_of_the_processor_and_of_tmp(machine: str, usd: float) -> None:
    spent = Spent(ms=50_000, invocations=1)
    cost = render_cost_usd(spent, memory_mb=2048, machine=machine, stored_bytes=0, retention_days=30)
    tmp = 50 * 9.5 * 0.0000000309
    assert cost == pytest.approx(usd + tmp + TWO_PUTS, abs=1e-6)


def test_tmp_is_what_the_template_gives() -> None:
    render = load_template(PROJECT / "template.yaml")["Resources"]["RenderFunction"]["Properties"]
    assert render["EphemeralStorage"]["Size"] == TMP_MB


def test_storage_costs_by_the_month_and_the_upload_by_its_parts() -> None:
    cost = render_cost_usd(Spent(), memory_mb=0, machine="x86_64", stored_bytes=10**9, retention_days=60)
    assert cost == pytest.approx(0.046 + (120 + 2 + 1) * 0.000005)


def test_each_invocation_and_each_segment_costs_a_request() -> None:
    spent = Spent(invocations=1000, gets=1000, puts=100)
    cost = render_cost_usd(spent, memory_mb=0, machine="x86_64", stored_bytes=0, retention_days=30)
    assert cost == pytest.approx(0.0011 + TWO_PUTS)


def test_what_amazon_polly_speaks_costs_by_the_character() -> None:
    cost = render_cost_usd(Spent(characters=10_000), memory_mb=0, machine="arm64", stored_bytes=0, retention_days=30)
    assert cost == pytest.approx(0.16 + TWO_PUTS)


def test_the_docs_have_what_an_output_minute_costs() -> None:
    """By the render times in bench/results.json and the prices of today: ``make bench BENCH=output_minute``."""
    found = output_minute.main()
    kept = json.loads((PROJECT / "bench" / "results.json").read_text(encoding="utf-8"))["costs"]
    assert kept == found
    text = (PROJECT / "docs" / "operations.md").read_text(encoding="utf-8")
    for row in output_minute.rows(found):
        assert f"| {' | '.join(row)} |" in text
    assert f"list prices of us-east-1 of {PRICES_OF}" in re.sub(r"\s+", " ", text)
