"""A text broken into lines that fit, at the size at which they do. All measures but those of a ``Layout`` are in em.

Lines break where the Unicode rules allow it (UAX #14, by ICU, which knows the words of Thai and the phrases of
Japanese and Korean), and are as even as they can be. A text shrinks until it fits its room.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from icu4py.breakers import LineBreaker

from render.engine.fonts import Language, Typeface
from render.engine.shaping import GlyphRun, Run, Shaper, clusters

# Down to this part of its size a text shrinks before a word is broken for it.
_WHOLE_WORDS = 0.6
_SMALLEST = 0.01
# What lies between the ink of two lines at least; only scripts with tall stacks of marks come this near.
_GAP = 0.04
_SOFT_HYPHEN, _HYPHEN = "\u00ad", "-"
# The rules allow a break between a blank and these; a reader expects none ("50 %", "« oui »", "so – oder so").
_NEVER_FIRST = {"%", "‰", "?", "!", ":", ";", "»", "–", "—", "€", "…"}
_DASHES = ("–", "—")
_BLANKS = " \u3000\u200b"
_PHRASES: dict[Language | None, str] = {"ja": "ja-u-lw-phrase", "ko": "ko-u-lw-phrase", "zh-Hans": "zh", None: "en"}

Cut = tuple[int, int]
Ink = tuple[float, float]


@dataclass(frozen=True)
class Line:
    """A line as it is set: its characters, its glyphs from left to right, and its width."""

    text: str
    runs: tuple[GlyphRun, ...]
    width: float


@dataclass(frozen=True)
class Layout:
    """The lines of a text at the size at which they fit; in pixels, but for the lines.

    ``pitch`` is the distance of the lines, ``baseline`` that of the first one from the top.
    """

    lines: tuple[Line, ...]
    size: float
    pitch: float
    baseline: float
    width: float
    height: float


def lay_out(
    text: str,
    shaper: Shaper,
    *,
    size: float,
    line_height: float | None,
    least: float,
    room: tuple[float, float],
    around: tuple[float, float] = (0, 0),
) -> Layout:
    """Set a text in ``room`` (width, height, in pixels) at ``size`` or smaller.

    Args:
        line_height: the distance of the lines as somebody wants it.
        least: left to us, it is this, or as much more as the scripts need whose marks would meet.
        around: what needs room beside the lines and grows with them, such as a panel.
    """
    paragraphs = [_paragraph(part, shaper) for part in text.split("\n")]

    def cuts(size: float, whole: bool) -> list[tuple[_Paragraph, list[Cut]]]:
        wide = room[0] / size - around[0]
        return [(each, _filled(each, each.edges if whole else each.finer(wide), wide)) for each in paragraphs]

    def fits(size: float, whole: bool) -> bool:
        cut = cuts(size, whole)
        widest = max(paragraph.width(*each) for paragraph, parts in cut for each in parts)
        height = _leading(cut, shaper.typeface, line_height, least)[2]
        return (widest + around[0]) * size <= room[0] and (height + around[1]) * size <= room[1]

    whole = fits(size * _WHOLE_WORDS, True)
    if not (whole and fits(size, True)):
        low, high = (size * _WHOLE_WORDS, size) if whole else (_SMALLEST, size * _WHOLE_WORDS)
        size = _largest(lambda size: fits(size, whole), low, high)
    wide = room[0] / size - around[0]
    even = [(each, _evened(each, each.edges if whole else each.finer(wide), wide)) for each in paragraphs]
    lines = tuple(_line(paragraph, each, shaper) for paragraph, parts in even for each in parts)
    width = max(line.width for line in lines)
    # A line is a little wider by itself where the break took a kerning or a ligature from it, or gave it a hyphen.
    size = min(size, room[0] / (width + around[0])) if width else size
    pitch, baseline, height = _leading(even, shaper.typeface, line_height, least)
    return Layout(lines, size, pitch * size, baseline * size, width * size, height * size)


@dataclass(frozen=True)
class _Paragraph:
    """A paragraph, measured: ``before[i]`` is how far character i lies from its start, ``inks[i]`` how tall it is.

    ``edges`` are where its lines may break; ``rules`` where they may at need, inside of what had better stay together.
    """

    text: str
    runs: list[Run]
    edges: list[int]
    rules: list[int]
    before: list[float]
    inks: list[Ink]

    def width(self, start: int, end: int) -> float:
        """How wide these characters are as a line; blanks at its end do not count."""
        end = self.trimmed(start, end)
        return self.before[end] - self.before[start]

    def trimmed(self, start: int, end: int) -> int:
        while end > start and self.text[end - 1] in _BLANKS:
            end -= 1
        return end

    def ink(self, start: int, end: int) -> Ink:
        """How far these characters reach up and down from the baseline."""
        inks = self.inks[start:end]
        return max((up for up, _ in inks), default=0), max((down for _, down in inks), default=0)

    def finer(self, wide: float) -> list[int]:
        """Where lines may break when what is wider than a line has to be broken too."""
        edges = self.edges
        for more in (self.rules, [start for start, _ in clusters(self.text)]):
            inside = [
                edge
                for start, end in pairwise(edges)
                if self.width(start, end) > wide
                for edge in more
                if start < edge < end
            ]
            edges = sorted([*edges, *inside])
        return edges


def _paragraph(text: str, shaper: Shaper) -> _Paragraph:
    text = " ".join(word for word in text.split(" ") if word)
    runs = shaper.runs(text)
    widths = [0.0] * len(text)
    inks = [(0.0, 0.0)] * len(text)
    for run in shaper.glyphs(text, runs, 0, len(text)):
        for glyph in run.glyphs:
            widths[glyph.cluster] += glyph.advance
            up, down = run.ink(glyph)
            above, below = inks[glyph.cluster]
            inks[glyph.cluster] = max(up, above), max(down, below)
    edges = _edges(text, _PHRASES[shaper.language])
    rules = _edges(text, shaper.language or "en")
    return _Paragraph(text, runs, edges, rules, [0.0, *accumulate(widths)], inks)


def _edges(text: str, locale: str) -> list[int]:
    """Where lines may break, with the start and the end of the text; never before a sign that stands by itself."""
    edges, end = [0], 0
    for piece in LineBreaker(text, locale):
        end += len(piece)
        if (piece.strip() in _NEVER_FIRST and len(edges) > 1) or _is_sign(text, end - len(piece)):
            edges[-1] = end
        else:
            edges.append(end)
    return edges if text else [0, 0]


def _is_sign(text: str, at: int) -> bool:
    """What stands before this place is a dash that belongs to a number after it, as in "–50 %"."""
    before = text[:at]
    return before.endswith(_DASHES) and text[at : at + 1].isdigit() and (at < 2 or before[-2] in _BLANKS)


def _line(paragraph: _Paragraph, cut: Cut, shaper: Shaper) -> Line:
    start, end = cut[0], paragraph.trimmed(*cut)
    text = paragraph.text
    if text[start:end].endswith(_SOFT_HYPHEN) and end < len(text):
        text = text[: end - 1] + _HYPHEN + text[end:]
    runs = shaper.glyphs(text, paragraph.runs, start, end)
    return Line(text[start:end], tuple(runs), sum(glyph.advance for run in runs for glyph in run.glyphs))


def _filled(paragraph: _Paragraph, edges: Sequence[int], wide: float) -> list[Cut]:
    """As much as goes into each line, one after the other."""
    lines = [(0, edges[1])]
    for _, end in pairwise(edges[1:]):
        start = lines[-1][0]
        if paragraph.width(start, end) > wide:
            lines.append((lines[-1][1], end))
        else:
            lines[-1] = start, end
    return lines


def _evened(paragraph: _Paragraph, edges: Sequence[int], wide: float) -> list[Cut]:
    """As few lines as the width allows, and as even as these can be: no word is left alone in the last one."""
    lines = _filled(paragraph, edges, wide)
    narrow = 0.0
    for _ in range(10 if len(lines) > 1 else 0):
        middle = (narrow + wide) / 2
        tried = _filled(paragraph, edges, middle)
        if len(tried) > len(lines) or max(paragraph.width(*each) for each in tried) > middle:
            narrow = middle
        else:
            wide, lines = middle, tried
    return lines


def _leading(
    cuts: Sequence[tuple[_Paragraph, list[Cut]]], typeface: Typeface, line_height: float | None, least: float
) -> tuple[float, float, float]:
    """The distance of the lines; that of the first baseline from the top; the height of all, whatever reaches out."""
    inks = [paragraph.ink(*each) for paragraph, parts in cuts for each in parts]
    pitch = line_height
    if pitch is None:
        pitch = max(least, *(down + up + _GAP for (_, down), (up, _) in pairwise([(0.0, 0.0), *inks])))
    # Half of the leading above, half below, as CSS has it.
    baseline = (pitch + typeface.ascent - typeface.descent) / 2
    below = max(pitch - baseline, inks[-1][1])
    baseline = max(baseline, inks[0][0])
    return pitch, baseline, baseline + pitch * (len(inks) - 1) + below


def _largest(fits: Callable[[float], bool], low: float, high: float) -> float:
    """The largest size between these that fits, to a hundredth."""
    while high - low > high / 100:
        middle = (low + high) / 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low
