"""What is compiled (``functions/render/engine/pixels.c``) against what OpenCV has for the same, on a 1080p frame.

    python -m bench pixels

Both take turns in one process, on one thread; figures are medians, in milliseconds for the three planes of a frame.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from bench.workloads import SIZE
from render.engine.frame import Frame
from render.engine.planes import View, alphas, from_pixels, paint, sampled

ROUNDS = 60
# As a picture of the slideshow is kept for its move, and about how it is seen.
_LARGER, _STEP, _START = 1.19, 1.12, (30.3, 17.7)


def main() -> dict[str, Any]:
    """Measure: for each piece of work the milliseconds of each way."""
    cv2.setNumThreads(1)
    width, height = SIZE
    source = from_pixels(_noise(round(width * _LARGER / 2) * 2, round(height * _LARGER / 2) * 2, 3))
    pixels = _noise(width, height, 4)
    # A title's part of its picture.
    pixels[: height // 3, :, 3], pixels[2 * height // 3 :, :, 3] = 0, 0
    text = from_pixels(pixels)
    frame = Frame(width, height)
    view = View(source, width, height, (_STEP, _STEP), _START)

    def resized() -> None:
        for plane, target in zip((source.y, source.u, source.v), (frame.y, frame.u, frame.v), strict=True):
            down, across = (round(side * _STEP) for side in target.shape)
            cv2.resize(plane[:down, :across], target.T.shape, dst=target, interpolation=cv2.INTER_LINEAR)

    def laid_by_opencv() -> None:
        whole, halved = alphas(text)
        for target, plane, alpha in ((frame.y, text.y, whole), (frame.u, text.u, halved), (frame.v, text.v, halved)):
            cv2.add(cv2.multiply(target, cv2.bitwise_not(alpha), scale=1 / 255), plane, dst=target)

    return {
        "sample": _measured(
            ours=lambda: view.show(frame, 0, 0),
            warp_affine=lambda: sampled(source, SIZE, view.step, view.start),
            resize_from_a_whole_pixel=resized,
        ),
        "lay_over": _measured(ours=lambda: paint(frame, text, 0, 0), multiply_and_add=laid_by_opencv),
    }


def rows(results: Mapping[str, Any]) -> Iterator[list[str]]:
    """The results as a table for people."""
    yield ["work", "way", "ms", "times ours"]
    for work, ways in results.items():
        for way, milliseconds in ways.items():
            yield [work, way, f"{milliseconds:.2f}", f"{milliseconds / ways['ours']:.1f}"]


def _measured(**ways: Callable[[], object]) -> dict[str, float]:
    found: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(ROUNDS):
        for way, work in ways.items():
            began = time.perf_counter()
            work()
            found[way].append(time.perf_counter() - began)
    return {way: round(1000 * statistics.median(seconds), 2) for way, seconds in found.items()}


def _noise(width: int, height: int, channels: int) -> NDArray[np.uint8]:
    return np.random.default_rng(1).integers(0, 256, (height, width, channels), np.uint8)
