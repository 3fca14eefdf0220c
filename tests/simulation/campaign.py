"""Many schedules, in several processes, and what came of them."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from multiprocessing import get_context

from tests.simulation.mutations import Mutation
from tests.simulation.schedule import Outcome, run

_CHUNK = 20
"""How many schedules a process takes at a time."""


@dataclass
class Report:
    """The sum of many outcomes; ``broken`` are those with a violation."""

    schedules: int = 0
    jobs: int = 0
    starts: int = 0
    handovers: int = 0
    ends: int = 0
    simulated_ms: int = 0
    seconds: float = 0.0
    calls: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    actions: Counter[str] = field(default_factory=Counter)
    broken: list[Outcome] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        self.schedules += 1
        self.jobs += outcome.jobs
        self.starts += outcome.starts
        self.handovers += outcome.handovers
        self.ends += outcome.ends
        self.simulated_ms += outcome.simulated_ms
        self.calls += outcome.calls
        self.faults += outcome.faults
        self.actions += outcome.actions
        if outcome.violations:
            self.broken.append(outcome)

    def __str__(self) -> str:
        hours = self.simulated_ms / 3_600_000
        lines = [
            f"{self.schedules:,} schedules in {self.seconds:.0f} s ({hours:,.0f} hours of simulated time)",
            f"{self.jobs:,} jobs, {self.starts:,} renders started, {self.handovers:,} hand-overs, {self.ends:,} ends",
            *_counted("calls to AWS and webhooks", self.calls),
            *_counted("faults", self.faults),
            *_counted("steps of clients and operators", self.actions),
            f"{len(self.broken):,} violations",
        ]
        return "\n".join(lines)


def campaign(seeds: Iterable[int], *, processes: int, progress: Callable[[Report], None]) -> Report:
    """Run the schedules of these seeds; ``progress`` sees the report as it grows."""
    report, begin = Report(), time.monotonic()
    with get_context("spawn").Pool(processes) as pool:
        for outcome in pool.imap_unordered(run, seeds, chunksize=_CHUNK):
            report.add(outcome)
            report.seconds = time.monotonic() - begin
            progress(report)
    return report


def caught(mutation: Mutation, seeds: Iterable[int]) -> Outcome | None:
    """The first schedule that notices a mistake; None if none does."""
    outcomes = (run(seed, mutation=mutation) for seed in seeds)
    return next((outcome for outcome in outcomes if outcome.violations), None)


def _counted(what: str, counts: Counter[str]) -> list[str]:
    return [f"{counts.total():,} {what}", *(f"    {count:>9,}  {name}" for name, count in counts.most_common())]
