"""Text: laid out in lines that fit, and drawn once by MoviePy, with panel, outline and shadow.

Measuring is a function that is passed in, so the layout is pure; the drawing is MoviePy's
``TextClip`` and ``CompositeVideoClip``, which happens once for a text and never for a frame.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
from moviepy import CompositeVideoClip, ImageClip, TextClip
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from reelqueue.spec_request import VideoRequest
from reelqueue.spec_scenes import TextElement
from reelqueue.themes import TextStyle, Theme
from render.engine.colors import RGBA, rgba
from render.engine.fonts import font, font_file
from render.engine.geometry import pixels
from render.engine.lettering import Lettering, Letterings


class Measure(Protocol):
    """How wide a line is at this size of its font, in pixels."""

    def __call__(self, line: str, *, size: int) -> float: ...


Across = Callable[[str], float]
Wrap = Callable[[list[str], float, Across], list[str]]

MIN_SIZE = 8


@dataclass(frozen=True)
class Layout:
    """Lines of a text at the size at which they fit, in pixels."""

    lines: tuple[str, ...]
    size: int
    line_height: int
    width: int

    @property
    def height(self) -> int:
        return self.line_height * len(self.lines)


def lay_out(text: str, *, size: int, line_height: float, room: tuple[int, int], measure: Measure) -> Layout:
    """Break the text into lines, and shrink it until it fits into ``room`` (width, height).

    Lines break at spaces; a word that alone is wider than the room makes the text smaller, and
    is broken only at the smallest size.
    """
    while True:
        across = partial(measure, size=size)
        lines = _paragraphs(text, room[0], across, _filled)
        tall = math.ceil(size * line_height)
        fits = max(map(across, lines)) <= room[0] and tall * len(lines) <= room[1]
        if fits or size <= MIN_SIZE:
            lines = _paragraphs(text, room[0], across, _evened) if fits else _broken(lines, room[0], across)
            return Layout(tuple(lines), size, tall, math.ceil(max(map(across, lines))))
        size = max(MIN_SIZE, size - max(1, size // 24))


def _paragraphs(text: str, width: float, across: Across, wrap: Wrap) -> list[str]:
    return [line for part in text.split("\n") for line in wrap(part.split(), width, across)]


def _evened(words: list[str], width: float, across: Across) -> list[str]:
    """As few lines as the width allows, and as even as these can be: no word is left alone in the last one."""
    lines = _filled(words, width, across)
    narrow = width / 2
    for _ in range(8 if len(lines) > 1 else 0):
        middle = (narrow + width) / 2
        if len(_filled(words, middle, across)) > len(lines):
            narrow = middle
        else:
            width = middle
    return _filled(words, width, across)


def _filled(words: list[str], width: float, across: Across) -> list[str]:
    lines = [""]
    for word in words:
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if lines[-1] and across(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _broken(lines: list[str], width: float, across: Across) -> list[str]:
    broken = []
    for line in lines:
        while len(line) > 1 and across(line) > width:
            # The longest beginning that fits, but at least a character; by halves, for a line may be one long word.
            cut = max(1, bisect_right(range(1, len(line)), width, key=lambda end: across(line[:end])))
            broken.append(line[:cut])
            line = line[cut:]
        broken.append(line)
    return broken


@dataclass(frozen=True)
class Block:
    """A drawn text: RGBA pixels (not premultiplied); ``spread`` of them lie around the text on each side."""

    rgba: NDArray[np.uint8]
    spread: int

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the text with its panel, without what its shadow reaches beyond."""
        return self.rgba.shape[1] - 2 * self.spread, self.rgba.shape[0] - 2 * self.spread


def draw_texts(request: VideoRequest, folder: Path, check: Callable[[], None]) -> Letterings:
    """Draw all texts of a request into files in this folder; ``check`` may raise to stop that."""
    size = (request.output.width, request.output.height)
    letterings = {}
    for number, scene in enumerate(request.scenes):
        for index, element in enumerate(scene.elements):
            if isinstance(element, TextElement):
                check()
                block = draw(element, request.theme, size)
                path = folder / f"text-{number}-{index}.npy"
                np.save(path, block.rgba)
                letterings[number, index] = Lettering(path, block.spread)
    return letterings


def draw(element: TextElement, theme: Theme, frame: tuple[int, int]) -> Block:
    """Draw a text element for a frame of this size (width, height)."""
    style: TextStyle = getattr(theme.styles, element.style)
    short = min(frame)
    wanted = style.size * short if element.size is None else pixels(element.size, frame[1])
    size = max(MIN_SIZE, round(wanted))
    panel = element.background or style.background
    padding = (round(size * 0.6), round(size * 0.3)) if panel else (0, 0)
    margin = round(theme.safe_area * short)
    widest = pixels(element.max_width, frame[0]) if element.max_width is not None else style.max_width * frame[0]
    widest = min(widest, frame[0] - 2 * margin)
    if element.width is not None:
        widest = min(pixels(element.width, frame[0]), frame[0])
    tallest = frame[1] - 2 * margin if element.height is None else pixels(element.height, frame[1])
    layout = lay_out(
        element.text,
        size=size,
        line_height=element.line_height or style.line_height,
        room=(max(1, round(widest) - 2 * padding[0]), max(1, round(tallest) - 2 * padding[1])),
        measure=lambda line, *, size: font(style.weight, size).getlength(line),
    )
    if element.width is not None:
        layout = replace(layout, width=round(widest) - 2 * padding[0])
    return _Drawing(element, style, theme, layout, panel, padding).block()


