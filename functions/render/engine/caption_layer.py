"""Captions as a layer of their scene, changed only where a word changes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from render.engine.captions import Caption
from render.engine.frame import Frame
from render.engine.layers import still
from render.engine.planes import Picture, paint


class CaptionLayer:
    """The captions of a scene, on top of everything. Looks and behaves like a ``Layer``."""

    def __init__(self, captions: Sequence[Caption]) -> None:
        self._captions = captions
        self._firsts = [caption.first for caption in captions]
        self._shown: tuple[tuple[int, int], Picture, int, int] | None = None

    def is_still(self, scene_frames: int) -> bool:
        return False

    def hides(self, scene_frames: int) -> bool:
        return False

    def is_there(self, number: int) -> bool:
        return self.state(number) != _NONE

    def bare_clip(self, number: int, size: tuple[int, int]) -> av.VideoFrame | None:
        return None

    def state(self, number: int) -> tuple[int, int]:
        """Which caption is there in frame ``number``, and which of its words is lit."""
        index = bisect_right(self._firsts, number) - 1
        if index < 0 or number >= self._captions[index].end:
            return _NONE
        lit = self._captions[index].lit
        # The last one that has begun: words that are spoken at once take turns.
        word = max((place for place, each in enumerate(lit) if each.first <= number < each.end), default=-1)
        return index, word

    def paint(self, frame: Frame, number: int) -> None:
        state = self.state(number)
        if state == _NONE:
            return
        if self._shown is None or self._shown[0] != state:
            self._shown = (state, *self._picture(*state))
        _, picture, x, y = self._shown
        paint(frame, picture, x, y)

    def _picture(self, index: int, word: int) -> tuple[Picture, int, int]:
        caption = self._captions[index]
        pixels = _load_pixels(caption.path)
        if caption.bright is not None and word >= 0:
            bright = _load_pixels(caption.bright)
            for box in caption.lit[word].boxes:
                part = np.s_[max(0, box.y) : box.y + box.height, max(0, box.x) : box.x + box.width]
                pixels[part] = bright[part]
        source, x, y = still(pixels, caption.x, caption.y)
        return source(0), x, y


_NONE = (-1, -1)


def _load_pixels(path: Path) -> NDArray[np.uint8]:
    return np.asarray(cv2.imread(str(path), cv2.IMREAD_UNCHANGED), np.uint8)
