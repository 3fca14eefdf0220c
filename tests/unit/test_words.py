"""What a caller writes stays what it is: words. It is taken as it was sent, or refused in words that hide nothing."""

from __future__ import annotations

import time
import unicodedata
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reelqueue.errors import InvalidBody
from reelqueue.glyphs import first_missing
from reelqueue.spec import VideoRequest, parse_request
from reelqueue.spec_scenes import TextElement

# What means something to a shell, ffmpeg's filters, a format string, a template, a path, XML, SQL, a terminal or a log.
TRICKS = [
    *(
        "'",
        '"',
        "`",
        ":",
        ";",
        ",",
        "|",
        "&",
        "=",
        "\\",
        "\\'",
        "\\\\",
        "[in]",
        "[0:v]",
        "%",
        "%%",
        "%s",
        "%n",
        "{}",
        "{0}",
    ),
    *("%{pts}", "%{expr:1}", "%{metadata:title}", "${HOME}", "$(id)", "{{7*7}}", "@/etc/passwd", "-vf", "--", "-i"),
    *(
        "file:///etc/passwd",
        "concat:/etc/passwd",
        "../../etc/passwd",
        "/dev/stdin",
        "pipe:0",
        "C:\\con",
        "~root",
        "%03d",
    ),
    *("<b>", "<img src=x onerror=alert(1)>", "&amp;", "]]>", "<!--", "{\\an8}", "{\\p1}", "<c.red>", "' OR 1=1 --"),
    *("\0", "\a", "\b", "\t", "\n", "\r", "\r\n", "\x1b[2J", "\x7f", "\x85", "\u2028", "\ufeff", "\ufffe", "\u00ad"),
    *("\u200b", "\u200f", "\u202e", "\u2066", "\u2069", "e\u0301", "\u0301", "\u1e9e", "\U0001f600", "\U000e0001"),
]
words = st.lists(st.sampled_from(TRICKS) | st.text(max_size=8), min_size=1, max_size=6).map("".join)

# Where a caller may write a string.
PLACES: list[tuple[str | int, ...]] = [
    ("webhookUrl",),
    ("theme",),
    ("theme", "extends"),
    ("theme", "colors", "accent"),
    ("priority",),
    ("output", "resolution"),
    ("output", "format"),
    ("soundtrack", "src"),
    ("scenes", 0, "id"),
    ("scenes", 0, "duration"),
    ("scenes", 0, "background"),
    ("scenes", 0, "transition", "type"),
    ("scenes", 0, "elements", 0, "type"),
    ("scenes", 0, "elements", 0, "text"),
    ("scenes", 0, "elements", 0, "style"),
    ("scenes", 0, "elements", 0, "color"),
    ("scenes", 0, "elements", 0, "x"),
    ("scenes", 0, "elements", 0, "position"),
    ("scenes", 0, "elements", 0, "enter", "type"),
    ("scenes", 0, "elements", 1, "src"),
    ("scenes", 0, "elements", 1, "kenBurns", "direction"),
]


def body() -> dict[str, Any]:
    return {
        "webhookUrl": "https://app.example.com/hook",
        "theme": {"extends": "winter", "colors": {}},
        "output": {},
        "soundtrack": {"src": "asset:a.mp3"},
        "scenes": [
            {
                "transition": {},
                "elements": [
                    {"type": "text", "text": "Hello", "enter": {"type": "fade"}},
                    {"type": "image", "src": "asset:a.jpg", "kenBurns": {}},
                ],
            },
            {"text": "Bye"},
        ],
    }


def put(sent: Any, place: tuple[str | int, ...], value: object) -> Any:
    """The body with this value in this place."""
    inside = sent
    for step in place[:-1]:
        inside = inside[step]
    inside[place[-1]] = value
    return sent


def refusal_of(sent: dict[str, Any]) -> InvalidBody | None:
    """Why this body is refused, which can be shown to anybody; None where it is accepted, and stored as it is."""
    try:
        request = parse_request(sent)
    except InvalidBody as refused:
        return in_plain_words(refused)
    assert VideoRequest.from_json(request.to_json()) == request
    return None


def in_plain_words(refused: InvalidBody) -> InvalidBody:
    # The name of a field that nobody knows stands in its pointer as it was sent; a message only quotes it.
    for message in (refused.message, *(detail.message for detail in refused.details)):
        assert message.isprintable(), message
        assert len(message) < 1500
    assert refused.details
    return refused


@settings(max_examples=400, deadline=None)
@given(place=st.sampled_from(PLACES), value=words)
def test_words_in_any_place_are_taken_as_they_are_or_refused(place: tuple[str | int, ...], value: str) -> None:
    refusal_of(put(body(), place, value))


@settings(max_examples=200, deadline=None)
@given(place=st.sampled_from(PLACES), name=words)
def test_words_as_the_name_of_a_field_are_refused(place: tuple[str | int, ...], name: str) -> None:
    assert refusal_of(put(body(), (*place[:-1], name), {"a": "b"}))


@settings(max_examples=200, deadline=None)
@given(text=words)
def test_a_text_that_is_accepted_is_the_text_that_was_sent(text: str) -> None:
    sent = put(body(), ("scenes", 0, "elements", 0, "text"), text)
    if refusal_of(sent):
        return
    element = parse_request(sent).scenes[0].elements[0]
    assert isinstance(element, TextElement)
    assert first_missing(element.text) is None
    assert element.text == unicodedata.normalize("NFC", text.replace("\r\n", "\n"))
    for trick in ("\0", "\x1b", "\u2028"):
        assert trick not in element.text


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("word", ["a" * 100_000, "%{pts}" * 17_000, "\u202e" * 100_000, "\\'" * 50_000])
def test_a_word_of_100_kb_is_refused_at_once_and_in_short(place: tuple[str | int, ...], word: str) -> None:
    began = time.process_time()
    assert refusal_of(put(body(), place, word))
    assert refusal_of(put(body(), (*place[:-1], word), "x"))
    assert time.process_time() - began < 1


@settings(max_examples=100, deadline=None)
@given(value=words)
def test_metadata_comes_back_as_it_was(value: str) -> None:
    sent = {**body(), "metadata": {value: [value]}}
    if not refusal_of(sent):
        assert VideoRequest.from_json(parse_request(sent).to_json()).metadata == {value: [value]}


@pytest.mark.parametrize("src", ["s3://bucket/a\u202eb.jpg", "s3://bucket/a\nb.jpg", "https://a.example.com/a\u2028b"])
def test_a_source_has_no_invisible_characters(src: str) -> None:
    assert refusal_of(put(body(), ("scenes", 0, "elements", 1, "src"), src))
