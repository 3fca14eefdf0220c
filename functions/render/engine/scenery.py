"""What a theme paints upon its own background, once for each scene that brings none: so words alone look designed.

All of it is drawn in the palette of the theme, in RGB with floating point levels (0-255), and leaves the middle of the
picture calm, since that is where text stands.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from render.engine.colors import rgba
from render.engine.geometry import bands

if TYPE_CHECKING:
    from reelqueue.themes import Colors, Scenery

Light = NDArray[np.float32]
Paint = NDArray[np.float32]


def scenery(kind: Scenery, sky: Light, colors: Colors) -> Light:
    """The sky, with a scenery of this kind painted on it."""
    return _SCENES[kind](sky, colors)


@dataclass(frozen=True)
class _Hill:
    """A ridge: its height and the height of its waves (parts of the picture's), and how far it is lit (0 to 1)."""

    height: float
    waves: float
    length: float
    phase: float
    lit: float


# From the back to the front: lower, larger, brighter.
_SNOWY = (
    _Hill(0.205, 0.030, 0.52, 0.9, 0.12),
    _Hill(0.145, 0.034, 0.71, 2.6, 0.30),
    _Hill(0.085, 0.030, 0.95, 4.4, 0.56),
)
_MEADOW = (
    _Hill(0.19, 0.022, 0.62, 0.4, 0.22),
    _Hill(0.125, 0.026, 0.84, 2.2, 0.48),
    _Hill(0.06, 0.02, 1.1, 5.2, 0.8),
)
_RIDGES = (
    _Hill(0.215, 0.034, 0.34, 1.7, 0.16),
    _Hill(0.14, 0.03, 0.5, 3.9, 0.42),
    _Hill(0.07, 0.024, 0.8, 0.6, 0.75),
)


def _snowy_hills(sky: Light, colors: Colors) -> Light:
    primary, snow = _of(colors, "primary"), _of(colors, "text")
    light = _Light(across=0.34, down=0.84, wide=0.34, tall=0.20, strength=0.42)
    return _hills(_lit(sky, np.asarray((primary + snow) / 2, np.float32), light), _SNOWY, primary * 0.72, snow, 0.16)


def _meadow(sky: Light, colors: Colors) -> Light:
    primary = _of(colors, "primary")
    bright = _lit(sky, _paint("#FFFDF2"), _Light(across=0.72, down=0.2, wide=0.4, tall=0.32, strength=0.75))
    return _hills(bright, _MEADOW, primary * 0.99, primary * np.array([0.74, 0.86, 0.66], np.float32), 0.0)


def _ridges(sky: Light, colors: Colors) -> Light:
    primary = _of(colors, "primary")
    warm = _lit(sky, _paint("#FFF9E8"), _Light(across=0.26, down=0.66, wide=0.3, tall=0.24, strength=0.8))
    return _hills(warm, _RIDGES, primary * 0.98, primary * np.array([0.83, 0.62, 0.45], np.float32), 0.0)


def _sun(sky: Light, colors: Colors) -> Light:
    """A low sun in its haze, and its light on water."""
    height, width = sky.shape[:2]
    primary, white = _of(colors, "primary"), _paint("#FFFBEF")
    picture = _lit(sky, white, _Light(across=0.76, down=0.26, wide=0.34, tall=0.34, strength=0.85))
    short = min(height, width)
    x, y = np.arange(width, dtype=np.float32) + 0.5, np.arange(height, dtype=np.float32) + 0.5
    away = np.hypot(x[None, :] - 0.76 * width, y[:, None] - 0.26 * height) - 0.115 * short
    picture += (white - picture) * (0.9 * np.clip(0.5 - away / 2.5, 0, 1))[:, :, None]
    deep = primary * np.array([1.0, 0.93, 0.8], np.float32)
    shore = height * 0.86
    water = np.clip(y - shore, 0, 1)[:, None] * np.ones((1, width), np.float32)
    depth = np.clip((y - shore) / (height - shore), 0, 1)[:, None]
    ripple = np.sin(y[:, None] * 2 * math.pi / (2 + 5 * depth) / short * 260 + np.sin(x[None, :] / width * 9) * 2)
    path = np.exp(-(((x[None, :] / width - 0.76) / (0.05 + 0.09 * depth)) ** 2)) * (0.5 + 0.3 * ripple)
    sea = deep + (white - deep) * path[:, :, None]
    return np.asarray(picture + (sea - picture) * (0.8 * water)[:, :, None], np.float32)


def _stars(sky: Light, colors: Colors) -> Light:
    """Stars, dense along a band, few of them bright, over a faint light at the horizon."""
    height, width = sky.shape[:2]
    short = min(height, width)
    picture = _lit(sky, _of(colors, "primary") * 1.35, _Light(across=0.5, down=1.08, wide=0.9, tall=0.3, strength=0.7))
    random = np.random.default_rng(3)
    count = 420
    across, chance = random.random(count), random.random(count)
    band = 0.62 - 0.5 * across + random.normal(0, 0.16, count)
    down = np.where(chance < 0.6, band, random.random(count))
    size = short * (0.0006 + 0.0014 * random.random(count) ** 4)
    strength = 0.16 + 0.6 * random.random(count) ** 3
    warm = random.random(count) < 0.22
    for number in range(count):
        color = _of(colors, "accent") if warm[number] else _of(colors, "text")
        _spot(picture, across[number] * width, down[number] * height, size[number], strength[number], color)
    return picture


# Of the grid: the depth that the lower edge shows, and lines in a unit across and of depth.
_NEAREST, _LINES = 0.2, (4.0, 3.0)


def _grid(sky: Light, colors: Colors) -> Light:
    """A plane of lines that meet at the horizon, and light along it."""
    height, width = sky.shape[:2]
    horizon, magenta, accent = 0.80 * height, _paint("#FF3DBD"), _of(colors, "accent")
    picture = _lit(sky, magenta * 0.75, _Light(across=0.5, down=0.82, wide=0.62, tall=0.10, strength=0.55))
    y = np.arange(height, dtype=np.float32)[:, None] + 0.5
    x = np.arange(width, dtype=np.float32)[None, :] + 0.5
    below = np.maximum(y - horizon, 1e-3)
    depth = _NEAREST * height / below
    across = (x - width / 2) / height * depth
    line = 0.0011 * min(height, width) + 0.35
    # The lines lie at whole numbers of depth and across; so many pixels apart are they here.
    apart_y = below / (depth * _LINES[1])
    apart_x = 1 / (_LINES[0] * np.hypot(depth / height, across / below))
    far = np.abs(depth * _LINES[1] - np.rint(depth * _LINES[1])) * apart_y
    side = np.abs(across * _LINES[0] - np.rint(across * _LINES[0])) * apart_x
    # Towards the horizon they come too close to be told apart, and fade.
    clear_y, clear_x = (np.clip(apart / (5 * line) - 0.6, 0, 1) for apart in (apart_y, apart_x))
    strength = np.zeros_like(picture[:, :, 0])
    for near, clear in ((far, clear_y), (side, clear_x)):
        lit = (0.7 * np.clip(line + 0.5 - near, 0, 1) + 0.14 * np.exp(-near / (6 * line))) * clear
        strength = np.maximum(strength, lit)
    strength = strength * (y > horizon)
    picture += (magenta * 0.8 - picture) * strength[:, :, None]
    edge = np.exp(-(((y - horizon) / (1.1 * line)) ** 2)) * np.exp(-(((x / width - 0.5) / 0.42) ** 2))
    return np.asarray(picture + (accent - picture) * (0.75 * edge)[:, :, None], np.float32)


@dataclass(frozen=True)
class _Light:
    """A glow: its middle in parts of the picture, its reach in parts of the longer side, its strength (0 to 1)."""

    across: float
    down: float
    wide: float
    tall: float
    strength: float


def _lit(picture: Light, color: Paint, light: _Light) -> Light:
    height, width = picture.shape[:2]
    long = max(width, height)
    x = (np.arange(width, dtype=np.float32) / width - light.across) * width / long
    y = (np.arange(height, dtype=np.float32) / height - light.down) * height / long
    across, down = np.exp(-((x / light.wide) ** 2)), light.strength * np.exp(-((y / light.tall) ** 2))
    # Channels one beside the other: long rows are reckoned several times as fast as many threes.
    levels, color, across = picture.reshape(height, -1), np.tile(color, width), np.repeat(across, 3)
    for rows in bands(height):
        levels[rows] += (color - levels[rows]) * across * down[rows, None]
    return picture


def _hills(picture: Light, hills: tuple[_Hill, ...], dark: Paint, bright: Paint, rim: float) -> Light:
    for hill in hills:
        picture = _hill(picture, hill, dark, bright, rim)
    return picture


def _hill(picture: Light, hill: _Hill, dark: Paint, bright: Paint, rim: float) -> Light:
    """A hill between the two colours; ``rim`` lightens its ridge, where a low light falls."""
    height, width = picture.shape[:2]
    at = np.arange(width, dtype=np.float32) / (hill.length * max(width, height))
    waves = sum(
        np.sin(2 * math.pi * at * pace + hill.phase * order) / order for order, pace in ((1, 1), (2, 2.3), (3, 4.1))
    )
    crest = height * (1 - hill.height - hill.waves * np.asarray(waves, np.float32) * 0.7)
    top = max(0, math.floor(float(crest.min())) - 1)
    levels, dark, lighter = picture.reshape(height, -1), np.tile(dark, width), np.tile(bright - dark, width)
    for rows in bands(height, top):
        depth = np.arange(rows.start, rows.stop, dtype=np.float32)[:, None] + 0.5 - crest[None, :]
        # A soft edge of one pixel, so that no steps show.
        lit = hill.lit + rim * np.exp(-np.maximum(depth, 0) / (0.035 * height))
        cover = np.clip(depth + 0.5, 0, 1)
        color = dark + lighter * np.repeat(lit, 3, axis=1)
        levels[rows] += (color - levels[rows]) * np.repeat(cover, 3, axis=1)
    return picture


def _spot(picture: Light, x: float, y: float, radius: float, strength: float, color: Paint) -> None:
    """A point of light, in place."""
    reach = math.ceil(3 * radius) + 1
    left, top = math.floor(x) - reach, math.floor(y) - reach
    part = picture[max(0, top) : max(0, top + 2 * reach), max(0, left) : max(0, left + 2 * reach)]
    if not part.size:
        return
    rows = np.arange(part.shape[0], dtype=np.float32) + max(0, top) + 0.5 - y
    columns = np.arange(part.shape[1], dtype=np.float32) + max(0, left) + 0.5 - x
    sigma = max(radius, 0.6)
    light = strength * np.exp(-(columns[None, :] ** 2 + rows[:, None] ** 2) / (2 * sigma**2))
    part += (color - part) * light[:, :, None]


def _of(colors: Colors, name: str) -> Paint:
    return np.array(rgba(name, colors)[:3], np.float32)


def _paint(digits: str) -> Paint:
    return np.array([int(digits[at : at + 2], 16) for at in (1, 3, 5)], np.float32)


_SCENES: dict[Scenery, Callable[[Light, Colors], Light]] = {
    "snowy hills": _snowy_hills,
    "meadow": _meadow,
    "sun": _sun,
    "ridges": _ridges,
    "stars": _stars,
    "grid": _grid,
}
