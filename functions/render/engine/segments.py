"""The plan of a render: the timeline cut into segments, each encoded on its own and joined by copying. Pure.

A segment is the unit of work, of progress, of resumption and of reuse. It is a piece of the body of a scene, or of the
overlap of two, so a change of one scene touches its own segments and its two transitions and nothing else. Segments
are cut on frame numbers: together they hold every frame of the video once. Sound is never cut.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from render.engine.timeline import SceneSpan, Timeline

# No segment is longer than this, nor than the distance of keyframes below: then work spreads evenly over the cores,
# little is lost with a process, and a segment costs no keyframe that the video would not have had.
_SHORTEST_CUT = 48


def keyframe_distance(fps: int) -> int:
    """The most frames from one keyframe to the next: two seconds, for players that seek."""
    return 2 * fps


@dataclass(frozen=True)
class Segment:
    """Frames of the video from ``first`` on, seen from scene ``scene``, where they begin at frame ``offset``.

    ``into_next``: they are (a piece of) the overlap with the next scene.
    """

    index: int
    first: int
    frames: int
    scene: int
    offset: int
    into_next: bool

    @property
    def end(self) -> int:
        return self.first + self.frames


def make_segments(timeline: Timeline) -> tuple[Segment, ...]:
    """The segments of a timeline, in their order, without gap and without overlap."""
    most = max(_SHORTEST_CUT, keyframe_distance(timeline.fps))
    segments: list[Segment] = []
    done = 0
    for span in timeline.scenes:
        shared = max(done, span.end - span.overlap)
        for first, end, into_next in ((done, shared, False), (shared, span.end, True)):
            for piece in _pieces(first, end, most):
                segments.append(_segment(len(segments), piece, span, into_next))
        done = max(done, span.end)
    return tuple(segments)


def _segment(index: int, piece: tuple[int, int], span: SceneSpan, into_next: bool) -> Segment:
    first, end = piece
    return Segment(index, first, end - first, span.index, first - span.first, into_next)


def _pieces(first: int, end: int, most: int) -> list[tuple[int, int]]:
    """As few pieces as ``most`` allows, equal to within a frame."""
    length = max(0, end - first)
    count = -(-length // most)
    cuts = [first + length * number // count for number in range(count)] + [end]
    return list(pairwise(cuts))
