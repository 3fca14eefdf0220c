"""The encoder, as the service sees it: it takes its time, heeds its control, keeps segments, and ends well, badly or in
a crash."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from reelqueue.errors import RenderError
from render.engine.crew import Crew
from render.engine.render import Rendered
from render.kept_segments import KeptSegments

SEGMENT_SECONDS = 10


@dataclass(frozen=True)
class Script:
    """One run of the encoder: how long it takes, and whether it ends ``well``, ``badly``, or in a ``crash``."""

    seconds: int
    end: str = "well"


class Encoder:
    """Follows a script. ``sleep`` takes seconds of simulated time.

    A segment takes ``SEGMENT_SECONDS``. Those that were rendered for a folder need not be rendered again; how long the
    whole takes there is what the script of the first run said.
    """

    def __init__(self, script: Callable[[], Script], sleep: Callable[[float], None]) -> None:
        self._script = script
        self._sleep = sleep
        self._seconds: dict[str, int] = {}
        self._kept: dict[str, int] = {}

    def __call__(
        self,
        request: object,
        crew: Crew,
        *,
        fetch: object,
        kept: KeptSegments,
        memory_kills: int,
        speaker: object,
    ) -> Rendered:
        script, control = self._script(), crew.control
        whole = self._seconds.setdefault(kept.folder, script.seconds)
        control.tally.segments = -(-whole // SEGMENT_SECONDS)
        control.tally.reused = self._kept.get(kept.folder, 0)
        for second in range(SEGMENT_SECONDS * control.tally.reused, whole):
            control.check()
            self._sleep(1)
            control.advance(100 * second / whole)
            if (second + 1) % SEGMENT_SECONDS == 0:
                control.tally.rendered += 1
                control.tally.kept += 1
                self._kept[kept.folder] = control.tally.reused + control.tally.kept
        control.check()
        if script.end == "badly":
            raise RenderError("the clip is broken")
        if script.end == "crash":
            raise MemoryError
        control.advance(100)
        return Rendered(crew.folder / "video.mp4", crew.folder / "poster.jpg", None, 1.0, 320, 180, 1000)
