"""Text is laid out so that it always fits, in lines that break where readers expect it."""

from __future__ import annotations

import pytest

from render.engine.lines import Layout, lay_out
from render.engine.shaping import Shaper, language_of


def set_in(
    text: str, room: tuple[float, float], size: float = 20, line_height: float | None = None, least: float = 1.2
) -> Layout:
    shaper = Shaper("Inter", "Regular", language_of(text))
    return lay_out(text, shaper, size=size, line_height=line_height, least=least, room=room)


def lines(text: str, width: float, size: float = 20) -> list[str]:
    return [line.text for line in set_in(text, (width, 1000), size).lines]


def test_a_short_text_is_one_line() -> None:
    layout = set_in("hello", (200, 100))
    assert (len(layout.lines), layout.size, layout.height) == (1, 20, 24)
    assert 40 < layout.width < 60


def test_lines_break_at_spaces_and_where_they_were_broken() -> None:
    assert lines("one two three", 80) == ["one two", "three"]
    assert len(set_in("one\n\ntwo", (200, 100)).lines) == 3


def test_no_word_is_left_alone_in_the_last_line() -> None:
    assert lines("one two three four five", 170) == ["one two three", "four five"]


@pytest.mark.parametrize(
    ("text", "width", "broken"),
    [
        ("ฤดูหนาวปีนี้อากาศดี", 120, ["ฤดูหนาวปี", "นี้อากาศดี"]),
        ("今日は、とても寒い一日です。", 170, ["今日は、とても", "寒い一日です。"]),
        ("겨울 세일이 오늘 시작됩니다", 140, ["겨울 세일이", "오늘 시작됩니다"]),
        ("冬季大促销，低至五折。", 128, ["冬季大促销，", "低至五折。"]),
        ("up to 50 % off", 80, ["up to", "50 % off"]),
        ("–50 % off", 34, ["–50 %", "off"]),
        ("from 9 – 50 to", 90, ["from 9 –", "50 to"]),
        ("To 👩🏽‍🚀👩🏽‍🚀👩🏽‍🚀👩🏽‍🚀", 100, ["To 👩🏽‍🚀", "👩🏽‍🚀👩🏽‍🚀👩🏽‍🚀"]),
    ],
)
def test_lines_break_by_the_rules_of_their_writing(text: str, width: float, broken: list[str]) -> None:
    assert lines(text, width) == broken


def test_a_text_too_tall_shrinks() -> None:
    layout = set_in("one two three four five six", (80, 60))
    assert layout.size < 20
    assert layout.height <= 60


def test_a_word_too_wide_shrinks_before_it_is_broken() -> None:
    layout = set_in("incomprehensible", (110, 100))
    assert (len(layout.lines), layout.size < 20) == (1, True)
    assert len(set_in("incomprehensible", (30, 100)).lines) > 1


def test_a_break_at_a_soft_hyphen_shows_it() -> None:
    text = "incompre\u00adhensible"
    whole, broken = set_in(text, (400, 100)), set_in(text, (105, 100))
    assert len(whole.lines) == 1
    first, second = broken.lines
    hyphen = Shaper("Inter", "Regular", None).typeface.font.get_nominal_glyph(ord("-"))
    assert first.runs[-1].glyphs[-1].number == hyphen
    assert second.runs[-1].glyphs[-1].number != hyphen


@pytest.mark.parametrize("text", ["x" * 2000, "word " * 400, "a\n" * 900, "漢" * 2000, "👩🏽‍🚀" * 400, "שלום " * 400])
def test_no_text_is_too_long(text: str) -> None:
    layout = set_in(text, (100, 60), size=30)
    assert layout.width <= 100.01
    assert layout.height <= 60


def test_marks_that_stand_high_push_lines_apart_unless_their_distance_was_asked_for() -> None:
    tall = "ปู่\nที่"
    assert set_in("one\ntwo", (300, 300), least=1.1).pitch == pytest.approx(22)
    assert set_in(tall, (300, 300), least=1.1).pitch > 22.5
    assert set_in(tall, (300, 300), least=1.1, line_height=1.0).pitch == 20


def test_what_stands_around_the_lines_counts_when_they_are_fitted() -> None:
    shaper = Shaper("Inter", "Regular", None)
    layout = lay_out("hello", shaper, size=20, line_height=None, least=1.2, room=(60, 40), around=(1.2, 1.0))
    assert layout.width + 1.2 * layout.size <= 60.01
    assert layout.height + layout.size <= 40
