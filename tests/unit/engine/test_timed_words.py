"""When words are spoken: by the marks of an engine, and by length where there are none."""

from __future__ import annotations

import pytest

from render.engine.words import Word, timed_words, words_of


def parts(text: str) -> list[str]:
    return [text[first:last] for first, last in words_of(text)]


def test_a_word_has_its_punctuation_with_it() -> None:
    assert parts("See you, in  the mountains!") == ["See", "you,", "in", "the", "mountains!"]


def test_a_sign_by_itself_goes_with_the_word_before_it() -> None:
    assert parts("50 % off – today") == ["50 %", "off –", "today"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("東京は今日も晴れです。", ["東京は", "今日も", "晴れです。"]),
        ("สวัสดีชาวโลก", ["สวัสดี", "ชาว", "โลก"]),
        ("שלום עולם", ["שלום", "עולם"]),
        ("", []),
    ],
)
def test_words_of_other_scripts(text: str, words: list[str]) -> None:
    assert parts(text) == words


def test_marks_say_when_words_begin_and_a_word_ends_where_the_next_begins() -> None:
    words = timed_words("one two three", [(0, 0.1), (4, 0.5), (8, 1.1)], 0.0, 2.0)
    assert words == (Word(0, 3, 0.1, 0.5), Word(4, 7, 0.5, 1.1), Word(8, 13, 1.1, 2.0))


def test_a_word_without_a_mark_shares_the_time_of_its_neighbours_by_length() -> None:
    words = timed_words("it is so", [(0, 0.0), (6, 2.0)], 0.0, 3.0)
    assert [word.start for word in words] == pytest.approx([0, 1, 2])


def test_without_any_mark_length_alone_decides() -> None:
    words = timed_words("a bbb", [], 1.0, 4.0)
    assert [(word.start, word.end) for word in words] == [(1.0, 2.0), (2.0, 4.0)]


def test_marks_that_go_back_or_beyond_the_end_are_no_marks() -> None:
    words = timed_words("one two three", [(0, 1.0), (4, 0.5), (8, 9.0)], 0.0, 2.0)
    assert [word.start for word in words] == sorted(word.start for word in words)
    assert words[-1].end == 2.0
