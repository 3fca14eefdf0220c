"""Captions as pixels, before the first frame: set like any other text of the theme, with a panel or an outline.

Each text is drawn once, however often it is shown, and for karaoke once more with all of its words lit.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from reelqueue.spec_scenes import Outline, TextElement
from render.engine.captions import Caption, Lit
from render.engine.colors import contrast, mixed, rgba
from render.engine.cues import Cue, Cues
from render.engine.drawings import Drawings
from render.engine.geometry import Box, place
from render.engine.text import draw_words

if TYPE_CHECKING:
    from reelqueue.spec_request import VideoRequest
    from reelqueue.spec_voice import Captions
    from reelqueue.themes import Theme

# A single word is read in a fraction of a second: it is larger, in parts of the shorter side, and outlined.
_WORD_SIZE, _WORD_OUTLINE = 0.1, 0.1
_LEAST_CONTRAST = 4.5


def draw_captions(request: VideoRequest, cues: Cues, fps: int, drawings: Drawings) -> None:
    """Draw all captions of a request."""
    easel = _Easel(request, fps, drawings.folder)
    for number, scene in enumerate(request.scenes):
        if scene.captions:
            drawings.keep_captions(number, tuple(easel.scene(scene.captions, cues.get(number, ()))))


_Spans = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class _Drawn:
    """A text in a file: its size, what lies around it, and the parts that its words take."""

    path: Path
    size: tuple[int, int]
    spread: int
    boxes: list[tuple[Box, ...]]


class _Easel:
    def __init__(self, request: VideoRequest, fps: int, folder: Path) -> None:
        self._theme = request.theme
        self._size = (request.output.width, request.output.height)
        self._fps = fps
        self._folder = folder
        self._known: dict[tuple[TextElement, _Spans], _Drawn] = {}

    def scene(self, captions: Captions, cues: tuple[Cue, ...]) -> list[Caption]:
        found = []
        for cue in cues:
            if captions.style == "word":
                found += self._words(captions, cue)
            else:
                found.append(self._whole(captions, cue))
        return [caption for caption in found if caption.first < caption.end]

    def _words(self, captions: Captions, cue: Cue) -> list[Caption]:
        """One word after the other; each stays until the next one comes."""
        text = cue.text.replace("\n", " ")
        ends = [*(word.start for word in cue.words[1:]), cue.end]
        found = []
        for word, end in zip(cue.words, ends, strict=True):
            drawn = self._drawn(self._element(captions, text[word.first : word.last]))
            found.append(self._caption(captions, word.start, end, drawn))
        return found

    def _whole(self, captions: Captions, cue: Cue) -> Caption:
        if captions.style == "block":
            return self._caption(captions, cue.start, cue.end, self._drawn(self._element(captions, cue.text)))
        # Lines of one paragraph, so that a word is found by its place in the text.
        text = cue.text.replace("\n", " ")
        spans = tuple((word.first, word.last) for word in cue.words)
        drawn = self._drawn(self._element(captions, text), spans)
        bright = self._drawn(self._element(captions, text, lit=True)).path
        lit = tuple(
            Lit(self._frame(word.start), self._frame(word.end), parts)
            for word, parts in zip(cue.words, drawn.boxes, strict=True)
        )
        return self._caption(captions, cue.start, cue.end, drawn, bright, lit)

    def _caption(
        self,
        captions: Captions,
        start: float,
        end: float,
        drawn: _Drawn,
        bright: Path | None = None,
        lit: tuple[Lit, ...] = (),
    ) -> Caption:
        where = TextElement(type="text", text="-", position=captions.position)
        margin = round(self._theme.safe_area * min(self._size))
        box = place(where, drawn.size, self._size, margin=margin, default="bottom")
        first, last = self._frame(start), self._frame(end)
        return Caption(first, last, drawn.path, box.x - drawn.spread, box.y - drawn.spread, bright, lit)

    def _drawn(self, element: TextElement, spans: _Spans = ()) -> _Drawn:
        if (element, spans) not in self._known:
            block, boxes = draw_words(element, self._theme, self._size, spans)
            path = self._folder / f"caption-{len(self._known)}.png"
            _save_pixels(block.rgba, path)
            self._known[element, spans] = _Drawn(path, block.size, block.spread, boxes)
        return self._known[element, spans]

    def _element(self, captions: Captions, text: str, *, lit: bool = False) -> TextElement:
        theme, style = self._theme, self._theme.styles.caption
        common: dict[str, Any] = {"type": "text", "text": text, "align": "center", "position": captions.position}
        if captions.style == "word":
            size = _WORD_SIZE * min(self._size)
            outline = Outline(color="background", width=min(64.0, _WORD_OUTLINE * size))
            return TextElement(**common, style="subtitle", size=size, color="text", outline=outline, shadow=True)
        panel = style.background or f"{theme.colors.background}D0"
        return TextElement(
            **common,
            style="caption",
            color=lit_color(theme, panel) if lit else style.color,
            background=panel,
            shadow=False,
        )

    def _frame(self, seconds: float) -> int:
        return int(seconds * self._fps + 0.5 + 1e-6)


def lit_color(theme: Theme, panel: str) -> str:
    """The colour of the word that is spoken: the theme's accent, nearer to that of the text as far as contrast asks."""
    accent, text = rgba(theme.colors.accent, theme.colors), rgba(theme.styles.caption.color, theme.colors)
    ground = rgba(panel, theme.colors)
    # A panel lets through a little of whatever lies beneath it.
    grounds = [mixed((under, under, under, 255), ground, ground[3] / 255) for under in (0, 255)]
    for step in range(11):
        color = mixed(accent, text, step / 10)
        if min(contrast(color, under) for under in grounds) >= _LEAST_CONTRAST:
            break
    return "#{:02X}{:02X}{:02X}".format(*color[:3])


def _save_pixels(rgba: NDArray[np.uint8], path: Path) -> None:
    """Keep pixels packed, as there may be thousands of captions: a hundredth of their size, in a few milliseconds."""
    if not cv2.imwrite(str(path), rgba, (cv2.IMWRITE_PNG_COMPRESSION, 1)):
        raise OSError(f"{path.name} could not be written")
