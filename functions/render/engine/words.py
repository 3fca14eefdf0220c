"""When each word of a text is spoken, from what is known of some of them. Pure.

A word is what stands between two places where a line may break: with its punctuation, in Thai and Japanese too. Where
nothing says when one begins, the time between its neighbours is shared out by length.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from icu4py.breakers import LineBreaker

from render.engine.shaping import language_of

_LOCALES = {"ja": "ja-u-lw-phrase", "ko": "ko", "zh-Hans": "zh"}

Mark = tuple[int, float]
"""A place in a text (a character's number), and when it is spoken, in seconds."""


@dataclass(frozen=True)
class Word:
    """Characters ``first`` to ``last`` of a text, spoken from ``start`` to ``end`` (seconds)."""

    first: int
    last: int
    start: float
    end: float


def words_of(text: str) -> list[tuple[int, int]]:
    """Where each word of a text starts and ends, without the blanks around it."""
    language = language_of(text)
    found: list[tuple[int, int]] = []
    end = 0
    for piece in LineBreaker(text, _LOCALES.get(language or "", "en")):
        word = piece.strip()
        first = end + len(piece) - len(piece.lstrip())
        end += len(piece)
        if not word:
            continue
        if found and not any(character.isalnum() for character in word):
            # A sign that stands by itself goes with the word before it.
            found[-1] = found[-1][0], first + len(word)
        else:
            found.append((first, first + len(word)))
    return found


def timed_words(text: str, marks: Sequence[Mark], start: float, end: float) -> tuple[Word, ...]:
    """The words of a text that is spoken from ``start`` to ``end``, by the marks that there are (in their order)."""
    spans = words_of(text)
    if not spans:
        return ()
    known = {0: start, len(spans): end}
    for number, (first, last) in enumerate(spans):
        when = next((seconds for place, seconds in marks if first <= place < last), None)
        before = max((known[other] for other in known if other < number), default=start)
        if when is not None and before <= when < end:
            known[number] = when
    # Lengths up to each word: what is between two that are known is shared out by them.
    lengths = [0]
    for first, last in spans:
        lengths.append(lengths[-1] + last - first + 1)
    starts = []
    for number in range(len(spans) + 1):
        left = max(other for other in known if other <= number)
        right = min(other for other in known if other >= number)
        share = (lengths[number] - lengths[left]) / max(1, lengths[right] - lengths[left])
        starts.append(known[left] + (known[right] - known[left]) * share)
    return tuple(Word(*span, starts[number], starts[number + 1]) for number, span in enumerate(spans))
