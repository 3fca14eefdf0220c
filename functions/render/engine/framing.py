"""What is done to a picture as a whole: rounded corners, a shadow beneath, turning, a blurred copy behind."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from render.engine.geometry import Box
from render.engine.planes import Picture, Plane, turned, with_alpha

Gray = NDArray[np.uint8]

_FINE = 4
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
        picture = with_alpha(picture)
        assert picture.alpha is not None  # noqa: S101 - it was just given one
        assert picture.chroma_alpha is not None  # noqa: S101 - as above
        full, half = (picture.y, picture.alpha), (picture.u, picture.v, picture.chroma_alpha)
        y, alpha = (_times(plane, self.full) for plane in full)
        u, v, chroma = (_times(plane, self.half) for plane in half)
        return Picture(y, u, v, alpha, chroma)


def rounded(size: tuple[int, int], radius: float) -> Gray:
    """A rectangle of this size with corners of this radius, in pixels."""
    width, height = size
    most = min(width, height) / 2
    mask = Image.new("L", (width * _FINE, height * _FINE), 0)
    corner = min(radius, most) * _FINE
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, width * _FINE - 1, height * _FINE - 1), corner, fill=255)
    return np.asarray(mask.resize(size, Image.Resampling.BOX), np.uint8)


def ellipse(size: tuple[int, int]) -> Gray:
    """The ellipse that fills a box of this size."""
    mask = Image.new("L", (size[0] * _FINE, size[1] * _FINE), 0)
    ImageDraw.Draw(mask).ellipse((0, 0, size[0] * _FINE - 1, size[1] * _FINE - 1), fill=255)
    return np.asarray(mask.resize(size, Image.Resampling.BOX), np.uint8)


def triangle(size: tuple[int, int]) -> Gray:
    """The triangle that stands in a box of this size, its tip in the middle of the upper edge."""
    mask = Image.new("L", (size[0] * _FINE, size[1] * _FINE), 0)
    right, low = size[0] * _FINE - 1, size[1] * _FINE - 1
    ImageDraw.Draw(mask).polygon([(0, low), (right, low), (right / 2, 0)], fill=255)
    return np.asarray(mask.resize(size, Image.Resampling.BOX), np.uint8)


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
