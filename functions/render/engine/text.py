"""A text element as pixels: letters, emoji, outline, shadow, panel and rule, composed once and never for a frame.

What stands on top of what is composed by MoviePy, which does that well for few pictures.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

# MoviePy, when it is loaded, runs the player that it would show previews with: here nothing that takes any time.
os.environ.setdefault("FFPLAY_BINARY", "true")

import cv2
import numpy as np
from moviepy import CompositeVideoClip, ImageClip
from numpy.typing import NDArray

from render.engine.colors import RGBA, rgba
from render.engine.drawings import Drawings, Lettering
from render.engine.geometry import Box, pixels
from render.engine.lines import Layout, lay_out
from render.engine.raster import Ink, draw_lines
from render.engine.shapes import rounded
from render.engine.shaping import Shaper, language_of

if TYPE_CHECKING:
    from reelqueue.spec_request import VideoRequest
    from reelqueue.spec_scenes import TextElement
    from reelqueue.themes import TextStyle, Theme

MIN_SIZE = 8


def draw_texts(request: VideoRequest, drawings: Drawings) -> None:
    """Draw all texts of a request: one of each half by turns, since two workers begin at the start and midway."""
    size, half = (request.output.width, request.output.height), len(request.scenes) // 2
    for number in sorted(range(len(request.scenes)), key=lambda scene: scene if scene < half else scene - half + 0.5):
        for index, element in enumerate(request.scenes[number].elements):
            if element.type == "text":
                drawings.keep_text(number, index, draw(element, request.theme, size))


def draw(element: TextElement, theme: Theme, frame: tuple[int, int]) -> Lettering:
    """Draw a text element for a frame of this size (width, height)."""
    return _set(element, theme, frame).block()


def draw_words(
    element: TextElement, theme: Theme, frame: tuple[int, int], spans: Sequence[tuple[int, int]]
) -> tuple[Lettering, list[tuple[Box, ...]]]:
    """The same, and for each span of characters (of a text of one paragraph) the parts of the pixels that it takes."""
    drawing = _set(element, theme, frame)
    block = drawing.block()
    return block, [drawing.boxes(first, last, block.spread) for first, last in spans]


def _set(element: TextElement, theme: Theme, frame: tuple[int, int]) -> _Drawing:
    style: TextStyle = getattr(theme.styles, element.style)
    wanted = style.size * min(frame) if element.size is None else pixels(element.size, frame[1])
    panel = element.background or style.background
    rule = None if panel else style.rule
    around = _PANEL if panel else (0.0, _RULE_GAP + _RULE_HEIGHT) if rule else (0.0, 0.0)
    room = _room(element, style, theme, frame)
    layout = lay_out(
        element.text,
        Shaper(element.font or style.font, style.weight, language_of(element.text)),
        size=max(MIN_SIZE, wanted),
        line_height=element.line_height,
        least=style.line_height,
        room=room,
        around=around,
    )
    if element.width is not None:
        layout = replace(layout, width=room[0] - around[0] * layout.size)
    return _Drawing(element, style, theme, layout, panel, rule)


def _room(element: TextElement, style: TextStyle, theme: Theme, frame: tuple[int, int]) -> tuple[float, float]:
    """The width and height that a text may take where it stands, so that it never leaves the picture."""
    margin = theme.safe_area * min(frame)
    wide, tall = (side - 2 * margin for side in frame)
    if element.x is not None and element.y is not None:
        wide = min(wide, frame[0] - margin - pixels(element.x, frame[0]))
        tall = min(tall, frame[1] - margin - pixels(element.y, frame[1]))
    if element.position is not None and not isinstance(element.position, str):
        x, y = pixels(element.position.x, frame[0]), pixels(element.position.y, frame[1])
        wide = min(wide, 2 * (min(x, frame[0] - x) - margin))
        tall = min(tall, 2 * (min(y, frame[1] - y) - margin))
    if element.width is not None:
        wide = min(pixels(element.width, frame[0]), frame[0])
    else:
        asked = style.max_width * frame[0] if element.max_width is None else pixels(element.max_width, frame[0])
        wide = min(wide, asked)
    if element.height is not None:
        tall = min(pixels(element.height, frame[1]), frame[1])
    return max(1.0, wide), max(1.0, tall)


class _Drawing:
    """One text on its way from layout to pixels."""

    def __init__(
        self, element: TextElement, style: TextStyle, theme: Theme, layout: Layout, panel: str | None, rule: str | None
    ) -> None:
        self._layout = layout
        self._colors = theme.colors
        self._color = rgba(element.color or style.color, theme.colors)
        self._align = element.align or style.align
        self._outline = element.outline
        animations = (element.enter or style.enter, element.exit or style.exit)
        self._is_typed = any(animation.type == "typewriter" for animation in animations)
        self._panel, self._rule = panel, rule
        size = layout.size
        self._padding = (round(_PANEL[0] * size / 2), round(_PANEL[1] * size / 2)) if panel else (0, 0)
        has_shadow = style.shadow and panel is None if element.shadow is None else element.shadow
        self._blur = max(2.0, size / 9) if has_shadow else 0.0
        self._glow = style.glow
        # Glyphs may swing out of their lines, by half an em at most.
        stroke = self._outline.width if self._outline else 0
        overhang = _RULE_WIDTH * size - layout.width if rule else 0.0
        around = max(stroke + max(3.5 * self._blur, _HALO * size if self._glow else 0.0), overhang)
        self._reach = math.ceil(around) + 2
        self._spread = math.ceil(around + size / 2) + 2
        below = (_RULE_GAP + _RULE_HEIGHT) * size if rule else 0.0
        width = math.ceil(layout.width) + 2 * self._padding[0]
        height = math.ceil(layout.height + below) + 2 * self._padding[1]
        self._size = (max(1, width), max(1, height))
        self._canvas = (self._size[0] + 2 * self._spread, self._size[1] + 2 * self._spread)

    def block(self) -> Lettering:
        ink = self._trimmed(self._ink(1))
        letters = [_tinted(ink.shape / np.float32(255), self._color)]
        if ink.colored is not None:
            letters.append(ImageClip(ink.colored, transparent=True, duration=1))
        letters = [*self._outline_clip(), *letters]
        inked = [*self._shadow_clip(letters), *self._glow_clips(letters), *letters]
        panel, rule = self._panel_clip(), self._rule_clip()
        block = _cropped(_flat([*panel, *inked, *rule], self._canvas), self._spread)
        if self._panel is None and self._outline is None:
            block = replace(block, color=self._color[:3])
        return self._typed(block, [*panel, *rule]) if self._is_typed else block

    def _trimmed(self, ink: Ink) -> Ink:
        """Cut off the canvas what glyphs might have swung out into and did not: half of all that would be composed."""
        cut = max(0, min(self._spread, _clear(ink.solid)) - self._reach)
        self._spread -= cut
        self._canvas = (self._canvas[0] - 2 * cut, self._canvas[1] - 2 * cut)
        here = np.s_[cut : cut + self._canvas[1], cut : cut + self._canvas[0]]
        return Ink(ink.shape[here], None if ink.colored is None else ink.colored[here])

    def _typed(self, block: Lettering, ground: list[ImageClip]) -> Lettering:
        """The block with what it takes to type it; ``ground`` stays."""
        cut = self._spread - block.spread
        blank = _flat(ground, self._canvas) if ground else np.zeros((*self._canvas[::-1], 4), np.uint8)
        steps = tuple((left - cut, top - cut, right - cut, low - cut) for left, top, right, low in self._steps())
        high, wide = block.rgba.shape[:2]
        return replace(block, blank=np.ascontiguousarray(blank[cut : cut + high, cut : cut + wide]), steps=steps)

    def _steps(self) -> list[tuple[int, int, int, int]]:
        """Where each character is on the canvas, in the order of reading; a line is as tall as its surroundings."""
        steps = []
        lines, size = self._layout.lines, self._layout.size
        for number, line in enumerate(lines):
            x = self._spread + self._padding[0] + self._aligned(line.width * size)
            base = self._spread + self._padding[1] + self._layout.baseline + number * self._layout.pitch
            top = 0 if number == 0 else round(base - 0.76 * self._layout.pitch)
            low = self._canvas[1] if number == len(lines) - 1 else round(base + 0.24 * self._layout.pitch)
            reach: dict[int, tuple[float, float]] = {}
            for run in line.runs:
                for glyph in run.glyphs:
                    left, right = reach.get(glyph.cluster, (math.inf, -math.inf))
                    reach[glyph.cluster] = min(left, glyph.x), max(right, glyph.x + glyph.advance)
            for cluster in sorted(reach):
                left, right = reach[cluster]
                steps.append((round(x + left * size), top, round(x + right * size), low))
        return steps

    def boxes(self, first: int, last: int, spread: int) -> tuple[Box, ...]:
        """Where the glyphs of characters ``first`` to ``last`` are, a box for each line that has any of them.

        Boxes of one line reach as high as those of any other, so that nothing of an accent is left out.
        """
        layout, found = self._layout, []
        for number, line in enumerate(layout.lines):
            glyphs = [glyph for run in line.runs for glyph in run.glyphs if first <= glyph.cluster < last]
            if not glyphs:
                continue
            start = spread + self._padding[0] + self._aligned(line.width * layout.size)
            left = start + (min(glyph.x for glyph in glyphs) - _BESIDE) * layout.size
            right = start + (max(glyph.x + glyph.advance for glyph in glyphs) + _BESIDE) * layout.size
            # Between two lines, where the one has hardly anything below and the other hardly anything above.
            edge = spread + self._padding[1] + layout.baseline + _BELOW * layout.size
            top = edge + (number - 1) * layout.pitch if number else 0.0
            bottom = edge + number * layout.pitch if number + 1 < len(layout.lines) else self._size[1] + 2 * spread
            found.append(Box(round(left), round(top), round(right) - round(left), round(bottom) - round(top)))
        return tuple(found)

    def _ink(self, fine: int) -> Ink:
        """The glyphs, ``fine`` times as large as they will be."""
        places = []
        for number, line in enumerate(self._layout.lines):
            x = self._spread + self._padding[0] + self._aligned(line.width * self._layout.size)
            # Baselines lie on whole pixels, so that all lines are equally sharp.
            y = self._spread + self._padding[1] + round(self._layout.baseline + number * self._layout.pitch)
            places.append((x * fine, float(y * fine)))
        canvas = (self._canvas[0] * fine, self._canvas[1] * fine)
        return draw_lines(self._layout.lines, places, self._layout.size * fine, canvas, self._color)

    def _aligned(self, width: float) -> float:
        free = self._layout.width - width
        return {"left": 0.0, "center": free / 2, "right": free}[self._align]

    def _outline_clip(self) -> list[ImageClip]:
        """What lies within the outline's width around the letters; drawn larger, unless that takes much memory."""
        if self._outline is None:
            return []
        fine = max(1, min(3, math.isqrt(_FINE_PIXELS // (self._canvas[0] * self._canvas[1]))))
        solid = self._ink(fine).solid
        away = cv2.distanceTransform(np.where(solid > 127, 0, 1).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        cover = np.clip(self._outline.width * fine + 1 - away, 0, 1)
        shape = np.asarray(cv2.resize(cover, self._canvas, interpolation=cv2.INTER_AREA), np.float32)
        return [_tinted(shape, rgba(self._outline.color, self._colors))]

    def _panel_clip(self) -> list[ImageClip]:
        if self._panel is None:
            return []
        shape = rounded(self._size, round(self._layout.size * 0.32)) / np.float32(255)
        return [_tinted(shape, rgba(self._panel, self._colors)).with_position((self._spread, self._spread))]

    def _shadow_clip(self, letters: list[ImageClip]) -> list[ImageClip]:
        if not self._blur:
            return []
        return [_tinted(_blurred(_cover(letters), self._blur), _SHADOW).with_position((0, round(self._blur / 2)))]

    def _glow_clips(self, letters: list[ImageClip]) -> list[ImageClip]:
        """Light around the letters, as of a tube: wide and faint, close and bright."""
        if self._glow is None:
            return []
        shape, color = _cover(letters), rgba(self._glow, self._colors)
        clips = []
        for reach, strength in ((0.26, 0.85), (0.07, 0.9)):
            soft = _blurred(shape, reach * self._layout.size)
            clips.append(_tinted(np.clip(soft * (1 + 4 * reach), 0, 1) * np.float32(strength), color))
        return clips

    def _rule_clip(self) -> list[ImageClip]:
        if self._rule is None:
            return []
        size = self._layout.size
        width, height = max(1, round(size * _RULE_WIDTH)), max(2, round(size * _RULE_HEIGHT))
        x = self._spread + round(self._aligned(width))
        y = self._spread + math.ceil(self._layout.height + _RULE_GAP * size)
        bar = np.ones((min(height, self._canvas[1] - y), width), np.float32)
        return [_tinted(bar, rgba(self._rule, self._colors)).with_position((x, y))]


_SHADOW: RGBA = (0, 8, 24, 140)
# What a panel adds to the width and the height of its text, and where the rule of a title lies; in em.
_PANEL = (1.2, 0.6)
_RULE_GAP, _RULE_HEIGHT, _RULE_WIDTH = 0.3, 0.065, 0.9
_FINE_PIXELS = 16_000_000
# What belongs to a word beside its advance, and below its baseline; in em.
_BESIDE, _BELOW = 0.05, 0.3
# How far a glow reaches, in em.
_HALO = 0.8


def _tinted(shape: NDArray[np.floating[Any]], color: RGBA) -> ImageClip:
    """A clip of one colour, as opaque as ``shape`` (0-1) says."""
    levels = [np.full(shape.shape, level, np.uint8) for level in color[:3]]
    pixels = cv2.merge([*levels, np.asarray(cv2.convertScaleAbs(shape, alpha=color[3]), np.uint8)])
    return ImageClip(pixels, transparent=True, duration=1)


def _clear(cover: NDArray[np.uint8]) -> int:
    """How far what is covered stays away from all edges; 0 where nothing is."""
    rows, columns = (np.flatnonzero(cover.any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return 0
    return int(min(rows[0], cover.shape[0] - 1 - rows[-1], columns[0], cover.shape[1] - 1 - columns[-1]))


def _blurred(cover: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    """A cover, softened; there is nothing beyond its edges."""
    return np.asarray(cv2.GaussianBlur(cover, (0, 0), sigma, borderType=cv2.BORDER_CONSTANT), np.float32)


def _cover(clips: list[ImageClip]) -> NDArray[np.float32]:
    """How opaque clips that fill the canvas are together (0-1)."""
    through = np.ones(clips[0].mask.img.shape, np.float32)
    for clip in clips:
        through *= 1 - clip.mask.img
    return 1 - through


def _cropped(rgba: NDArray[np.uint8], spread: int) -> Lettering:
    """A block with no more around its text than shows all that is there, and one clear pixel: it is painted often."""
    high, wide = rgba.shape[:2]
    cut = max(0, min(spread, _clear(rgba[:, :, 3]) - 1))
    return Lettering(np.ascontiguousarray(rgba[cut : high - cut, cut : wide - cut]), spread - cut)


def _flat(clips: list[ImageClip], canvas: tuple[int, int]) -> NDArray[np.uint8]:
    """The clips composed by MoviePy, once, as RGBA."""
    composed = CompositeVideoClip(clips, size=canvas)
    colors = np.asarray(composed.get_frame(0), np.uint8)
    alpha = np.rint(np.asarray(composed.mask.get_frame(0)) * 255).astype(np.uint8)
    composed.close()
    return np.dstack([colors, alpha])
