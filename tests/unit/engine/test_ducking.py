"""Ducking: the music is out of the way while somebody speaks, and comes back slowly."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from render.engine.ducking import Ducking

RATE = 48_000


def speech(*spans: tuple[float, float], level: float = 0.2, seconds: int = 6) -> Iterator[np.ndarray]:
    """A tone at these seconds, and silence between, a second at a time."""
    at = np.arange(seconds * RATE) / RATE
    there = np.zeros(len(at))
    for start, end in spans:
        there[(at >= start) & (at < end)] = 1
    both = np.repeat((level * np.sin(2 * np.pi * 200 * at) * there).astype(np.float32)[:, None], 2, axis=1)
    return (both[start : start + RATE] for start in range(0, len(both), RATE))


def gains(foreground: Iterator[np.ndarray], seconds: int = 6) -> np.ndarray:
    return Ducking.under(foreground).gains(0, seconds * RATE)


def at(gains: np.ndarray, second: float) -> float:
    return float(20 * np.log10(gains[round(second * RATE)]))


def test_the_music_is_down_before_the_first_word_and_back_after_the_last() -> None:
    ducked = gains(speech((2, 4)))
    assert at(ducked, 1.5) == pytest.approx(0, abs=0.01)
    assert [at(ducked, second) for second in (2.0, 3.0, 4.0)] == pytest.approx([-12, -12, -12], abs=0.3)
    assert at(ducked, 5) == pytest.approx(0, abs=0.01)


def test_it_stays_down_between_words() -> None:
    ducked = gains(speech((1, 2), (2.4, 3)))
    assert at(ducked, 2.2) == pytest.approx(-12, abs=0.1)


def test_it_moves_gently() -> None:
    decibels = 20 * np.log10(gains(speech((2, 4))))
    assert np.abs(np.diff(decibels[::480])).max() < 1


def test_what_can_hardly_be_heard_turns_nothing_down() -> None:
    assert gains(speech((0, 6), level=0.005)).min() == pytest.approx(1)


def test_without_anything_else_the_music_is_as_loud_as_ever() -> None:
    assert gains(speech()).min() == 1


def test_a_gain_is_the_same_wherever_a_block_begins() -> None:
    ducking = Ducking.under(speech((2, 4)))
    assert ducking.gains(100_000, 500) == pytest.approx(ducking.gains(99_000, 2_000)[1_000:1_500])
