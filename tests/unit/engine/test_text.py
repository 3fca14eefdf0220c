"""Text is laid out so that it always fits, and drawn once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from reelqueue.spec_scenes import TextElement
from reelqueue.themes import THEMES
from render.engine.text import Block, draw, lay_out


def measure(line: str, *, size: int) -> float:
    """A font whose letters are half as wide as they are tall."""
    return len(line) * size / 2


def laid_out(text: str, room: tuple[int, int], size: int = 20) -> Any:
    return lay_out(text, size=size, line_height=1.2, room=room, measure=measure)


def test_a_short_text_is_one_line() -> None:
    layout = laid_out("hello", (200, 100))
    assert (layout.lines, layout.size, layout.width, layout.height) == (("hello",), 20, 50, 24)


def test_lines_break_at_spaces_and_where_they_were_broken() -> None:
    assert laid_out("one two three", (80, 100)).lines == ("one two", "three")
    assert laid_out("one\ntwo", (200, 100)).lines == ("one", "two")


def test_no_word_is_left_alone_in_the_last_line() -> None:
    assert laid_out("one two three four five", (200, 100)).lines == ("one two three", "four five")


def test_a_text_too_tall_shrinks() -> None:
    layout = laid_out("one two three four five six", (80, 60))
    assert layout.size < 20
    assert layout.height <= 60


def test_a_word_too_wide_shrinks_before_it_is_broken() -> None:
    assert laid_out("incomprehensible", (100, 100)).lines == ("incomprehensible",)
    assert len(laid_out("incomprehensible", (30, 100)).lines) > 1


def drawn(**fields: Any) -> Block:
    element = TextElement.model_validate({"type": "text", "text": "Hello", **fields})
    return draw(element, THEMES["winter"], (640, 360))


def test_a_drawn_text_has_its_colour_and_clear_surroundings() -> None:
    block = drawn(color="#FF0000", shadow=False, size=60)
    solid = block.rgba[block.rgba[:, :, 3] == 255]
    assert len(solid) > 100
    assert np.all(solid == (255, 0, 0, 255))
    assert block.rgba[0, 0, 3] == 0


@pytest.mark.parametrize("text", ["j" * 3, "Ağ§jÅ", "f"])
def test_no_letter_is_cut_off(text: str) -> None:
    """The outermost pixels of the block stay clear, whatever swings out of its letter's box."""
    alpha = drawn(text=text, size="40%", outline={"color": "#000", "width": 4}).rgba[:, :, 3]
    assert alpha[0].max() == alpha[-1].max() == alpha[:, 0].max() == alpha[:, -1].max() == 0


def test_a_background_is_a_panel_around_the_text() -> None:
    plain, panel = drawn(shadow=False), drawn(background="#00FF00")
    assert panel.size > plain.size
    edge = panel.rgba[panel.rgba.shape[0] // 2, panel.spread + 1]
    assert tuple(edge) == (0, 255, 0, 255)


def test_lines_are_aligned_in_the_width_that_was_asked_for() -> None:
    def middle(align: str) -> float:
        alpha = drawn(width=400, align=align, shadow=False, size=40).rgba[:, :, 3].astype(float)
        return float((alpha.sum(axis=0) * np.arange(alpha.shape[1])).sum() / alpha.sum())

    assert middle("left") < middle("center") < middle("right")


def test_a_long_text_stays_inside_of_the_picture() -> None:
    block = drawn(text="A very long text that goes on and on. " * 40, style="title")
    assert block.size[0] <= 640
    assert block.size[1] <= 360
