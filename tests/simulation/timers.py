"""What happens by itself at a time: a message arrives, the minute is over, a function runs out of time."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable

from tests.simulation.tasks import Scheduler


class Timers:
    """Actions in the order of their times; at one time, in the order in which they were set."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._heap: list[tuple[int, int, Callable[[], object]]] = []
        self._numbers = itertools.count()

    def after(self, ms: int, action: Callable[[], object]) -> None:
        heapq.heappush(self._heap, (self._scheduler.now + ms, next(self._numbers), action))

    @property
    def next(self) -> int | None:
        return self._heap[0][0] if self._heap else None

    def run_due(self) -> None:
        while self._heap and self._heap[0][0] <= self._scheduler.now:
            heapq.heappop(self._heap)[2]()
