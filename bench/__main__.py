"""``make bench``: runs the benchmarks, prints their tables, and keeps their figures in ``bench/results.json``.

python -m bench                   # all
python -m bench turnaround        # these; the figures of the others stay as they are
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import encoders, output_minute, pixels, queue_costs, render, turnaround

RESULTS = Path(__file__).with_name("results.json")
BENCHMARKS: dict[str, tuple[str, Any]] = {
    "queue_costs": ("queue", queue_costs),
    "turnaround": ("queue", turnaround),
    "encoders": ("encoders", encoders),
    "pixels": ("pixels", pixels),
    "render": ("render", render),
    "output_minute": ("costs", output_minute),
}
"""By name: the part of the results that it belongs to, and its module with ``main`` and ``rows``."""


def main(names: list[str]) -> int:
    """Run these benchmarks, or all."""
    unknown = set(names) - BENCHMARKS.keys()
    if unknown:
        print(f"There is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 1
    for name in names or BENCHMARKS:
        part, module = BENCHMARKS[name]
        figures = module.main()
        _keep(part, figures)
        _print(name, [*module.rows(figures)])
    return 0


def _keep(part: str, figures: dict[str, Any]) -> None:
    results: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    results[part] = results.get(part, {}) | figures
    RESULTS.write_text(json.dumps(results, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _print(title: str, rows: list[list[str]]) -> None:
    table = Table(*rows[0], title=title)
    for row in rows[1:]:
        table.add_row(*row)
    Console().print(table)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
