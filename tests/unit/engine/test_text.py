"""A text is drawn with all that its fields say, and never leaves the picture."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from reelqueue.spec_scenes import TextElement
from reelqueue.themes import named
from render.engine.drawings import Lettering
from render.engine.geometry import place as place_of
from render.engine.text import draw


def drawn(**fields: Any) -> Lettering:
    element = TextElement.model_validate({"type": "text", "text": "Hello", **fields})
    return draw(element, named("winter"), (640, 360))


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


def test_the_rule_below_a_title_is_whole_where_the_title_is_narrower() -> None:
    element = TextElement.model_validate({"type": "text", "text": "i", "style": "title", "size": 200, "shadow": False})
    alpha = draw(element, named("corporate"), (640, 360)).rgba[:, :, 3]
    (rows,) = np.nonzero(alpha.any(axis=1))
    assert np.count_nonzero(alpha[rows[-1]]) == round(0.9 * 200)


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


@pytest.mark.parametrize(
    "place",
    [
        {"x": "60%", "y": "80%"},
        {"position": {"x": "85%", "y": "50%"}},
        {"x": 10, "y": 10, "width": "30%", "height": 40},
        {"position": "bottom-right", "maxWidth": "20%"},
    ],
)
def test_a_text_stays_inside_of_the_picture_wherever_it_stands(place: dict[str, Any]) -> None:
    fields = {"text": "Quite a long text for a place like this", "style": "title", "shadow": False, **place}
    element = TextElement.model_validate({"type": "text", **fields})
    block = draw(element, named("winter"), (640, 360))
    box = place_of(element, block.size, (640, 360), margin=22, default="center")
    assert box.x >= 0
    assert box.y >= 0
    assert box.x + box.width <= 640
    assert box.y + box.height <= 360


def test_emoji_keep_their_colours_whatever_the_colour_of_the_text() -> None:
    rgba = drawn(text="❤️", color="#00FF00", shadow=False, size=80).rgba
    red, green, _, alpha = rgba[rgba.shape[0] // 2, rgba.shape[1] // 2]
    assert (alpha, red > 200, green < 100) == (255, True, True)


def test_an_outline_lies_around_letters_and_emoji_and_under_them() -> None:
    plain = drawn(text="I❤️", color="#FF0000", shadow=False, size=80)
    outlined = drawn(text="I❤️", color="#FF0000", shadow=False, size=80, outline={"color": "#0000FF", "width": 5})
    blue = np.all(outlined.rgba == (0, 0, 255, 255), axis=2)
    assert blue.sum() > 500
    red = np.all(plain.rgba == (255, 0, 0, 255), axis=2)
    assert red.sum() == np.all(outlined.rgba == (255, 0, 0, 255), axis=2).sum()


def test_an_outline_is_as_wide_as_it_says() -> None:
    outlined = drawn(text="I", color="#F00", shadow=False, size=100, outline={"color": "#0000FF", "width": 6}).rgba
    row = outlined[outlined.shape[0] // 2].astype(float)
    blue = row[:, 3] * (row[:, 2] / 255) / 255
    assert blue.sum() == pytest.approx(12, abs=1)


def test_edges_of_letters_have_the_colour_of_the_letters() -> None:
    rgba = drawn(color="#FFFFFF", shadow=False, size=60).rgba
    edges = rgba[(rgba[:, :, 3] > 0) & (rgba[:, :, 3] < 255)]
    assert len(edges) > 100
    assert np.all(edges[:, :3] == 255)


@pytest.mark.parametrize("font", ["EB Garamond", "Play", "IBM Plex Sans"])
def test_a_font_of_the_request_takes_the_place_of_the_themes(font: str) -> None:
    assert drawn(font=font, size=60, shadow=False).rgba.shape != drawn(size=60, shadow=False).rgba.shape


def test_lines_stand_as_far_apart_as_the_request_says() -> None:
    def height(line_height: float) -> int:
        return drawn(text="a\nb\nc", size=40, shadow=False, lineHeight=line_height).size[1]

    assert height(2.0) - height(1.0) == pytest.approx(120, abs=1)
