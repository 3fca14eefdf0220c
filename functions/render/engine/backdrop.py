"""What lies behind everything: plain colours and gradients, made once for each scene."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from render.engine.colors import rgba
from render.engine.frame import Frame
from render.engine.geometry import bands
from render.engine.planes import Picture, from_light, paint
from render.engine.scenery import scenery

if TYPE_CHECKING:
    from reelqueue.spec_scenes import Scene
    from reelqueue.themes import Theme

_FINE = 1 << 14


class Backgrounds:
    """The backgrounds of a video's scenes. The last one is kept: mostly the next scene has the same."""

    def __init__(self, theme: Theme, size: tuple[int, int]) -> None:
        self._theme = theme
        self._size = size
        self._last: tuple[Scene, Frame] | None = None

    def of(self, scene: Scene) -> Frame:
        """A frame that shows nothing else, and is never painted on."""
        if self._last is None or self._last[0].background != scene.background:
            frame = Frame(*self._size)
            paint(frame, background(scene, self._theme, self._size), 0, 0)
            self._last = scene, frame
        return self._last[1]


def background(scene: Scene, theme: Theme, size: tuple[int, int]) -> Picture:
    """The scene's background, or the theme's with its scenery."""
    chosen = theme.background if scene.background is None else scene.background
    if isinstance(chosen, str) or chosen.type == "color":
        color = chosen if isinstance(chosen, str) else chosen.color
        plain = np.array(_over_black(rgba(color, theme.colors)), np.float32)
        return from_light(np.tile(plain, (size[1], size[0], 1)), np.zeros(size[::-1], np.float32))
    light = gradient([rgba(color, theme.colors) for color in chosen.colors], chosen.angle, size)
    if scene.background is None and theme.scenery is not None:
        light = scenery(theme.scenery, light, theme.colors)
    return from_light(light, dither(size))


def gradient(colors: list[tuple[int, int, int, int]], angle: float, size: tuple[int, int]) -> NDArray[np.float32]:
    """A linear gradient as CSS draws it: 0 degrees runs to the top, 90 to the right, corner to corner."""
    width, height = size
    across, up = math.sin(math.radians(angle)), math.cos(math.radians(angle))
    length = abs(width * across) + abs(height * up)
    x = np.arange(width, dtype=np.float32) + 0.5 - width / 2
    y = np.arange(height, dtype=np.float32) + 0.5 - height / 2
    stops = np.array([_over_black(color) for color in colors], np.float32)
    # Interpolated once along the gradient's line, finer than any picture, then looked up.
    line = np.linspace(0, 1, _FINE + 1)
    places = np.linspace(0, 1, len(stops))
    shades = np.stack([np.interp(line, places, stops[:, channel]) for channel in range(3)], axis=-1)
    shades = shades.astype(np.float32)
    light = np.empty((height, width, 3), np.float32)
    for rows in bands(height):
        part = x[None, :] * (across / length) - y[rows, None] * (up / length) + 0.5
        # Nothing lies outside: "clip" only spares looking twice.
        shades.take(np.rint(np.clip(part, 0, 1) * _FINE).astype(np.int32), axis=0, out=light[rows], mode="clip")
    return light


def dither(size: tuple[int, int]) -> NDArray[np.float32]:
    """Noise of half a step either way, always the same: without it a dark gradient shows bands in 8 bits."""
    noise = np.random.default_rng(1).random(size[::-1], dtype=np.float32)
    noise -= 0.5
    return noise


def _over_black(color: tuple[int, int, int, int]) -> tuple[float, float, float]:
    red, green, blue, alpha = color
    return red * alpha / 255, green * alpha / 255, blue * alpha / 255