class _Drawing:
    """One text on its way from layout to pixels."""

    def __init__(
        self,
        element: TextElement,
        style: TextStyle,
        theme: Theme,
        layout: Layout,
        panel: str | None,
        padding: tuple[int, int],
    ) -> None:
        self._layout = layout
        self._style = style
        self._colors = theme.colors
        self._color = rgba(element.color or style.color, theme.colors)
        self._align = element.align or style.align
        self._outline = element.outline
        self._stroke = max(1, round(element.outline.width)) if element.outline else 0
        self._panel = panel
        self._padding = padding
        has_shadow = style.shadow and panel is None if element.shadow is None else element.shadow
        self._blur = max(2.0, layout.size / 9) if has_shadow else 0.0
        self._spread = self._stroke + 2 + math.ceil(3 * self._blur)
        self._rule = max(2, round(layout.size * 0.065)) if style.rule and panel is None else 0

    def block(self) -> Block:
        below = self._rule + round(self._layout.size * 0.36) if self._rule else 0
        width = self._layout.width + 2 * self._padding[0]
        height = self._layout.height + below + 2 * self._padding[1]
        canvas = (width + 2 * self._spread, height + 2 * self._spread)
        lines = [self._line(number, line) for number, line in enumerate(self._layout.lines) if line]
        clips = [*self._panel_clip(width, height), *self._shadow_clip(lines, canvas), *lines]
        if self._rule:
            clips.append(self._rule_clip())
        return Block(_flat(clips, canvas), self._spread)

    def _line(self, number: int, text: str) -> TextClip:
        size = self._layout.size
        ascent, descent = font(self._style.weight, size).getmetrics()
        advance = font(self._style.weight, size).getlength(text)
        # The margin keeps what swings out of a glyph's advance; origin and baseline stay where they are.
        margin = self._spread
        clip = TextClip(
            font=str(font_file(self._style.weight)),
            text=text,
            font_size=size,
            size=(math.ceil(advance), ascent + descent),
            margin=(margin, margin),
            color=self._color,
            stroke_color=rgba(self._outline.color, self._colors) if self._outline else None,
            stroke_width=self._stroke,
            horizontal_align="left",
            vertical_align="top",
            duration=1,
        )
        free = self._layout.width - advance
        x = {"left": 0.0, "center": free / 2, "right": free}[self._align]
        y = number * self._layout.line_height + (self._layout.line_height - ascent - descent) / 2
        return clip.with_position(
            (round(x) + self._padding[0] - self._stroke, round(y) + self._padding[1] - self._stroke)
        )

    def _panel_clip(self, width: int, height: int) -> list[ImageClip]:
        if self._panel is None:
            return []
        fine = 4
        mask = Image.new("L", (width * fine, height * fine), 0)
        radius = round(self._layout.size * 0.32) * fine
        ImageDraw.Draw(mask).rounded_rectangle((0, 0, width * fine - 1, height * fine - 1), radius, fill=255)
        shape = np.asarray(mask.resize((width, height), Image.Resampling.BOX), np.float32) / 255
        return [_tinted(shape, rgba(self._panel, self._colors)).with_position((self._spread, self._spread))]

    def _shadow_clip(self, lines: list[TextClip], canvas: tuple[int, int]) -> list[ImageClip]:
        if not self._blur or not lines:
            return []
        shape = _flat(lines, canvas)[:, :, 3].astype(np.float32) / 255
        soft = np.asarray(cv2.GaussianBlur(shape, (0, 0), self._blur), np.float32)
        return [_tinted(soft, _SHADOW).with_position((0, round(self._blur / 2)))]

    def _rule_clip(self) -> ImageClip:
        width = round(self._layout.size * 0.9)
        free = self._layout.width - width
        x = {"left": 0, "center": free // 2, "right": free}[self._align]
        y = self._layout.height + round(self._layout.size * 0.3)
        color = rgba(self._style.rule or "accent", self._colors)
        return _tinted(np.ones((self._rule, width), np.float32), color).with_position(
            (x + self._padding[0] + self._spread, y + self._padding[1] + self._spread)
        )


_SHADOW: RGBA = (0, 8, 24, 140)


def _tinted(shape: NDArray[np.floating[Any]], color: RGBA) -> ImageClip:
    """A clip of one colour, as opaque as ``shape`` (0-1) says."""
    pixels = np.empty((*shape.shape, 4), np.uint8)
    pixels[:, :, :3] = color[:3]
    pixels[:, :, 3] = np.rint(shape * color[3])
    return ImageClip(pixels, transparent=True, duration=1)


def _flat(clips: list[ImageClip], canvas: tuple[int, int]) -> NDArray[np.uint8]:
    """The clips composed by MoviePy, once, as RGBA."""
    composed = CompositeVideoClip(clips, size=canvas)
    colors = np.asarray(composed.get_frame(0), np.uint8)
    alpha = np.rint(np.asarray(composed.mask.get_frame(0)) * 255).astype(np.uint8)
    composed.close()
    return np.dstack([colors, alpha])
