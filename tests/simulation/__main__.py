"""``make simulate``: the long run. ``python -m tests.simulation --seed N`` shows one schedule, step by step."""

from __future__ import annotations

import argparse
import secrets
import sys

from tests.simulation.campaign import Report, campaign
from tests.simulation.schedule import run

_PROGRESS_EVERY = 1000


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    options.add_argument("--schedules", type=int, default=10_000)
    options.add_argument("--processes", type=int, default=2)
    options.add_argument("--first", type=int, help="the first seed; the others follow it (default: a fresh one)")
    options.add_argument("--seed", type=int, help="replay the schedule of this seed, and print its trace")
    chosen = options.parse_args()
    if chosen.seed is not None:
        return replay(chosen.seed)
    first = secrets.randbelow(10**9) if chosen.first is None else chosen.first
    seeds = range(first, first + chosen.schedules)
    print(f"seeds {first} to {seeds[-1]}", flush=True)
    report = campaign(seeds, processes=chosen.processes, progress=_show)
    print(report)
    for outcome in report.broken[:10]:
        print(f"seed {outcome.seed}: {outcome.violations[0]}")
    return replay(report.broken[0].seed) if report.broken else 0


def replay(seed: int) -> int:
    """Print all that happens in a schedule; 1 if something that must not."""
    outcome = run(seed, keep_trace=True)
    print(*outcome.trace, sep="\n")
    print(f"seed {seed}, trace {outcome.digest}")
    print(*(outcome.violations or ["no violation"]), sep="\n")
    return 1 if outcome.violations else 0


def _show(report: Report) -> None:
    if report.schedules % _PROGRESS_EVERY == 0:
        print(f"{report.schedules:,} schedules, {len(report.broken)} violations, {report.seconds:.0f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
