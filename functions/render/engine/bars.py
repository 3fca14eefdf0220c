"""Bars that are drawn anew for each frame: how far the video is, and how loud its sound is."""

from __future__ import annotations

import cv2
import numpy as np

from render.engine.colors import RGBA
from render.engine.layers import Source
from render.engine.pixels import Plane
from render.engine.planes import Picture, color_levels, with_alpha
from render.engine.spectrum import Spectrum

# Of the room that a bar has, and of the height that all have at least.
_FILLED, _LEAST = 0.62, 0.04


def progress_source(full: Picture, ground: Picture, first: int, total: int) -> Source:
    """``ground`` with as much of ``full`` as of ``total`` frames are over; frame 0 is number ``first`` of these."""
    full, ground = with_alpha(full), with_alpha(ground)

    def filled(over: Plane | None, under: Plane | None, width: float) -> Plane:
        assert over is not None  # noqa: S101 - both have their alphas
        assert under is not None  # noqa: S101 - as above
        plane, whole = under.copy(), int(width)
        plane[:, :whole] = over[:, :whole]
        if whole < plane.shape[1]:
            # A part of a pixel, so that a slow bar does not step.
            part = width - whole
            plane[:, whole] = np.rint(over[:, whole] * part + under[:, whole] * (1 - part))
        return plane

    def picture(number: int) -> Picture:
        width = min(1.0, (first + number + 1) / total) * full.width
        halves = [
            filled(over, under, width / 2)
            for over, under in (
                (full.u, ground.u),
                (full.v, ground.v),
                (full.chroma_alpha, ground.chroma_alpha),
            )
        ]
        alpha = filled(full.alpha, ground.alpha, width)
        return Picture(filled(full.y, ground.y, width), halves[0], halves[1], alpha, halves[2])

    return picture


def waveform_source(spectrum: Spectrum, size: tuple[int, int], color: RGBA) -> Source:
    """Bars about the middle of a box of this size, as tall as their bands are loud."""
    width, height = size
    edges = np.linspace(0, width, spectrum.bars + 1)
    middles, half = (edges[1:] + edges[:-1]) / 2, _FILLED * width / spectrum.bars / 2
    columns = np.arange(width) + 0.5
    owner = np.clip(np.searchsorted(edges, columns, side="right") - 1, 0, spectrum.bars - 1)
    across = np.clip(half + 0.5 - np.abs(columns - middles[owner]), 0, 1).astype(np.float32)
    rows = np.abs(np.arange(height, dtype=np.float32) + 0.5 - height / 2)[:, None]
    levels, opacity = color_levels(color[:3]), np.float32(color[3])

    def picture(number: int) -> Picture:
        reach = (_LEAST + (1 - _LEAST) * spectrum.levels(number)) * height / 2
        down = np.clip(reach.astype(np.float32)[None, :] + 0.5 - rows, 0, 1)
        cover = down[:, owner] * across[None, :]
        alpha = np.rint(cover * opacity).astype(np.uint8)
        chroma = np.asarray(cv2.resize(alpha, (width // 2, height // 2), interpolation=cv2.INTER_AREA), np.uint8)
        y = _tinted(alpha, levels[0])
        return Picture(y, _tinted(chroma, levels[1]), _tinted(chroma, levels[2]), alpha, chroma)

    return picture


def _tinted(alpha: Plane, level: int) -> Plane:
    return np.asarray(cv2.convertScaleAbs(alpha, alpha=level / 255), np.uint8)
