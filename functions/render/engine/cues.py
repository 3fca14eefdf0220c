"""What captions say when: from a file, the request, or what the voice says, to cues on the scene's clock. Pure.

At any time there is one cue or none: where captions overlap, what they say together is a cue of its own.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from icu4py.breakers import SentenceBreaker

from reelqueue.spec_voice import CaptionCue, Captions, Voice
from render.engine.assets import Assets
from render.engine.speech import Speech
from render.engine.subtitles import Subtitle
from render.engine.timeline import SceneSpan, Timeline
from render.engine.words import Word, timed_words

if TYPE_CHECKING:
    from reelqueue.spec_request import VideoRequest

# What is shown of a voice at a time, in columns (a Chinese character takes two): two lines of a caption.
_COLUMNS = 64
_AT_ONCE = 3
# How much less even the parts of a sentence may be, as a part of it, for the sake of a comma.
_COMMA = 0.35
# A pause that is shorter does not clear the picture.
_PAUSE = 0.8


@dataclass(frozen=True)
class Cue:
    """A caption from ``start`` to ``end``, in seconds of its scene, and when each of its words is spoken."""

    start: float
    end: float
    text: str
    words: tuple[Word, ...]


Cues = Mapping[int, tuple[Cue, ...]]
"""The captions of a video, by scene."""


def cues_of(request: VideoRequest, timeline: Timeline, assets: Assets) -> Cues:
    """The captions of each scene that has any; what lies beyond its end is cut off."""
    return {
        span.index: _of_scene(request, span, assets, span.frames / timeline.fps)
        for span in timeline.scenes
        if request.scenes[span.index].captions
    }


def subtitles_of(cues: Cues, timeline: Timeline) -> list[Subtitle]:
    """All captions on the clock of the video, for a file beside it."""
    return [
        Subtitle(span.first / timeline.fps + cue.start, span.first / timeline.fps + cue.end, cue.text)
        for span in timeline.scenes
        for cue in cues.get(span.index, ())
    ]


def _of_scene(request: VideoRequest, span: SceneSpan, assets: Assets, seconds: float) -> tuple[Cue, ...]:
    scene = request.scenes[span.index]
    captions = scene.captions or Captions(source="voice")
    if captions.src is not None:
        found = [_cue(each.start, each.end, each.text) for each in assets.subtitles[captions.src]]
    elif captions.cues is not None:
        found = [_written(cue) for cue in captions.cues]
    else:
        found = list(_spoken(scene.voice, assets.speeches[span.index])) if scene.voice else []
    inside = [_cut(cue, seconds) for cue in found if cue.start < seconds]
    return tuple(_apart(sorted(inside, key=lambda cue: cue.start)))


def _cue(start: float, end: float, text: str) -> Cue:
    return Cue(start, end, text, timed_words(text, [], start, end))


def _written(cue: CaptionCue) -> Cue:
    """A cue of the request; its words at their times, if it says these."""
    text = "\n".join(line for line in (" ".join(line.split()) for line in cue.text.split("\n")) if line)
    if not cue.words:
        return _cue(cue.start, cue.end, text)
    words, place = [], 0
    follows = [*(word.start for word in cue.words[1:]), cue.end]
    for word, following in zip(cue.words, follows, strict=True):
        shown = " ".join(word.text.split())
        first = max(place, text.find(shown, place))
        place = first + len(shown)
        words.append(Word(first, place, word.start, min(following, word.end or following)))
    return Cue(cue.start, cue.end, text, tuple(words))


def _spoken(voice: Voice, speech: Speech) -> Iterator[Cue]:
    """What a voice says in pieces that can be read while it does."""
    words = timed_words(voice.text, speech.marks, 0.0, speech.seconds)
    pieces = list(_pieces(voice.text, words))
    for number, piece in enumerate(pieces):
        first, start, end = piece[0].first, piece[0].start, piece[-1].end
        if number + 1 < len(pieces) and pieces[number + 1][0].start - end < _PAUSE:
            end = pieces[number + 1][0].start
        at = voice.start
        moved = (Word(word.first - first, word.last - first, at + word.start, at + word.end) for word in piece)
        yield Cue(at + start, at + end, voice.text[first : piece[-1].last], tuple(moved))


def _pieces(text: str, words: Sequence[Word]) -> Iterator[Sequence[Word]]:
    """Words by sentences, and long sentences in parts."""
    end = 0
    for sentence in SentenceBreaker(text, "en"):
        start, end = end, end + len(sentence)
        inside = [word for word in words if start <= word.first < end]
        if inside:
            yield from _parts(text, inside)


def _parts(text: str, words: Sequence[Word]) -> Iterator[Sequence[Word]]:
    """Words in parts that are short enough, halved near the middle and rather after a comma."""
    first, last = words[0].first, words[-1].last
    if len(words) == 1 or _columns(text[first:last]) <= _COLUMNS:
        yield words
        return

    def unevenness(cut: int) -> float:
        left, right = _columns(text[first : words[cut - 1].last]), _columns(text[words[cut].first : last])
        pause = unicodedata.category(text[words[cut - 1].last - 1]).startswith("P")
        return abs(left - right) - (_COMMA * (left + right) if pause else 0)

    cut = min(range(1, len(words)), key=unevenness)
    yield from _parts(text, words[:cut])
    yield from _parts(text, words[cut:])


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _cut(cue: Cue, seconds: float) -> Cue:
    """A cue that ends with its scene at the latest."""
    words = (replace(word, end=min(word.end, seconds)) for word in cue.words if word.start < seconds)
    return replace(cue, end=min(cue.end, seconds), words=tuple(words))


def _apart(cues: Sequence[Cue]) -> Iterator[Cue]:
    """Cues of which none overlaps another: what is said together stands together, the last ones of too many."""
    edges = sorted({edge for cue in cues for edge in (cue.start, cue.end)})
    active: list[Cue] = []
    waiting = list(reversed(cues))
    for start, end in pairwise(edges):
        active = [cue for cue in active if cue.end > start]
        while waiting and waiting[-1].start <= start:
            active.append(waiting.pop())
        if active:
            yield _together(active[-_AT_ONCE:], start, end)


def _together(cues: Sequence[Cue], start: float, end: float) -> Cue:
    text, words = "", list[Word]()
    for cue in cues:
        before = len(text) + 1 if text else 0
        text = f"{text}\n{cue.text}" if text else cue.text
        words += [replace(word, first=word.first + before, last=word.last + before) for word in cue.words]
    return Cue(start, end, text, tuple(sorted(words, key=lambda word: word.start)))
