"""Cues: from files, requests and voices, never two at a time, never beyond their scene."""

from __future__ import annotations

from typing import Any

import pytest

from reelqueue.spec import parse_request
from render.engine.assets import Assets
from render.engine.cues import Cue, cues_of, subtitles_of
from render.engine.speech import Speech
from render.engine.subtitles import Subtitle
from render.engine.timeline import Timeline, make_timeline
from render.engine.words import Mark, timed_words

CUT = {"transition": {"type": "none"}}


def resolved(
    *scenes: dict[str, Any], file: tuple[Subtitle, ...] = (), said: dict[int, tuple[float, list[Mark]]] | None = None
) -> tuple[dict[int, tuple[Cue, ...]], Timeline]:
    body = {"webhookUrl": "https://app.example.com/hook", "scenes": [CUT | scene for scene in scenes]}
    request = parse_request(body | {"output": {"fps": 10}})
    speeches = {number: Speech(None, seconds, tuple(marks)) for number, (seconds, marks) in (said or {}).items()}  # type: ignore[arg-type]
    assets = Assets({}, {}, {}, {}, speeches, {"asset:a.srt": file})
    timeline = make_timeline(request, {}, {number: speech.seconds for number, speech in speeches.items()})
    return dict(cues_of(request, timeline, assets)), timeline


def times(cues: tuple[Cue, ...]) -> list[tuple[float, float, str]]:
    return [(cue.start, cue.end, cue.text) for cue in cues]


def written(*cues: tuple[float, float, str], seconds: float = 10) -> tuple[Cue, ...]:
    sent = [{"start": start, "end": end, "text": text} for start, end, text in cues]
    return resolved({"duration": seconds, "captions": {"cues": sent}})[0][0]


def test_a_file_is_on_the_clock_of_its_scene() -> None:
    file = (Subtitle(1, 2, "one"), Subtitle(3, 5, "two"), Subtitle(9, 10, "later"))
    captioned = {"duration": 4, "captions": {"src": "asset:a.srt"}}
    cues, timeline = resolved({"text": "a", "duration": 2}, captioned, file=file)
    assert list(cues) == [1]
    assert times(cues[1]) == [(1, 2, "one"), (3, 4, "two")]
    assert subtitles_of(cues, timeline) == [Subtitle(3, 4, "one"), Subtitle(5, 6, "two")]


def test_what_overlaps_is_shown_together_as_long_as_it_does() -> None:
    assert times(written((0, 4, "long"), (1, 2, "short"))) == [(0, 1, "long"), (1, 2, "long\nshort"), (2, 4, "long")]


def test_of_too_many_at_once_the_last_are_shown() -> None:
    cues = written(*((number, 9, str(number)) for number in range(5)))
    assert times(cues)[-1] == (4, 9, "2\n3\n4")


def test_the_order_in_a_request_does_not_matter() -> None:
    assert times(written((2, 3, "two"), (0, 1, "one"))) == [(0, 1, "one"), (2, 3, "two")]


def test_words_of_a_request_are_at_their_times_and_places() -> None:
    words = [{"text": "no", "start": 0.5}, {"text": "no", "start": 1, "end": 1.2}, {"text": "yes", "start": 2}]
    cue = {"start": 0, "end": 3, "text": "no,\n no - yes!", "words": words}
    (found,) = resolved({"duration": 4, "captions": {"cues": [cue], "style": "karaoke"}})[0][0]
    assert found.text == "no,\nno - yes!"
    places = [(word.first, word.last, word.start, word.end) for word in found.words]
    assert places == [(0, 2, 0.5, 1), (4, 6, 1, 1.2), (9, 12, 2, 3)]


def test_words_of_captions_that_are_shown_together_keep_their_places() -> None:
    together = written((0, 4, "one two"), (1, 2, "three"))[1]
    assert sorted(together.text[word.first : word.last] for word in together.words) == ["one", "three", "two"]


def spoken(text: str, seconds: float, marks: list[Mark], start: float = 0) -> tuple[Cue, ...]:
    scene = {"voice": {"text": text, "start": start}, "captions": {"source": "voice"}}
    return resolved(scene, said={0: (seconds, marks)})[0][0]


def test_a_voice_is_captioned_sentence_by_sentence_while_it_speaks() -> None:
    cues = spoken("Come in. Sit down!", 4, [(0, 0.0), (5, 0.5), (9, 2.0), (13, 3.0)], start=1)
    assert times(cues) == [(1, 3, "Come in."), (3, 5, "Sit down!")]
    assert [word.start for word in cues[1].words] == [3, 4]
    assert [cues[1].text[word.first : word.last] for word in cues[1].words] == ["Sit", "down!"]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        (
            "This winter the snow came early, the huts are open, and the soup is hot: come up and stay!",
            ["This winter the snow came early, the huts are open,", "and the soup is hot: come up and stay!"],
        ),
        (
            "word " * 30,
            ["word word word word word word word", "word word word word word word word word"] * 2,
        ),
        ("x" * 200, ["x" * 200]),
    ],
)
def test_a_long_sentence_is_shown_in_parts_that_can_be_read(text: str, pieces: list[str]) -> None:
    cues = spoken(text, 10, [])
    assert [cue.text for cue in cues] == pieces
    assert [cue.end for cue in cues[:-1]] == [cue.start for cue in cues[1:]]


def test_chinese_takes_twice_the_room() -> None:
    text = "今天的雪很早就来了，小屋已经开放，汤也很热，快上来吧，想待多久就待多久，我们在山上等你。"
    assert [len(cue.text) <= 32 for cue in spoken(text, 10, [])] == [True, True]


def test_a_cue_that_its_scene_cuts_off_loses_the_words_beyond() -> None:
    (cue,) = written((0, 8, "one two three four"), seconds=4)
    assert (cue.end, [word.end <= 4 for word in cue.words]) == (4, [True] * 3)
    assert timed_words("one two three four", [], 0, 8)[:1] == cue.words[:1]
