"""Texts can be read: over what a theme puts behind them, and over any picture (WCAG 2.2, success criterion 1.4.3)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from reelqueue.spec_scenes import TextElement
from reelqueue.themes import NAMES, Theme, ThemeName, named
from render.engine.colors import rgba
from render.engine.geometry import place
from render.engine.text import draw
from tests.golden.frames import frames, request_of

SIZE = (960, 540)
MOMENTS = (0.9, 1.4, 1.9)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bright and a dark picture, and one with all that makes reading hard."""
    folder = tmp_path_factory.mktemp("pictures")
    Image.new("RGB", SIZE, "#F4F6F8").save(folder / "bright.png")
    Image.new("RGB", SIZE, "#0A0C10").save(folder / "dark.png")
    noise = np.random.default_rng(5).integers(0, 256, (27, 48, 3), np.uint8)
    Image.fromarray(noise).resize(SIZE, Image.Resampling.NEAREST).save(folder / "busy.png")
    return folder


def seen(theme: str, scene: dict[str, Any], pictures: Path, folder: Path) -> list[NDArray[np.uint8]]:
    """What is seen at the place of a scene's text, the last of its elements, at the moments at which that is whole."""
    request = request_of(theme, [scene], SIZE, 10)
    text = request.scenes[0].elements[-1]
    assert isinstance(text, TextElement)
    style = getattr(request.theme.styles, text.style)
    margin = round(request.theme.safe_area * min(SIZE))
    box = place(text, draw(text, request.theme, SIZE).size, SIZE, margin=margin, default=style.position)
    here = np.s_[box.y : box.y + box.height, box.x : box.x + box.width]
    return [frame[here] for frame in frames(request, MOMENTS, pictures, folder)]


def luminance(colors: NDArray[Any]) -> NDArray[np.float64]:
    levels = np.asarray(colors, np.float64) / 255
    linear = np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)
    return np.asarray(linear @ np.array([0.2126, 0.7152, 0.0722]))


def contrast(frame: NDArray[np.uint8], color: tuple[int, int, int]) -> float:
    """The contrast of letters of a colour to what lies around them; one pixel in twenty may have less."""
    letters = (np.abs(frame.astype(int) - color).max(axis=2) <= 14).astype(np.uint8)
    # Letters have strokes: single pixels of that colour are the picture's.
    letters = np.asarray(cv2.morphologyEx(letters, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)))
    assert letters.sum() > 500
    behind = luminance(frame[cv2.dilate(letters, np.ones((7, 7), np.uint8)) == 0])
    own = luminance(np.array([color]))[0]
    ratios = (np.maximum(behind, own) + 0.05) / (np.minimum(behind, own) + 0.05)
    return float(np.percentile(ratios, 5))


def color_of(theme: Theme, style: str) -> tuple[int, int, int]:
    return rgba(getattr(theme.styles, style).color, theme.colors)[:3]


@pytest.mark.parametrize("style", ["title", "subtitle", "body", "caption"])
@pytest.mark.parametrize("theme", NAMES)
def test_a_text_can_be_read_over_its_theme(theme: ThemeName, style: str, pictures: Path, tmp_path: Path) -> None:
    text = {"type": "text", "text": "Hamburgefonts", "style": style, "size": "16%"}
    color = color_of(named(theme), style)
    for frame in seen(theme, {"duration": 2.6, "elements": [text]}, pictures, tmp_path):
        assert contrast(frame, color) >= 4.5


@pytest.mark.parametrize("picture", ["bright", "dark", "busy"])
@pytest.mark.parametrize("theme", NAMES)
def test_a_text_can_be_read_over_any_picture(theme: ThemeName, picture: str, pictures: Path, tmp_path: Path) -> None:
    image = {"type": "image", "src": f"asset:{picture}.png"}
    text = {"type": "text", "text": "Hamburgefonts", "style": "title", "size": "16%"}
    color = color_of(named(theme), "title")
    for frame in seen(theme, {"duration": 2.6, "elements": [image, text]}, pictures, tmp_path):
        assert contrast(frame, color) >= 4.5


def test_a_text_that_stands_out_by_itself_gets_no_veil(pictures: Path, tmp_path: Path) -> None:
    """White letters over a dark picture change nothing of it."""
    image = {"type": "image", "src": "asset:dark.png"}
    text = {"type": "text", "text": "Hamburgefonts", "style": "body", "color": "#FFF", "shadow": False}
    (frame, *_) = seen("minimal", {"duration": 2.6, "elements": [image, text]}, pictures, tmp_path)
    assert np.abs(np.median(frame.reshape(-1, 3), axis=0) - (10, 12, 16)).max() <= 3
