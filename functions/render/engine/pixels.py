"""The work for every pixel of every frame that Python's libraries take too long for: ``pixels.c``, called from here.

Why, and what it saves: docs/decisions.md; ``make bench BENCH=pixels``.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from render.engine.processor import claims

if TYPE_CHECKING:
    from render.engine.frame import Frame

Plane = NDArray[np.uint8]
Floats = NDArray[np.float64]
Shades = NDArray[np.uint16]
Area = tuple[int, int, int, int]
"""A part of a frame on even pixels: left, top, right and bottom."""
Places = bytes
"""Where discs were painted."""

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
    library.lay_picture.argtypes = [place, number, number, place, number, number, number]
    library.copy_area.argtypes = [place, place, *6 * [number]]
    library.paint_discs.argtypes = [*8 * [place], number, number]
    library.put_discs_back.argtypes = [*4 * [place], number, number]
    drawing = (library.lay_over, library.lay_picture, library.paint_discs)
    for function in (library.sample, *drawing, library.copy_area, library.put_discs_back):
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


class Sheet(ctypes.Structure):
    """A picture as ``lay_picture`` takes it: its planes and both alphas, and how far the rows of each lie apart."""

    _fields_ = (
        ("planes", ctypes.c_void_p * 5),
        ("strides", ctypes.c_ssize_t * 5),
        ("width", ctypes.c_int32),
        ("height", ctypes.c_int32),
    )

    def __init__(self, planes: Sequence[Plane]) -> None:
        """``planes``: luma, the two halved ones, alpha, and alpha halved; colours are multiplied by it already.

        Raises:
            ValueError: the planes are not of one picture of even size.
        """
        whole, half = planes[0].shape, (planes[0].shape[0] // 2, planes[0].shape[1] // 2)
        if [plane.shape for plane in planes] != [whole, half, half, whole, half] or (2 * half[0], 2 * half[1]) != whole:
            raise ValueError(f"planes of {[plane.shape for plane in planes]} are not of one picture")
        self._kept = [_in_rows(plane) for plane in planes]
        starts, strides = zip(*(_rows(plane) for plane in self._kept), strict=True)
        super().__init__(starts, strides, whole[1], whole[0])
        self.address = ctypes.addressof(self)


def lay_picture(frame: Frame, sheet: Sheet, x: int, y: int, opacity: float) -> None:
    """Lay a picture over a frame, its upper left corner at an even place, as far as it lies in it, by ``lay_over``."""
    part = round(256 * min(max(opacity, 0), 1))
    _library.lay_picture(frame.address, frame.width, frame.height, sheet.address, x, y, part)


def copy_area(frame: Frame, source: Frame, area: Area) -> None:
    """Copy a part of another frame of the same size; it lies within both."""
    _library.copy_area(frame.address, source.address, frame.width, frame.height, *area)


class _Looks(ctypes.Structure):
    _fields_ = (
        ("sides", ctypes.c_void_p),
        ("starts", ctypes.c_void_p),
        ("covers", ctypes.c_void_p),
        ("count", ctypes.c_int32),
        ("phases", ctypes.c_int32),
    )


class Discs:
    """Discs, each a square of covers, to be painted over frames of one size."""

    def __init__(
        self, luma: Sequence[Plane], chroma: Sequence[Plane], shades: Sequence[Shades], size: tuple[int, int]
    ) -> None:
        """Take the discs.

        Args:
            luma: for each disc how much of the luma plane its pixels cover, in parts of 256, for each place between
                pixels that its middle may have: (places down, places across, side, side), as many places down as
                across, for all discs. The side is odd; its middle pixel is that in which the disc's middle lies.
            chroma: the same for the two halved planes.
            shades: of each plane the level that each disc has on it.
            size: width and height of the frames, both even.

        Raises:
            ValueError: there are not as many of each.
        """
        if not len(luma) == len(chroma) == len(shades[0]) == len(shades[1]) == len(shades[2]):
            raise ValueError("discs, and their shades, that are not equally many")
        self._size, count = size, len(luma)
        self._tables = [_table(luma), _table(chroma)]
        looks = [_Looks(*(_whole(each) for each in table), count, luma[0].shape[0]) for table in self._tables]
        self._looks = (_Looks * 2)(*looks)
        self._places = np.empty((2, 3, count), np.int32)
        self._middles = np.empty((2, count))
        self._strengths = np.full(count, 256, np.uint16)
        self._shades = np.array(shades, np.uint16)
        self._thickest = np.zeros(size[::-1], np.uint8)
        used = [self._places, *self._middles, self._strengths, self._shades, self._thickest]
        self._used = (ctypes.addressof(self._looks), *(_whole(each) for each in used))

    def paint(self, frame: Frame, x: Floats, y: Floats, strengths: Floats | None = None) -> None:
        """Paint the discs with their middles at ``x`` and ``y``, in pixels.

        ``strengths``, 0 to 1, is how much there is of each. Of several discs on a pixel the thickest counts, in the
        last one's shade.

        Raises:
            ValueError: an array has not the length of the discs, or the frame not their size.
        """
        self._check(frame)
        given = (x, y) if strengths is None else (x, y, strengths)
        if any(values.shape != self._strengths.shape for values in given):
            raise ValueError(f"arrays of {[values.shape for values in given]} for {self._strengths.size} discs")
        self._middles[0], self._middles[1] = x, y
        self._strengths[:] = 256 if strengths is None else np.rint(256 * strengths)
        _library.paint_discs(*self._used, frame.address, *self._size)

    def places(self) -> Places:
        """Where the discs were painted last."""
        return self._places.tobytes()

    def put_back(self, frame: Frame, source: Frame, places: Places) -> None:
        """Where the discs were painted, make a frame the same as another again, which it was before.

        Raises:
            ValueError: a frame is not of the discs' size, or the places are not theirs.
        """
        self._check(frame)
        self._check(source)
        if len(places) != self._places.nbytes:
            raise ValueError("places of other discs")
        _library.put_discs_back(self._used[0], places, source.address, frame.address, *self._size)

    def _check(self, frame: Frame) -> None:
        if (frame.width, frame.height) != self._size:
            raise ValueError(f"a frame of {frame.width}x{frame.height} for discs of {self._size[0]}x{self._size[1]}")


def _table(covers: Sequence[Plane]) -> tuple[NDArray[np.int32], NDArray[np.int32], Plane]:
    """The sides of discs, where their covers start, and these."""
    # Each row is filled up to eight pixels, that many of which are painted at once.
    shapes = [(*each.shape[:3], -(-each.shape[3] // 8) * 8) for each in covers]
    ends = np.cumsum([math.prod(shape) for shape in shapes])
    starts = np.array([0, *ends[:-1]], np.int32)
    filled = np.zeros(ends[-1], np.uint8)
    for each, shape, start, end in zip(covers, shapes, starts, ends, strict=True):
        filled[start:end].reshape(shape)[..., : each.shape[3]] = each
    return np.array([each.shape[-1] for each in covers], np.int32), starts, filled


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
