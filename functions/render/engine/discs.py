"""Soft discs on planes: flakes of snow, sparks. Only the pixels under them are touched."""

from __future__ import annotations

import math

import numpy as np

from render.engine.pixels import Discs, Plane

# Without places between pixels, a slow disc would visibly step.
_PLACES = 4


def luma_and_chroma(looks: list[tuple[float, float, float]], size: tuple[int, int]) -> tuple[Discs, Discs]:
    """The same discs for the luma plane of frames of this size, and for the halved colour planes.

    A disc is known by its radius (pixels), its opacity (below 1), and the softness of its edge (part of the radius).
    """
    luma = [_disc(*look) for look in looks]
    chroma = [_disc(radius / 2, opacity, softness) for radius, opacity, softness in looks]
    return Discs(luma, size), Discs(chroma, (size[0] // 2, size[1] // 2))


def _disc(radius: float, opacity: float, softness: float) -> Plane:
    """The covers of a disc's pixels, for each place between pixels that its middle may have."""
    edge = max(radius * softness, 0.7)
    reach = math.ceil(radius + edge)
    places = (np.arange(_PLACES) + 0.5) / _PLACES
    away = np.arange(-reach, reach + 1) + 0.5 - places[:, None]
    distance = np.sqrt(away[:, None, :, None] ** 2 + away[None, :, None, :] ** 2)
    part = np.clip((radius + edge - distance) / (2 * edge), 0, 1)
    # Smoothstep: an edge without a visible rim.
    return np.rint(256 * opacity * part * part * (3 - 2 * part)).astype(np.uint8)
