"""The adversary: decides, from a seed, who goes on, what goes wrong, and what clients and operators do meanwhile.

Each seed draws its own mixture of faults first (some kinds often, some never): a run in which everything goes wrong a
little finds less than many runs in each of which something goes wrong a lot.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.simulation.encoder import Script
from tests.simulation.faults import Call, Fault, Kind
from tests.simulation.tasks import Task
from tests.simulation.world import Script

_LASTS: dict[Kind, Sequence[tuple[int, int]]] = {
    Kind.LATE: [(1, 20_000)],
    Kind.REPEATED: [(1, 10_000)],
    Kind.SLOW: [(10, 10_000)],
    # A hiccup; longer than a lease; longer than any render may take.
    Kind.FROZEN: [(100, 10_000), (150_000, 400_000), (200_000, 1_200_000)],
}
"""Between how many milliseconds a fault lasts."""

_WRITES = 3
"""How much likelier a write is hit than a read."""


@dataclass
class Mix:
    """How likely each thing is, in this run."""

    faults: float
    kinds: Sequence[Kind]
    twice: float
    late: float
    never: float
    skew: float
    refused: float
    overtime: float

    @classmethod
    def draw(cls, rng: random.Random) -> Mix:
        def rate(most: float) -> float:
            return rng.choice((0.0, rng.random() * most, most))

        kinds = [kind for kind in Kind if rng.random() < 0.5]
        return cls(
            faults=rng.choice((0.01, 0.02, 0.05, 0.1)) if kinds else 0.0,
            kinds=kinds,
            twice=rate(0.5),
            late=rate(0.4),
            never=rate(0.4),
            skew=rate(1.0),
            refused=rate(0.6),
            overtime=rate(0.8),
        )


@dataclass
class Adversary:
    """All chance of a run comes from ``rng``. ``calm`` ends all faults."""

    rng: random.Random
    mix: Mix = field(init=False)
    calm: bool = False

    def __post_init__(self) -> None:
        self.mix = Mix.draw(self.rng)

    # What the driver asks.

    def pick(self, tasks: Sequence[Task]) -> Task:
        return tasks[0] if len(tasks) == 1 else self.rng.choice(tasks)

    def pace(self) -> int:
        return 5 if self.calm else self.rng.choice((1, 2, 5, 10, 30))

    def fault(self, call: Call | None) -> Fault | None:
        if call is None or self.calm or self.rng.random() >= self.mix.faults * (_WRITES if call.writes else 1):
            return None
        kinds = [kind for kind in call.kinds if kind in self.mix.kinds]
        if not kinds:
            return None
        kind = self.rng.choice(kinds)
        return Fault(kind, self._lasting(*self.rng.choice(_LASTS[kind])) if kind in _LASTS else 0)

    # What the world asks.

    def deliveries(self, what: str) -> list[int]:
        if self.calm:
            return [20]
        if what != "webhooks" and self._chance(self.mix.never):
            return []
        delays = [self._delay(what)]
        if self._chance(self.mix.twice):
            delays.append(self._delay(what))
        return delays

    def skew(self) -> int:
        return self.rng.randint(-5_000, 5_000) if self._chance(self.mix.skew) else 0

    def overtime(self) -> int:
        return self._lasting(10_000, 1_200_000) if self._chance(self.mix.overtime) else 0

    def script(self) -> Script:
        if self.calm:
            return Script(seconds=2)
        seconds = self.rng.choice((1, 1, 2, 3, 5, 8, 20))
        return Script(seconds, self.rng.choices(("well", "badly", "crash"), (8, 1, 1))[0])

    def answer(self) -> int:
        return self.rng.choice((404, 500, 503)) if self._chance(self.mix.refused) else 200

    def _delay(self, what: str) -> int:
        if not self._chance(self.mix.late):
            return self.rng.randint(1, 100)
        longest = {"invoke": 120_000, "schedule": 50_000}.get(what, 600_000)
        return self._lasting(100, longest)

    def _chance(self, rate: float) -> bool:
        return not self.calm and self.rng.random() < rate

    def _lasting(self, least: int, most: int) -> int:
        """A time; short ones and long ones are equally likely."""
        return least if most <= least else round(max(least, 1) * (most / max(least, 1)) ** self.rng.random())
