"""Where things are."""

from __future__ import annotations

from typing import Any

import pytest

from reelqueue.spec_scenes import Fit, ShapeElement
from render.engine.geometry import Box, Fitted, element_box, fitted, pixels, place

FRAME = (200, 100)


def shape(**fields: Any) -> ShapeElement:
    return ShapeElement.model_validate({"type": "shape", "shape": "rectangle", "color": "accent", **fields})


def test_a_length_is_pixels_or_a_part() -> None:
    assert pixels(30.0, 200) == 30
    assert pixels("25%", 200) == 50


def test_an_element_without_a_place_is_the_whole_picture() -> None:
    assert element_box(shape(), FRAME) == Box(0, 0, 200, 100)


def test_x_and_y_are_its_left_upper_corner() -> None:
    assert element_box(shape(x=10, y="50%", width="50%", height=20), FRAME) == Box(10, 50, 100, 20)


def test_a_point_is_its_centre() -> None:
    assert element_box(shape(position={"x": "50%", "y": "50%"}, width=20, height=10), FRAME) == Box(90, 45, 20, 10)


@pytest.mark.parametrize(
    ("position", "corner"),
    [
        ("top-left", (5, 5)),
        ("top", (90, 5)),
        ("right", (175, 45)),
        ("center", (90, 45)),
        ("bottom-right", (175, 85)),
    ],
)
def test_a_named_place_keeps_the_margin(position: str, corner: tuple[int, int]) -> None:
    box = place(shape(position=position), (20, 10), FRAME, margin=5, default="center")
    assert (box.x, box.y) == corner


@pytest.mark.parametrize(
    ("fit", "seen", "box"),
    [
        ("cover", (1, 0.5), Box(0, 0, 200, 100)),
        ("contain", (1, 1), Box(50, 0, 100, 100)),
        ("fill", (1, 1), Box(0, 0, 200, 100)),
        ("none", (1, 1), Box(74, 24, 50, 50)),
    ],
)
def test_a_square_picture_in_a_wide_box(fit: Fit, seen: tuple[float, float], box: Box) -> None:
    found = fitted((50, 50), Box(0, 0, 200, 100), fit)
    assert found.seen == seen
    assert found.box == box


def test_a_picture_larger_than_its_box_is_cut_with_fit_none() -> None:
    assert fitted((400, 50), Box(0, 0, 200, 100), "none") == Fitted((0.5, 1), Box(0, 24, 200, 50))


def test_a_picture_s_box_lies_on_even_pixels() -> None:
    box = fitted((33, 47), Box(3, 5, 71, 91), "cover").box
    assert all(side % 2 == 0 for side in (box.x, box.y, box.width, box.height))
