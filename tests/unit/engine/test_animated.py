"""Animations run by their own times, without end, and a damaged one shows what it has."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from render.engine import images
from render.engine.animated import AnimatedPicture
from render.engine.images import probe_image
from render.engine.probe import Unusable

COLORS = ("#FF0000", "#00FF00", "#0000FF", "#FFFF00")


def animation(path: Path, durations: list[int]) -> Path:
    pictures = [Image.new("RGB", (64, 48), color) for color in COLORS[: len(durations)]]
    # Something to store: else a GIF joins pictures, and a damaged one would have nothing to lose.
    for number, picture in enumerate(pictures):
        noise = np.random.default_rng(number).integers(0, 60, (24, 64, 3), np.uint8)
        picture.paste(Image.fromarray(noise), (0, 24))
    how: dict[str, Any] = {"save_all": True, "append_images": pictures[1:], "duration": durations, "loop": 0}
    pictures[0].save(path, lossless=True, **how)
    return path


def color(reader: AnimatedPicture, seconds: float) -> str:
    return "#" + bytes(int(level > 128) * 255 for level in reader.at(seconds)[5, 5, :3]).hex().upper()


@pytest.mark.parametrize("kind", ["gif", "webp", "png"])
def test_each_picture_is_shown_for_its_time_and_then_they_begin_anew(kind: str, tmp_path: Path) -> None:
    path = animation(tmp_path / f"a.{kind}", [100, 300, 200])
    assert probe_image(path).animated
    reader = AnimatedPicture(path)
    shown = [color(reader, seconds) for seconds in (0.05, 0.15, 0.35, 0.45, 0.65, 0.75, 1.05)]
    assert shown == [COLORS[0], COLORS[1], COLORS[1], COLORS[2], COLORS[0], COLORS[1], COLORS[2]]
    assert color(reader, 0.05) == COLORS[0]  # and back
    reader.close()


def test_a_picture_without_a_time_is_shown_as_browsers_do_it(tmp_path: Path) -> None:
    with closing(AnimatedPicture(animation(tmp_path / "a.gif", [0, 0]))) as reader:
        assert [color(reader, seconds) for seconds in (0.05, 0.15, 0.25)] == [COLORS[0], COLORS[1], COLORS[0]]


@pytest.mark.parametrize("kind", ["gif", "webp", "png"])
def test_an_animation_that_breaks_off_shows_what_it_has(kind: str, tmp_path: Path) -> None:
    path = animation(tmp_path / f"a.{kind}", [100, 100, 100, 100])
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * 0.6)])
    try:
        probe_image(path)
    except Unusable:
        return  # found before the first frame, and named
    with closing(AnimatedPicture(path)) as reader:
        assert {color(reader, number / 10 + 0.05) for number in range(40)} <= set(COLORS)


def test_an_animation_has_a_limit_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = animation(tmp_path / "a.gif", [100, 100])
    monkeypatch.setattr(images, "MAX_MOVING_PIXELS", 3000)
    with pytest.raises(Unusable, match="64 x 48 pixels; the limit is 0 megapixels for an animation"):
        probe_image(path)
