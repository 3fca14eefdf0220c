"""The adversary: decides, from a seed, who goes on, what goes wrong, and what clients and operators do meanwhile.

Each seed draws its own mixture of faults first (some kinds often, some never): a run in which everything goes wrong a
little finds less than many runs in each of which something goes wrong a lot.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.simulation.encoder import Script
from tests.simulation.faults import Call, Fault, Kind
from tests.simulation.tasks import Process, Task

_LASTS: dict[Kind, Sequence[tuple[int, int]]] = {
    Kind.LATE: [(1, 20_000)],
    Kind.REPEATED: [(1, 10_000)],
    Kind.SLOW: [(10, 10_000)],
    # A hiccup; longer than a lease; longer than any render may take.
    Kind.FROZEN: [(100, 10_000), (150_000, 400_000), (200_000, 1_200_000)],
}
"""Between how many milliseconds a fault lasts."""

_FOR_LONG = 1_200_000

_WRITES, _FAVOURITE = 3, 6
"""How much likelier a write is hit than a read, and the favourite operation of a run than another one."""

OPERATIONS = ("TransactWriteItems", "UpdateItem", "SendMessage", "Invoke", "PutObject", "POST", "GetItem", "Query")


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
    dropped: float
    stalls: bool
    favourite: str

    @classmethod
    def draw(cls, rng: random.Random) -> Mix:
        def rate(most: float) -> float:
            return rng.choice((0.0, rng.random() * most, most))

        # One run in three is about functions that stall, and come back when Lambda should have ended them.
        stalls = rng.random() < 0.33
        kinds = [Kind.FROZEN] if stalls else [kind for kind in Kind if rng.random() < 0.5]
        return cls(
            faults=0.003 if stalls else rng.choice((0.01, 0.02, 0.05, 0.1)) if kinds else 0.0,
            kinds=kinds,
            twice=rate(0.5),
            late=rate(0.4),
            never=rate(0.4),
            skew=rate(1.0),
            refused=rate(0.6),
            stalls=stalls,
            overtime=1.0 if stalls else rate(0.8),
            dropped=rate(0.4),
            favourite="PutObject" if stalls else rng.choice(OPERATIONS),
        )


@dataclass
class Adversary:
    """All chance of a run comes from ``rng``. ``calm`` ends all faults.

    ``injected`` counts the faults that are not one call's, ``actions`` what clients and operators did.
    """

    rng: random.Random
    mix: Mix = field(init=False)
    calm: bool = False
    injected: Counter[str] = field(default_factory=Counter)
    actions: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.mix = Mix.draw(self.rng)

    # What the driver asks.

    def pick(self, tasks: Sequence[Task]) -> Task:
        return tasks[0] if len(tasks) == 1 else self.rng.choice(tasks)

    def pace(self) -> int:
        return 5 if self.calm else self.rng.choice((1, 2, 5, 10, 30))

    def fault(self, call: Call | None) -> Fault | None:
        if call is None or not self._chance(self._rate(call)):
            return None
        kinds = [kind for kind in call.kinds if kind in self.mix.kinds]
        if not kinds:
            return None
        kind = self.rng.choice(kinds)
        if self.mix.stalls:
            return Fault(kind, _FOR_LONG)
        return Fault(kind, self._lasting(*self.rng.choice(_LASTS[kind])) if kind in _LASTS else 0)

    def thaw(self, processes: Sequence[Process], now: int) -> Process | None:
        """A frozen process that goes on at the worst moment: its work has been given to somebody else."""
        late = [p for p in processes if p.frozen_until > now and p.deadline is not None and p.deadline < now]
        return self.rng.choice(late) if late and self._happens("thawed too late", 0.2) else None

    def again(self) -> bool:
        """Whether an invocation comes once more at the worst moment: when it has handed over, and the next one has not
        begun."""
        return self._happens("older leg delivered again", 0.2)

    # What the world asks.

    def deliveries(self, what: str) -> list[int]:
        if what != "webhooks" and self._happens(f"{what} never delivered", self.mix.never):
            return []
        delays = [self._delay(what)]
        if self._happens(f"{what} delivered twice", self.mix.twice):
            delays.append(self._delay(what))
        return delays

    def skew(self) -> int:
        return self.rng.randint(-5_000, 5_000) if self._happens("clock of a function wrong", self.mix.skew) else 0

    def dropped(self) -> bool:
        return self._happens("invocation dropped and reported", self.mix.dropped)

    def overtime(self) -> int:
        # Not counted as a fault: few functions ever come to their end by time.
        if not self._chance(self.mix.overtime):
            return 0
        return 1_200_000 if self.mix.stalls else self._lasting(10_000, 1_200_000)

    def script(self) -> Script:
        if self.calm:
            return Script(seconds=2)
        seconds = self.rng.choices((1, 2, 3, 5, 8, 20, 200), (8, 4, 4, 4, 4, 4, 4))[0]
        end = self.rng.choices(("well", "badly", "crash"), (8, 1, 1))[0]
        self.injected["encoder crashed"] += end == "crash"
        return Script(seconds, end)

    def answer(self) -> int:
        return self.rng.choice((404, 410, 500, 503)) if self._happens("webhook refused", self.mix.refused) else 200

    def _delay(self, what: str) -> int:
        if self.calm:
            return 20
        if not self._happens(f"{what} delivered late", self.mix.late):
            return self.rng.randint(1, 100)
        longest = {"invoke": 120_000, "schedule": 50_000}.get(what, 600_000)
        return self._lasting(100, longest)

    def _happens(self, what: str, rate: float) -> bool:
        happens = self._chance(rate)
        self.injected[what] += happens
        return happens

    def _rate(self, call: Call) -> float:
        """How likely a call is hit."""
        if call.operation == self.mix.favourite and self.mix.stalls:
            return 0.3
        rate = self.mix.faults * (_WRITES if call.writes else 1)
        return min(0.5, rate * (_FAVOURITE if call.operation == self.mix.favourite else 1))

    def _chance(self, rate: float) -> bool:
        return not self.calm and self.rng.random() < rate

    def _lasting(self, least: int, most: int) -> int:
        """A time; short ones and long ones are equally likely."""
        return least if most <= least else round(max(least, 1) * (most / max(least, 1)) ** self.rng.random())
