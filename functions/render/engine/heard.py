"""What of a sound file is heard while an element is seen. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from render.engine.probe import MediaFacts
from render.engine.timeline import ElementSpan, SceneSpan, Timeline, plays, speed_of

if TYPE_CHECKING:
    from reelqueue.spec_request import VideoRequest
    from reelqueue.spec_scenes import WaveformElement


@dataclass(frozen=True)
class Stretch:
    """What of a file is heard during an element: from ``start`` (seconds of the file), over again after ``period``."""

    start: float
    period: float
    frames: int
    fps: int
    speed: float = 1.0

    def at(self, number: int) -> float:
        """The moment of the file that is heard in frame ``number``."""
        now = self.start + (number + 0.5) / self.fps * self.speed
        return now % self.period if self.period else now


def heard_in(
    request: VideoRequest,
    timeline: Timeline,
    span: SceneSpan,
    here: ElementSpan,
    element: WaveformElement,
    facts: MediaFacts,
) -> Stretch:
    """What of its file an element shows: what its scene plays of it, else the soundtrack, else from its beginning."""
    fps, seconds = timeline.fps, here.first / timeline.fps
    for other in request.scenes[span.index].elements:
        if plays(other) and other.src == element.src:
            speed = speed_of(other)
            start = other.trim.start + (seconds - other.start) * speed
            return Stretch(start, 0.0, here.frames, fps, speed)
    track = request.soundtrack
    if track is not None and track.src == element.src:
        period = facts.seconds if track.loop else 0.0
        return Stretch((span.first + here.first) / fps, period, here.frames, fps)
    return Stretch(0.0, 0.0, here.frames, fps)
