"""What is done to a picture as a whole: rounded corners, a shadow beneath, turning, a blurred copy behind."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from render.engine.geometry import Box
from render.engine.pixels import Plane
from render.engine.planes import Picture, alphas, turned, with_alpha
from render.engine.shapes import Gray

_SHADOW = (0, 0, 0, 110)
# Of the shorter side of the box: how soft a shadow is, and how far below it lies.
_SOFT, _BELOW = 0.035, 0.02
_SMALL = 24


@dataclass(frozen=True)
class Mask:
    """How much of each pixel is there: of the luma plane, and of the halved colour planes."""

    full: Plane
    half: Plane

    @classmethod
    def of(cls, shape: Gray) -> Mask:
        half = cv2.resize(shape, (shape.shape[1] // 2, shape.shape[0] // 2), interpolation=cv2.INTER_AREA)
        return cls(np.ascontiguousarray(shape), np.asarray(half, np.uint8))

    def on(self, picture: Picture) -> Picture:
        """The picture with only so much of it there."""
        full, half = alphas(picture)
        y, alpha = (_times(plane, self.full) for plane in (picture.y, full))
        u, v, chroma = (_times(plane, self.half) for plane in (picture.u, picture.v, half))
        return Picture(y, u, v, alpha, chroma)


def shadow(shape: Gray, box: Box) -> tuple[NDArray[np.uint8], int, int]:
    """The soft shadow of a shape in its box: RGBA pixels, and where their corner lies."""
    short = min(box.width, box.height)
    soft = max(1.0, _SOFT * short)
    edge = math.ceil(3 * soft)
    dark = np.asarray(cv2.GaussianBlur(np.pad(shape, edge), (0, 0), soft), np.float32) / 255
    pixels = np.empty((*dark.shape, 4), np.uint8)
    pixels[:, :, :3] = _SHADOW[:3]
    pixels[:, :, 3] = np.rint(dark * _SHADOW[3])
    return pixels, box.x - edge, box.y - edge + round(_BELOW * short)


def rotated(
    picture: Picture, corner: tuple[int, int], middle: tuple[float, float], degrees: float
) -> tuple[Picture, int, int]:
    """The picture at this corner, turned clockwise about a middle; and its new corner."""
    angle = math.radians(degrees)
    away = corner[0] + picture.width / 2 - middle[0], corner[1] + picture.height / 2 - middle[1]
    cosine, sine = math.cos(angle), math.sin(angle)
    at = middle[0] + away[0] * cosine - away[1] * sine, middle[1] + away[0] * sine + away[1] * cosine
    return turned(with_alpha(picture), at, angle)


def blurred(picture: Picture, size: tuple[int, int]) -> Picture:
    """A soft copy of an opaque picture that covers this size."""
    return Picture(
        _softened(picture.y, size),
        *(_softened(plane, (size[0] // 2, size[1] // 2)) for plane in (picture.u, picture.v)),
    )


def _softened(plane: Plane, size: tuple[int, int]) -> Plane:
    height, width = plane.shape
    scale = max(size[0] / width, size[1] / height)
    wide, tall = min(width, round(size[0] / scale)), min(height, round(size[1] / scale))
    left, top = (width - wide) // 2, (height - tall) // 2
    cut = plane[top : top + tall, left : left + wide]
    small = (max(2, round(size[0] / max(size) * _SMALL * 2)), max(2, round(size[1] / max(size) * _SMALL * 2)))
    tiny = cv2.GaussianBlur(cv2.resize(cut, small, interpolation=cv2.INTER_AREA), (0, 0), 1.6)
    return np.asarray(cv2.resize(tiny, size, interpolation=cv2.INTER_CUBIC), np.uint8)


def _times(plane: Plane, mask: Plane) -> Plane:
    return np.asarray(cv2.multiply(plane, mask, scale=1 / 255), np.uint8)
