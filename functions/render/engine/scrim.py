"""A veil behind a text, as strong as its letters need over a picture: a contrast of 4.5 (WCAG 2.2, 1.4.3)."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from render.engine.colors import contrast, luminance, rgba
from render.engine.frame import Frame
from render.engine.geometry import Box
from render.engine.layers import Layer
from render.engine.shapes import rounded
from render.engine.timeline import ElementSpan

if TYPE_CHECKING:
    from reelqueue.themes import Theme

Pixels = NDArray[np.uint8]
Color = tuple[int, int, int]

CONTRAST = 4.5
# Encoding and scaling blur what was measured; so much more is asked for.
_WANTED = CONTRAST * 1.08
# So many of a hundred pixels may be brighter (or darker) than what is reckoned with.
_PERCENTILE = 97
_STEP, _STEPS = 0.02, 46
_LOOKS = 3
_SMALL = 64


@dataclass(frozen=True)
class Behind:
    """What lies behind a text: the scene's background, and the layers below."""

    ground: Callable[[], Frame]
    below: Sequence[Layer]
    theme: Theme

    def scrim(self, box: Box, color: Color, here: ElementSpan, frame: tuple[int, int]) -> Pixels | None:
        """The veil for letters of this colour in this box; None where they stand out without one."""
        pictures = [layer for layer in self.below if layer.pictorial]
        if not pictures:
            return None
        seen = self._seen(box, here, frame, pictures)
        veil = self._veil(color)
        strength = _needed(seen, color, veil)
        return None if strength == 0 else _drawn(box, frame, veil, strength)

    def _seen(self, box: Box, here: ElementSpan, frame: tuple[int, int], pictures: list[Layer]) -> Pixels:
        """Colours (RGB) behind the box while the text is there. Of a clip anything is expected."""
        if any(layer.clip is not None for layer in pictures):
            return np.array([[0, 0, 0], [255, 255, 255]], np.uint8)
        looks = []
        covered = any(layer.hides(here.first + here.frames) for layer in self.below)
        canvas = Frame(*frame)
        for look in range(_LOOKS):
            if not covered:
                canvas.copy_from(self.ground())
            number = here.first + (here.frames - 1) * look // (_LOOKS - 1)
            for layer in self.below:
                layer.paint(canvas, number)
            part = _part(canvas, box)
            if part is not None:
                looks.append(part)
        return np.concatenate(looks) if looks else np.zeros((1, 3), np.uint8)

    def _veil(self, color: Color) -> Color:
        """The theme's background, where the letters stand out from it; else black or white."""
        ground = rgba("background", self.theme.colors)[:3]
        if contrast(ground, color) >= 2 * CONTRAST:
            return ground
        light = luminance(color) > 0.18
        return (0, 0, 0) if light else (255, 255, 255)


def _part(frame: Frame, box: Box) -> Pixels | None:
    """The colours of the frame in this box, a few thousand of them."""
    left, top = max(0, box.x) // 2 * 2, max(0, box.y) // 2 * 2
    right, low = min(frame.width, box.x + box.width) // 2 * 2, min(frame.height, box.y + box.height) // 2 * 2
    if right - left < 2 or low - top < 2:
        return None
    size = (min(_SMALL, right - left) // 2 * 2, min(_SMALL, low - top) // 2 * 2)
    small = Frame(*size)
    for to, come in zip((small.y, small.u, small.v), frame.part((left, top, right, low)), strict=True):
        to[:] = cv2.resize(come, to.shape[::-1], interpolation=cv2.INTER_AREA)
    return small.rgb().reshape(-1, 3)


def _needed(seen: Pixels, color: Color, veil: Color) -> float:
    """How strong the veil must be, 0 to 1, to a fiftieth: the stronger, the more the letters stand out."""

    def enough(step: int) -> bool:
        mixed = cv2.addWeighted(
            seen, 1 - step * _STEP, np.broadcast_to(np.array(veil, np.uint8), seen.shape), step * _STEP, 0
        )
        clear = contrast(np.asarray(mixed, np.uint8), color) >= _WANTED
        # Counted, since numpy's percentiles load a part of it that nothing else here needs.
        return bool(100 * np.count_nonzero(clear) >= _PERCENTILE * clear.size)

    weakest = bisect_left(range(_STEPS), True, key=enough)
    return weakest * _STEP


def _drawn(box: Box, frame: tuple[int, int], veil: Color, strength: float) -> Pixels:
    """A soft-edged veil that is whole where the box is: RGBA pixels about the same middle."""
    soft = 0.03 * min(frame)
    edge = math.ceil(2.5 * soft)
    # Soft as it is, it is drawn at a quarter of its size.
    size = (box.width + 3 * edge, box.height + 3 * edge)
    small = (max(1, size[0] // 4), max(1, size[1] // 4))
    inner = rounded((max(1, small[0] - edge // 2), max(1, small[1] - edge // 2)), soft / 4)
    down, across = small[1] - inner.shape[0], small[0] - inner.shape[1]
    shape = np.pad(inner, ((down // 2, down - down // 2), (across // 2, across - across // 2)))
    blurred = cv2.GaussianBlur(shape, (0, 0), soft / 6.4)
    cover = cv2.resize(blurred, size, interpolation=cv2.INTER_LINEAR)
    pixels = np.empty((size[1], size[0], 4), np.uint8)
    pixels[:, :, :3] = veil
    pixels[:, :, 3] = cv2.convertScaleAbs(cover, alpha=strength)
    return pixels
