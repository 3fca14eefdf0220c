"""A frame that was painted before is painted like a new one, although most of it is left as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from tests.golden.frames import FPS, frames, request_of

SIZE = (320, 180)
OUTPUT_SECONDS = 3.0


def words(text: str, **fields: Any) -> dict[str, Any]:
    return {"type": "text", "text": text, "style": "title", **fields}


def scenes(transition: str) -> list[dict[str, Any]]:
    """Words that come, move and go; a picture that moves, over the whole frame and in a corner; words again."""
    ends = {"duration": 1.2, "transition": {"type": transition, "duration": 0.3}}
    moving = {"type": "image", "src": "asset:noise.png", "kenBurns": {"direction": "in", "amount": 0.2}}
    corner = {**moving, "x": 200, "y": 20, "width": 100, "height": 60, "start": 0.2, "duration": 0.5}
    coming = words("One", enter={"type": "slideUp", "duration": 0.4}, exit={"type": "fade", "duration": 0.3})
    return [
        {**ends, "elements": [coming, corner]},
        {**ends, "elements": [moving, words("Two", start=0.4)]},
        {**ends, "elements": [words("Three", enter={"type": "typewriter", "duration": 0.5})]},
    ]


@pytest.mark.parametrize("transition", ["fade", "wipeleft"])
@pytest.mark.parametrize("theme", ["winter", "spring", "autumn", "neon", "minimal"])
def test_frames_in_a_row_are_those_painted_alone(theme: str, transition: str, tmp_path: Path) -> None:
    noise = np.random.default_rng(5).integers(0, 256, (200, 300, 3), np.uint8)
    assert cv2.imwrite(str(tmp_path / "noise.png"), noise)
    request = request_of(theme, scenes(transition), SIZE, FPS)
    times = [number / FPS for number in range(round(OUTPUT_SECONDS * FPS))]
    work = [tmp_path / name for name in ("row", *map(str, range(len(times))))]
    for folder in work:
        folder.mkdir()
    in_a_row = frames(request, times, tmp_path, work[0])
    for number in range(0, len(times), 7):
        (alone,) = frames(request, [times[number]], tmp_path, work[1 + number])
        assert np.array_equal(in_a_row[number], alone), f"frame {number}"
