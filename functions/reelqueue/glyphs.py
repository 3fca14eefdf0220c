"""The characters that the video fonts can draw, known without the fonts.

Submission refuses a text that would come out as empty boxes; it must not import a font
library for that. ``make fonts`` makes its table, and a test reads the fonts themselves and fails when that is stale.
"""

from __future__ import annotations

from bisect import bisect_right

from reelqueue.coverage import COVERED

# What draws nothing and steers how others are drawn: joiners, directions, variation and language tags, soft hyphens.
_UNSEEN = "A AD 34F 61C 200B-200F 202A-202E 2060-2064 2066-2069 FE00-FE0F FEFF E0020-E007F E0100-E01EF"


class _Table:
    """A set of characters, by the ranges of their code points."""

    def __init__(self, ranges: str) -> None:
        spans = [tuple(int(end, 16) for end in item.split("-")) for item in ranges.split()]
        self._starts = [span[0] for span in spans]
        self._ends = [span[-1] for span in spans]

    def __contains__(self, character: str) -> bool:
        index = bisect_right(self._starts, ord(character)) - 1
        return index >= 0 and ord(character) <= self._ends[index]


_DRAWN, _NEVER_DRAWN = _Table(COVERED), _Table(_UNSEEN)


def is_unseen(character: str) -> bool:
    """No font has to draw this character."""
    return character in _NEVER_DRAWN


def first_missing(text: str) -> str | None:
    """The first character of the text that no font draws, or None; a line break needs no glyph.

    >>> first_missing("Grüße, Ελλάδα, Привет, 日本, ❄️") is None
    True
    >>> first_missing("Runes ᚠ")
    'ᚠ'
    """
    return next((each for each in text if each not in _DRAWN and not is_unseen(each)), None)
