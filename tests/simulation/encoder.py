"""The encoder, as the service sees it: it takes its time, heeds its control, and ends well, badly or in a crash."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from reelqueue.errors import RenderError
from render.engine import Control, Rendered


@dataclass(frozen=True)
class Script:
    """One run of the encoder: how long it takes, and whether it ends ``well``, ``badly``, or in a ``crash``."""

    seconds: int
    end: str = "well"


class Encoder:
    """Follows a script. ``sleep`` takes seconds of simulated time."""

    def __init__(self, script: Callable[[], Script], sleep: Callable[[float], None]) -> None:
        self._script = script
        self._sleep = sleep

    def __call__(
        self, request: object, directory: Path, *, fetch: object, control: Control, kept: object, memory_kills: int
    ) -> Rendered:
        script = self._script()
        for second in range(script.seconds):
            control.check()
            self._sleep(1)
            control.advance(100 * second / script.seconds)
        control.check()
        if script.end == "badly":
            raise RenderError("the clip is broken")
        if script.end == "crash":
            raise MemoryError
        control.advance(100)
        return Rendered(directory / "video.mp4", directory / "poster.jpg", 1.0, 320, 180, 1000)
