"""A drawn text as a layer of its scene: in its place, over its veil, typed letter by letter where it is to be."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from render.engine.drawings import Lettering
from render.engine.framing import rotated
from render.engine.geometry import place
from render.engine.layers import Layer, still
from render.engine.planes import Picture, alphas, over
from render.engine.scrim import Behind
from render.engine.timeline import ElementSpan

if TYPE_CHECKING:
    from reelqueue.spec_scenes import TextElement
    from reelqueue.themes import Theme

Pixels = NDArray[np.uint8]


def text_layer(
    element: TextElement,
    lettering: Lettering,
    theme: Theme,
    frame: tuple[int, int],
    here: ElementSpan,
    fps: int,
    behind: Behind,
) -> Layer:
    """A text as a layer, in its place. What its shadow reaches beyond its box does not count for that."""
    drawn, spread = lettering.rgba, lettering.spread
    style = getattr(theme.styles, element.style)
    box = place(element, lettering.size, frame, margin=round(theme.safe_area * min(frame)), default=style.position)
    scrim = None if lettering.color is None else behind.scrim(box, lettering.color, here, frame)
    more = 0 if scrim is None else max(0, (scrim.shape[1] - drawn.shape[1] + 1) // 2)

    def ready(pixels: Pixels) -> tuple[Picture, int, int]:
        pixels = np.pad(pixels, ((more, more), (more, more), (0, 0)))
        at = (box.x - spread - more, box.y - spread - more)
        source, x, y = still(pixels, *at)
        if scrim is None:
            return source(0), x, y
        veil, _, _ = still(_centered(scrim, pixels), *at)
        return over(source(0), veil(0)), x, y

    picture, x, y = ready(drawn)
    letters: Callable[[float], Picture] | None = None
    if lettering.blank is not None:
        off = (box.x - spread - x, box.y - spread - y)
        steps = [
            (left + off[0], top + off[1], right + off[0], low + off[1]) for left, top, right, low in lettering.steps
        ]
        letters = _typing(ready(lettering.blank)[0], picture, steps)
    if element.rotation % 360:
        middle, corner = (box.x + box.width / 2, box.y + box.height / 2), (x, y)
        straight = letters
        picture, x, y = rotated(picture, corner, middle, element.rotation)
        if straight is not None:
            letters = lambda part: rotated(straight(part), corner, middle, element.rotation)[0]  # noqa: E731
    enter, leave = element.enter or style.enter, element.exit or style.exit
    how = (element.opacity, enter, leave)
    return Layer(lambda _: picture, x, y, here.first, here.frames, fps, *how, letters=letters)


def _typing(blank: Picture, full: Picture, steps: list[tuple[int, int, int, int]]) -> Callable[[float], Picture]:
    """Of a text, the letters that are there when a part of them is typed."""
    (blank_alpha, blank_chroma), (full_alpha, full_chroma) = alphas(blank), alphas(full)

    def picture(part: float) -> Picture:
        planes = [
            (blank.y.copy(), full.y, 1),
            (blank.u.copy(), full.u, 2),
            (blank.v.copy(), full.v, 2),
            (blank_alpha.copy(), full_alpha, 1),
            (blank_chroma.copy(), full_chroma, 2),
        ]
        for left, top, right, low in steps[: round(part * len(steps))]:
            for to, come, scale in planes:
                cut = np.s_[max(0, top // scale) : low // scale, max(0, left // scale) : right // scale]
                to[cut] = come[cut]
        y, u, v, alpha, chroma = (plane for plane, _, _ in planes)
        return Picture(y, u, v, alpha, chroma)

    return picture


def _centered(pixels: Pixels, like: Pixels) -> Pixels:
    """Pixels on a canvas as large as another's, of the same middle."""
    canvas = np.zeros_like(like)
    top, left = (like.shape[0] - pixels.shape[0]) // 2, (like.shape[1] - pixels.shape[1]) // 2
    cut_y, cut_x = max(0, -top), max(0, -left)
    part = pixels[cut_y : cut_y + like.shape[0], cut_x : cut_x + like.shape[1]]
    canvas[max(0, top) : max(0, top) + part.shape[0], max(0, left) : max(0, left) + part.shape[1]] = part
    return canvas
