"""Colours of a request as numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from reelqueue.themes import Colors

RGBA = tuple[int, int, int, int]


def rgba(color: str, names: Colors) -> RGBA:
    """A colour (``#RGB``, ``#RRGGBB``, ``#RRGGBBAA`` or a name of the theme) as red, green, blue, alpha: 0-255."""
    digits = str(getattr(names, color, color)).lstrip("#")
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    red, green, blue, alpha = bytes.fromhex(digits.ljust(8, "f"))
    return red, green, blue, alpha


def mixed(one: RGBA, other: RGBA, share: float) -> RGBA:
    """A colour with this share (0 to 1) of another one in it."""
    red, green, blue, alpha = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue, alpha


def luminance(colors: ArrayLike) -> NDArray[np.float64]:
    """Relative luminance (0 to 1) of opaque 8-bit colours, whose last axis is red, green, blue (WCAG 2.2)."""
    levels = np.asarray(colors, np.uint8)[..., :3]
    return np.asarray(_LINEAR[levels] @ np.array([0.2126, 0.7152, 0.0722]), np.float64)


def contrast(one: ArrayLike, other: ArrayLike) -> NDArray[np.float64]:
    """The contrast ratio of opaque 8-bit colours (WCAG 2.2): 1 to 21."""
    lights = luminance(one), luminance(other)
    return np.asarray((np.maximum(*lights) + 0.05) / (np.minimum(*lights) + 0.05), np.float64)


# The light of each 8-bit level of sRGB.
_LINEAR = np.array([v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in np.arange(256) / 255])
