"""The work for every pixel of every frame that Python's libraries take too long for: ``pixels.c``, called from here.

Why, and what it saves: docs/decisions.md; ``make bench BENCH=pixels``.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from render.engine.processor import claims

Plane = NDArray[np.uint8]
Floats = NDArray[np.float64]
Shades = NDArray[np.uint16]
Places = NDArray[np.int32]

LONGEST_STEP = 2.0
"""So far may two samples lie apart, in pixels of what is sampled."""

_LIBRARY = Path(__file__).with_name("libpixels.so")


def load(path: Path) -> ctypes.CDLL:
    """The compiled library.

    Raises:
        ImportError: it is missing, or is not for this processor.
    """
    try:
        library = ctypes.CDLL(str(path))
    except OSError as error:
        raise ImportError(f"{path}: {error}. `make setup` compiles it for this processor.") from error
    if ctypes.c_int32.in_dll(library, "needs_avx2").value and claims("avx2") is False:
        raise ImportError(f"{path} needs AVX2, which this processor has not; `compile.py {path} x86_64` does without")
    place: Any = ctypes.c_void_p
    stride: Any = ctypes.c_ssize_t
    number, real = ctypes.c_int32, ctypes.c_double
    library.sample_scratch.argtypes = [number, number]
    library.sample_scratch.restype = ctypes.c_size_t
    library.sample.argtypes = [place, stride, number, number, place, stride, number, number, *4 * [real], place]
    library.lay_over.argtypes = [*3 * [place, stride], number, number, number]
    library.paint_discs.argtypes = [number, *3 * [place], number, *7 * [place], number, number]
    library.put_back.argtypes = [number, *5 * [place], number, number]
    for function in (library.sample, library.lay_over, library.paint_discs, library.put_back):
        function.restype = None
    return library


_library = load(_LIBRARY)


def sample(source: Plane, target: Plane, across: tuple[float, float], down: tuple[float, float]) -> None:
    """Fill a plane with samples of another, linearly, to 1/64 of a pixel and 1 level; edges go on beyond the source.

    Args:
        source: what is sampled.
        target: what is filled, and no part of the source.
        across: how far two samples of a row lie apart, and where the edge of the first one is, in pixels of the source.
        down: the same for columns.

    Raises:
        ValueError: a step is longer than ``LONGEST_STEP``, or not positive.
    """
    if not (0 < across[0] <= LONGEST_STEP and 0 < down[0] <= LONGEST_STEP):
        raise ValueError(f"steps of {across[0]} and {down[0]}: longer than {LONGEST_STEP} pixels, or not positive")
    source = _in_rows(source)
    (rows, columns), (height, width) = source.shape, target.shape
    scratch = np.empty(_library.sample_scratch(columns, width), np.uint8)
    _library.sample(*_rows(source), columns, rows, *_rows(target), width, height, *across, *down, _whole(scratch))


def lay_over(target: Plane, source: Plane, alpha: Plane, opacity: float) -> None:
    """Lay a plane, whose levels are multiplied by its alpha already, over another of the same shape.

    ``opacity``, 0 to 1, is how much there is of it, to 1/256. Where the alpha is 0, the source has to be so too.

    Raises:
        ValueError: the shapes differ.
    """
    if not target.shape == source.shape == alpha.shape:
        raise ValueError(f"planes of different shapes: {target.shape}, {source.shape}, {alpha.shape}")
    source, alpha = _in_rows(source), _in_rows(alpha)
    part = round(256 * min(max(opacity, 0), 1))
    _library.lay_over(*_rows(target), *_rows(source), *_rows(alpha), *target.T.shape, part)


class Discs:
    """Discs, each a square of covers, to be painted over planes of one size."""

    def __init__(self, covers: Sequence[Plane], size: tuple[int, int]) -> None:
        """Take the discs.

        Args:
            covers: for each disc how much of the plane its pixels cover, in parts of 256, for each place between pixels
                that its middle may have: (places down, places across, side, side), as many places down as across, for
                all discs. The side is odd; its middle pixel is that in which the disc's middle lies.
            size: width and height of the planes.
        """
        self._size = size
        self._places = covers[0].shape[0]
        self._sides = np.array([each.shape[-1] for each in covers], np.int32)
        # Each row is filled up to eight pixels, that many of which are painted at once.
        shapes = [(*each.shape[:3], -(-each.shape[3] // 8) * 8) for each in covers]
        ends = np.cumsum([math.prod(shape) for shape in shapes])
        self._starts = np.array([0, *ends[:-1]], np.int32)
        self._covers = np.zeros(ends[-1], np.uint8)
        for each, shape, start, end in zip(covers, shapes, self._starts, ends, strict=True):
            self._covers[start:end].reshape(shape)[..., : each.shape[3]] = each
        self._scratch = np.empty(3 * len(covers), np.int32)
        self._thickest = np.zeros(size[::-1], np.uint8)
        self._full = np.full(len(covers), 256, np.uint16)
        table = [_whole(each) for each in (self._sides, self._starts, self._covers)]
        self._table = (len(covers), *table, self._places)
        self._used = (_whole(self._scratch), _whole(self._thickest))

    def paint(self, plane: Plane, shades: Shades, x: Floats, y: Floats, strengths: Floats | None = None) -> None:
        """Paint the discs with their middles at ``x`` and ``y``, in pixels, each in its own shade, a level.

        ``strengths``, 0 to 1, is how much there is of each. Of several discs on a pixel the thickest counts, in the
        last one's shade.

        Raises:
            ValueError: an array has not the length of the discs, or the plane not their size.
        """
        parts = self._full if strengths is None else np.rint(256 * strengths).astype(np.uint16)
        if plane.shape != self._thickest.shape or not x.size == y.size == shades.size == parts.size == self._full.size:
            raise ValueError(f"a plane of {plane.shape}, or arrays, that are not of these discs")
        each = (_whole(values) for values in (x, y, parts, shades))
        _library.paint_discs(*self._table, *each, *self._used, _whole(plane), *self._size)

    def places(self) -> Places:
        """Where the discs were painted last: the left and the upper edge of each."""
        return self._scratch[: 2 * self._full.size].copy()

    def put_back(self, plane: Plane, source: Plane, places: Places) -> None:
        """Where the discs were painted, make a plane the same as another again, which it was before.

        Raises:
            ValueError: a plane is not of the discs' size, or the places are not theirs.
        """
        if not plane.shape == source.shape == self._thickest.shape or places.size != 2 * self._full.size:
            raise ValueError(f"planes of {plane.shape} and {source.shape}, or places, that are not of these discs")
        left = _whole(places)
        top = left + places.nbytes // 2
        _library.put_back(*self._table[:2], left, top, _whole(source), _whole(plane), *self._size)


def _in_rows(plane: Plane) -> Plane:
    """The same plane, its rows of adjacent pixels, which numpy may have stored by columns."""
    return plane if plane.strides[1] == 1 else plane.copy()


def _rows(plane: Plane) -> tuple[int, int]:
    """Where a plane begins, and how far its rows lie apart."""
    assert plane.dtype == np.uint8  # noqa: S101
    assert plane.strides[1] == 1  # noqa: S101 - what is called here cannot tell, and would read elsewhere
    return plane.ctypes.data, plane.strides[0]


def _whole(array: NDArray[Any]) -> int:
    """Where an array without gaps begins."""
    assert array.flags.c_contiguous  # noqa: S101
    return array.ctypes.data
