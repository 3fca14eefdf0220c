"""Segments in, frames out: each scene is built when the first of its segments is rendered, and kept for the next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import av
import cv2
import numpy as np
from PIL import Image

from render.engine.encode import Writer
from render.engine.frame import Frame
from render.engine.heap import give_back
from render.engine.logo import logo_of
from render.engine.material import Material
from render.engine.segments import Segment
from render.engine.stage import Stage
from render.engine.timeline import SceneSpan
from render.engine.transitions import Mixer

# A picture that stands still is written as a keyframe and repetitions. That pays when it stands at least so long: a
# keyframe costs what four other frames cost, in time and in bytes.
_STILL_SECONDS = 1 / 3
# What was freed goes back to the system after so many scenes, or one with a clip: to get it anew takes time, to keep
# all of it takes more memory with each scene (docs/decisions.md).
_SCENES_KEPT = 2


class Composer:
    """Paints the frames of segments. Cheapest in the order of the timeline: a scene is then built once."""

    def __init__(self, material: Material) -> None:
        self._material = material
        self._stages: dict[int, Stage] = {}
        self._segment: Segment | None = None
        self._closed = 0
        self._shown, self._after = Frame(*material.size), Frame(*material.size)
        self._mixer: Mixer | None = None
        self._mixing = -1
        self._logo = logo_of(material)

    def write(self, segment: Segment, writer: Writer, painted: Callable[[], None], poster: Path) -> None:
        """Give all frames of the segment to the writer; call ``painted`` after each step.

        The poster is kept when its frame is among them.

        Raises:
            AssetError: a file proves damaged when it is decoded.
        """
        number, poster_frame = 0, self._material.timeline.poster_frame
        while number < segment.frames:
            still = self._still(segment, number)
            wanted = poster_frame is not None and number <= poster_frame - segment.first < number + still
            if still > 1:
                writer.still(self.frame(segment, number), still)
            elif (clip := self._bare_clip(segment, number)) is not None:
                writer.picture(clip)
            else:
                writer.frame(self.frame(segment, number))
            if wanted:
                self.save_poster(segment, number, poster)
            number += still
            painted()

    def frame(self, segment: Segment, number: int) -> Frame:
        """Frame ``number`` of the segment, good until the next one is asked for."""
        frame = self._scenes(segment, number)
        if self._logo is not None:
            self._logo.paint(frame, 0)
        return frame

    def _scenes(self, segment: Segment, number: int) -> Frame:
        """The frame without what lies over all scenes."""
        span = self._material.timeline.scenes[segment.scene]
        at = segment.offset + number
        self._stage(segment).paint(self._shown, at)
        if not segment.into_next:
            return self._shown
        later = at - (span.frames - span.overlap)
        self._stage(segment, 1).paint(self._after, later)
        self._mixer_at(span, later).mix(self._shown, self._after)
        return self._shown

    def _mixer_at(self, span: SceneSpan, number: int) -> Mixer:
        """The transition after a scene, about to mix frame ``number`` of it."""
        if self._mixer is None or self._mixing != span.index or self._mixer.next != number:
            timeline = self._material.timeline
            self._mixer = Mixer(span.transition, self._material.size, timeline.fps, span.overlap, number)
            self._mixing = span.index
        return self._mixer

    def save_poster(self, segment: Segment, number: int, target: Path) -> None:
        """Keep frame ``number`` of the segment as a picture."""
        _save(self.frame(segment, number), target)

    def save_best_poster(self, segments: Sequence[Segment], target: Path) -> None:
        """Keep the best of the timeline's candidates as the poster: in detail, and in range of light and colour."""
        best = -1.0
        for wanted in self._material.timeline.poster_candidates:
            segment = next(each for each in segments if each.first <= wanted < each.end)
            frame = self.frame(segment, wanted - segment.first)
            score = _much_to_see(frame)
            if score > best:
                best = score
                _save(frame, target)

    def close(self) -> None:
        for stage in self._stages.values():
            stage.close()
        self._stages.clear()

    def _still(self, segment: Segment, number: int) -> int:
        """How many frames from this one on look alike: 1, or enough to be worth a keyframe."""
        if segment.into_next:
            return 1
        stage = self._stage(segment)
        state = stage.state(segment.offset + number)
        end = number + 1
        while state is not None and end < segment.frames and stage.state(segment.offset + end) == state:
            end += 1
        return end - number if end - number >= self._material.timeline.fps * _STILL_SECONDS else 1

    def _bare_clip(self, segment: Segment, number: int) -> av.VideoFrame | None:
        if segment.into_next or self._logo is not None:
            return None
        return self._stage(segment).bare_clip(segment.offset + number)

    def _stage(self, segment: Segment, later: int = 0) -> Stage:
        """The scene of a segment, or the next one with which it overlaps."""
        if segment is not self._segment:
            self._begin(segment)
        scene = segment.scene + later
        if scene not in self._stages:
            self._stages[scene] = Stage(self._material, self._material.timeline.scenes[scene])
        return self._stages[scene]

    def _begin(self, segment: Segment) -> None:
        self._segment = segment
        # Nobody goes back to a scene that is over, and what its layers and open files take can be used.
        for over in self._stages.keys() - {segment.scene, segment.scene + segment.into_next}:
            stage = self._stages.pop(over)
            stage.close()
            self._closed += 1
            if stage.decoded or self._closed % _SCENES_KEPT == 0:
                give_back()


def _save(frame: Frame, target: Path) -> None:
    Image.fromarray(frame.rgb()).save(target, "JPEG", quality=90)


def _much_to_see(frame: Frame) -> float:
    """How much a frame shows, for comparing with others: entropy of light, and spread of colour."""
    small = cv2.resize(frame.y, (160, 90), interpolation=cv2.INTER_AREA)
    share = np.bincount(np.asarray(small, np.uint8).ravel(), minlength=256) / small.size
    entropy = float(-(share[share > 0] * np.log2(share[share > 0])).sum())
    return entropy + float(frame.u.std() + frame.v.std()) / 16
