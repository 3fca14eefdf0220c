"""Texts and captions are drawn while others render, who wait for them."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from render.engine.drawings import Drawings, Lettering

from .conftest import Make


def test_who_asks_early_waits(tmp_path: Path) -> None:
    drawings = Drawings(tmp_path)
    pixels = np.arange(3 * 5 * 4, dtype=np.uint8).reshape(3, 5, 4)
    later = threading.Timer(0.2, drawings.keep_text, (3, 1, Lettering(pixels, 1)))
    later.start()
    assert not list(tmp_path.iterdir())
    found = drawings.text(3, 1)
    assert np.array_equal(found.rgba, pixels)
    assert found.size == (3, 1)


@pytest.mark.parametrize(
    ("scene", "file", "task"),
    [
        ({"text": "a"}, "text-0-0", "texts"),
        ({"captions": {"cues": [{"start": 0, "end": 1, "text": "a"}]}}, "captions-0", "captions"),
    ],
)
def test_what_cannot_be_drawn_ends_the_render(
    make: Make, tmp_path: Path, scene: dict[str, Any], file: str, task: str
) -> None:
    (tmp_path / "work-0" / f"{file}.part").mkdir(parents=True)
    with pytest.raises(RuntimeError, match=rf"the task Task\(kind='{task}'.* failed:(.|\n)*IsADirectoryError"):
        make({"duration": 1, **scene})
