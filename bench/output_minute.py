"""What a minute of video costs, by the measured render times and the prices of ``reelqueue/costs.py``.

    python -m bench output_minute     # after render, whose figures it takes

Lambda gives 1 vCPU per 1,769 MB of memory. A render is taken to be as fast there as on as many cores of the machine
that measured it, in proportion: it keeps all of them busy (``rendering.md``). More memory is then as much faster as it
is dearer, and a minute costs the same whatever the memory is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.workloads import WORKLOADS
from reelqueue.costs import PRICES_OF, Spent, render_cost_usd

MEASURED_CORES = 2
MB_PER_VCPU = 1769
MEMORY_MB = (3008, 10_240)
RETENTION_DAYS = 30

_RESULTS = Path(__file__).with_name("results.json")


def main() -> dict[str, Any]:
    """Render time and cost of a minute of each workload of ``render``."""
    render = json.loads(_RESULTS.read_text(encoding="utf-8"))["render"]
    return {"prices": PRICES_OF, "minutes": {w.name: _minute(render[w.name], w.seconds) for w in WORKLOADS.values()}}


def rows(results: dict[str, Any]) -> Iterator[list[str]]:
    """The table that ``docs/operations.md`` shows."""
    yield ["workload", *(f"render time at {memory:,} MB" for memory in MEMORY_MB), "USD, x86_64", "USD, arm64"]
    for name, found in results["minutes"].items():
        times = (f"{seconds:.0f} s" for seconds in found["seconds"].values())
        yield [name, *times, *(f"{usd:.4f}" for usd in found["usd"].values())]


def _minute(measured: dict[str, float], video_seconds: float) -> dict[str, Any]:
    per_minute = 60 / video_seconds
    seconds = {
        str(memory): measured["seconds"] * per_minute * MEASURED_CORES / (memory / MB_PER_VCPU) for memory in MEMORY_MB
    }
    usd = {
        machine: render_cost_usd(
            Spent(ms=round(1000 * seconds[str(MEMORY_MB[0])]), invocations=1),
            memory_mb=MEMORY_MB[0],
            machine=machine,
            stored_bytes=round(measured["megabytes"] * 1e6 * per_minute),
            retention_days=RETENTION_DAYS,
        )
        for machine in ("x86_64", "arm64")
    }
    return {"seconds": {memory: round(value, 1) for memory, value in seconds.items()}, "usd": usd}
