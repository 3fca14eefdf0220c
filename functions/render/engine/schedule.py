"""Which worker renders which segment next. Pure.

A worker that goes on with the segment after its last one has that scene built already, and its clips open at the right
place; so each worker walks along the timeline. One that comes to an end of its way takes over the half of the longest
way that is left, so that all are busy until nearly nothing is left.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from render.engine.segments import Segment


class Schedule:
    """Gives each of the missing segments (by index) to one worker."""

    def __init__(self, segments: Sequence[Segment], missing: Iterable[int]) -> None:
        self._segments = segments
        self._left = sorted(missing)
        self._last: dict[int, int] = {}

    def take(self, worker: int) -> int | None:
        """The segment that this worker shall render now, or None when none is left."""
        if not self._left:
            return None
        following = self._last.get(worker, -2) + 1
        index = following if following in self._left else self._start()
        self._left.remove(index)
        self._last[worker] = index
        return index

    def _start(self) -> int:
        """Where a worker without a way begins: in the longest way, at its start if nobody is coming along it."""
        way = max(self._ways(), key=self._frames)
        if way[0] - 1 not in self._last.values():
            return way[0]
        # What the one who is coming has in hand counts as still to be done.
        whole = [way[0] - 1, *way]
        half, done = self._frames(whole) / 2, 0
        for index in way:
            done += self._segments[index - 1].frames
            if done >= half:
                return index
        return way[-1]

    def _frames(self, way: list[int]) -> int:
        return sum(self._segments[index].frames for index in way)

    def _ways(self) -> list[list[int]]:
        """What is left, as stretches of neighbours."""
        ways: list[list[int]] = []
        for index in self._left:
            if ways and ways[-1][-1] == index - 1:
                ways[-1].append(index)
            else:
                ways.append([index])
        return ways
