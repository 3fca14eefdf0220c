"""From characters to glyphs: runs of one direction and one font, each shaped by HarfBuzz. All measures are in em.

A font is chosen for each *cluster*, that is what a reader takes for one character: a letter with its marks, an emoji
with its skin tone, a flag. So a cluster is never set in two fonts unless no font has all of it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import uharfbuzz as hb
from icu4py.breakers import CharacterBreaker

from reelqueue.glyphs import is_unseen
from render.engine.bidi import levels_of, visual_order
from render.engine.fonts import Language, Typeface, emoji, fallbacks
from render.engine.fonts import family as named_family

if TYPE_CHECKING:
    from reelqueue.themes import Weight
    from reelqueue.typefaces import FontName

_TEXT_STYLE, _EMOJI_STYLE, _KEYCAP = "\ufe0e", "\ufe0f", "\u20e3"
# Emoji below U+1F000 that are shown in colour unless the text says otherwise (Emoji_Presentation, UTS #51); all
# others there are signs of the text, and in colour only where it asks for that or no other font has them.
_COLORED = set(
    "⌚⌛⏩⏪⏫⏬⏰⏳◽◾☔☕♈♉♊♋♌♍♎♏♐♑♒♓♿⚓⚡⚪⚫⚽⚾⛄⛅⛎⛔⛪⛲⛳⛵⛺⛽✅✊✋✨❌❎❓❔❕❗➕➖➗➰➿⬛⬜⭐⭕"
)
_FIRST_PICTOGRAPH = "\U0001f000"
# Noto's emoji fill more than their em; this makes them as tall as capitals with what hangs below the line.
_EMOJI_SCALE = 0.92


@dataclass(frozen=True)
class Glyph:
    """A glyph of a font: ``x`` and ``y`` from the start of its line, y upwards; ``cluster``: its place in the text."""

    number: int
    cluster: int
    x: float
    y: float
    advance: float


@dataclass(frozen=True)
class GlyphRun:
    """Glyphs of one font, from left to right; ``scale``: how large its em is against that of the text."""

    typeface: Typeface
    glyphs: tuple[Glyph, ...]
    scale: float

    def ink(self, glyph: Glyph) -> tuple[float, float]:
        """How far a glyph of this run reaches up and down from the baseline."""
        extents = self.typeface.font.get_glyph_extents(glyph.number)
        if extents is None or not extents.height:
            return 0.0, 0.0
        em = self.typeface.em / self.scale
        return extents.y_bearing / em + glyph.y, -(extents.y_bearing + extents.height) / em - glyph.y


@dataclass(frozen=True)
class Run:
    """Characters ``start`` to ``end`` of a text: one direction, one font."""

    start: int
    end: int
    level: int
    typeface: Typeface


def language_of(text: str) -> Language | None:
    """Whose forms the Han characters of a text take: those of the writing that it has beside them."""
    if any("\u3041" <= character <= "\u30ff" for character in text):
        return "ja"
    if any("\uac00" <= character <= "\ud7a3" or "\u1100" <= character <= "\u11ff" for character in text):
        return "ko"
    return "zh-Hans" if any("\u2e80" <= character <= "\u9fff" for character in text) else None


def clusters(text: str) -> Iterator[tuple[int, int]]:
    """Where each cluster of a text starts and ends."""
    start = 0
    for piece in CharacterBreaker(text, "en"):
        yield start, start + len(piece)
        start += len(piece)


class Shaper:
    """Shapes texts of one family and weight; ``language`` is that of the whole text, if it has Han characters."""

    def __init__(self, family: FontName, weight: Weight, language: Language | None) -> None:
        self.typeface = named_family(family, weight)
        self.language = language
        self._weight = weight
        self._chosen: dict[tuple[str, Typeface | None], Typeface] = {}

    def runs(self, text: str) -> list[Run]:
        """The runs of a paragraph, in the order in which it is written."""
        _, levels = levels_of(text)
        runs: list[Run] = []
        for start, end in clusters(text):
            before = runs[-1].typeface if runs else None
            for first, last, typeface in self._fonts(text, start, end, before):
                if runs and runs[-1].typeface is typeface and runs[-1].level == levels[first]:
                    first = runs.pop().start
                runs.append(Run(first, last, levels[first], typeface))
        return runs

    def glyphs(self, text: str, runs: list[Run], start: int, end: int) -> list[GlyphRun]:
        """Characters ``start`` to ``end`` of a paragraph as one line, from left to right."""
        here = [Run(max(run.start, start), min(run.end, end), run.level, run.typeface) for run in runs]
        here = [run for run in here if run.start < run.end]
        line, x = [], 0.0
        for index in visual_order([run.level for run in here]):
            shaped, x = self._shaped(text, here[index], x)
            line.append(shaped)
        return line

    def _shaped(self, text: str, run: Run, x: float) -> tuple[GlyphRun, float]:
        buffer = hb.Buffer()
        buffer.cluster_level = hb.BufferClusterLevel.MONOTONE_CHARACTERS
        buffer.add_str(text, run.start, run.end - run.start)
        buffer.guess_segment_properties()
        buffer.direction = "rtl" if run.level % 2 else "ltr"
        if self.language:
            buffer.language = self.language
        buffer.flags = hb.BufferFlags.REMOVE_DEFAULT_IGNORABLES
        hb.shape(run.typeface.font, buffer)
        scale = _EMOJI_SCALE if run.typeface.colored else 1.0
        em = run.typeface.em / scale
        glyphs = []
        for info, position in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
            advance = position.x_advance / em
            place = (x + position.x_offset / em, position.y_offset / em)
            glyphs.append(Glyph(info.codepoint, info.cluster, *place, advance))
            x += advance
        return GlyphRun(run.typeface, tuple(glyphs), scale), x

    def _fonts(self, text: str, start: int, end: int, before: Typeface | None) -> Iterator[tuple[int, int, Typeface]]:
        """The font of a cluster, or the fonts of its characters when none has them all."""
        cluster = text[start:end]
        typeface = self._font(cluster, before)
        if typeface is not None:
            yield start, end, typeface
            return
        for index in range(start, end):
            yield index, index + 1, self._font(text[index], before) or self.typeface

    def _font(self, cluster: str, before: Typeface | None) -> Typeface | None:
        # Blanks and signs go with what stands before them, so that a sentence of another script keeps its own.
        sticks = before is not None and not before.colored and unicodedata.category(cluster[0])[0] in "ZP"
        key = (cluster, before if sticks else None)
        if key not in self._chosen:
            drawn = [character for character in cluster if not is_unseen(character)]
            chosen = self._choice(cluster, drawn, before if sticks else None)
            if chosen is None:
                return None
            self._chosen[key] = chosen
        return self._chosen[key]

    def _choice(self, cluster: str, drawn: list[str], before: Typeface | None) -> Typeface | None:
        if before is not None and before.has(drawn):
            return before
        return next((typeface for typeface in self._in_order(cluster) if typeface.has(drawn)), None)

    def _in_order(self, cluster: str) -> Iterator[Typeface]:
        """The fonts that a cluster is looked for in; each is opened when those before it have failed."""
        if _is_emoji(cluster):
            yield emoji()
        yield self.typeface
        yield from fallbacks(self.language or "zh-Hans", self._weight)
        yield emoji()


def _is_emoji(cluster: str) -> bool:
    first = cluster[0]
    if _TEXT_STYLE in cluster:
        return False
    if first.isascii():
        return _KEYCAP in cluster
    return first >= _FIRST_PICTOGRAPH or first in _COLORED or _EMOJI_STYLE in cluster
