"""What is compiled: each function against the same in numpy, to the level, and no byte beyond what it was given."""

from __future__ import annotations

import ctypes
import mmap
import platform
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from render import compile as compiler
from render.engine import pixels
from render.engine.frame import Frame
from render.engine.pixels import LONGEST_STEP, Discs, Sheet, copy_area, lay_over, lay_picture, sample

from .conftest import noise

Plane = NDArray[np.uint8]

sides = st.integers(1, 70)
seeds = st.integers(0, 2**32 - 1)
steps = st.floats(0.1, LONGEST_STEP) | st.sampled_from([0.5, 1.0, 1.06, 1.5, LONGEST_STEP])
starts = st.floats(-5, 75) | st.sampled_from([0.0, 0.5, -3.0])


@pytest.fixture(scope="module", autouse=True, params=[compiler.X86, "x86_64"])
def library(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """As it is shipped, and as for a processor whose vectors it does not know: the same, to the level."""
    built = tmp_path_factory.mktemp(f"{request.param}-") / "libpixels.so"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", f"{sys.prefix}/compiler")
        compiler.build(built, request.param)
        patch.setattr(pixels, "_library", pixels.load(built))
        yield built


def fenced(plane: Plane, gap: int = 0) -> Plane:
    """A copy whose last byte is the last that may be touched, and whose rows lie ``gap`` bytes apart."""
    rows, columns = plane.shape
    stride, page = columns + gap, mmap.PAGESIZE
    size = rows * stride - gap
    pages = -(-size // page)
    memory = mmap.mmap(-1, (pages + 1) * page)
    start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    assert ctypes.CDLL(None).mprotect(ctypes.c_void_p(start + pages * page), page, 0) == 0
    everything = np.frombuffer(memory, np.uint8)[pages * page - size : pages * page]
    everything[:] = 77
    copy = np.lib.stride_tricks.as_strided(everything, (rows, columns), (stride, 1))
    copy[:] = plane
    return copy


def gaps(plane: Plane) -> set[int]:
    """What lies between the rows of a fenced plane."""
    rows, columns = plane.shape
    whole = np.lib.stride_tricks.as_strided(plane, (rows - 1, plane.strides[0]), plane.strides)
    return {int(value) for value in whole[:, columns:].ravel()}


def sampled_in_numpy(source: Plane, size: tuple[int, int], axes: list[tuple[float, float]]) -> NDArray[np.int64]:
    """First between rows, then between columns, each to 1/64 of a pixel and to one level."""
    result = source.astype(np.int64)
    for axis, count, (step, start) in zip((0, 1), size, reversed(axes), strict=True):
        last = source.shape[axis] - 1
        places = np.clip(start + (np.arange(count) + 0.5) * step - 0.5, 0, last)
        whole, part = np.divmod((places * 64 + 0.5).astype(np.int64), 64)
        weight = part.reshape((-1, 1) if axis == 0 else (1, -1))
        one, other = (result.take(np.minimum(whole + more, last), axis) for more in (0, 1))
        result = (one * (64 - weight) + other * weight + 32) // 64
    return result


@given(seed=seeds, source=st.tuples(sides, sides), target=st.tuples(sides, sides), gap=st.integers(1, 9),
       axes=st.lists(st.tuples(steps, starts), min_size=2, max_size=2))  # fmt: skip
def test_samples_are_those_of_numpy(
    seed: int, source: tuple[int, int], target: tuple[int, int], gap: int, axes: list[tuple[float, float]]
) -> None:
    plane, found = fenced(noise(seed, *source), gap), fenced(np.zeros(target, np.uint8), gap)
    sample(plane, found, axes[0], axes[1])
    assert np.array_equal(found, sampled_in_numpy(plane, target, axes))
    assert gaps(found) <= {77}


@pytest.mark.parametrize("step", [0.4, 1.0, 1.06, 1.25, 4 / 3, 1.9])
@pytest.mark.parametrize("start", [(0.0, 0.0), (0.37, 3.21), (12.5, -17.99)])
def test_samples_lie_where_those_of_another_library_lie(step: float, start: tuple[float, float]) -> None:
    """Of soft noise: OpenCV places its samples to a 32nd of a pixel."""
    soft = cv2.GaussianBlur(noise(3, 360, 640), (0, 0), 3)
    plane = np.clip((soft.astype(np.float32) - 127) * 4 + 127, 0, 255).astype(np.uint8)
    found = np.empty((180, 320), np.uint8)
    sample(plane, found, (step, start[0]), (step, start[1]))
    places = np.array([[step, 0, step / 2 + start[0] - 0.5], [0, step, step / 2 + start[1] - 0.5]])
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    other = cv2.warpAffine(plane, places, (320, 180), flags=how, borderMode=cv2.BORDER_REPLICATE)
    assert np.abs(found.astype(int) - other).max() <= 2


@pytest.mark.parametrize("step", [0.0, -1.0, 2.01, float("nan")])
def test_a_step_that_it_cannot_take_is_refused(step: float) -> None:
    with pytest.raises(ValueError, match=r"longer than 2\.0 pixels, or not positive"):
        sample(noise(1, 9, 9), noise(2, 9, 9), (1.0, 0.0), (step, 0.0))


def laid_in_numpy(target: Plane, source: Plane, alpha: Plane, opacity: float) -> Plane:
    part = round(256 * opacity)
    above, cover = ((plane.astype(np.int64) * part + 128) // 256 for plane in (source, alpha))
    return np.asarray(np.minimum((target * (255 - cover) + 127) // 255 + above, 255), np.uint8)


@given(seed=seeds, size=st.tuples(sides, sides), gap=st.integers(1, 9), opacity=st.floats(0, 1) | st.just(1.0))
def test_a_plane_is_laid_over_another_as_numpy_lays_it(
    seed: int, size: tuple[int, int], gap: int, opacity: float
) -> None:
    below, above, alpha = (noise(seed + number, *size) for number in range(3))
    alpha[:, : size[1] // 2] = 0  # where it does nothing
    source = np.minimum(above, alpha)
    expected = laid_in_numpy(below, source, alpha, opacity)
    target = fenced(below, gap)
    lay_over(target, fenced(source, gap), fenced(alpha, gap), opacity)
    assert np.array_equal(target, expected)
    assert gaps(target) <= {77}


def test_planes_that_are_stored_by_columns_are_read_as_they_are() -> None:
    source, alpha, target = noise(1, 20, 30), np.full((20, 30), 255, np.uint8), noise(2, 20, 30)
    lay_over(target, np.asfortranarray(source), np.asfortranarray(alpha), 1)
    assert np.array_equal(target, source)
    sample(np.asfortranarray(source), target, (1.0, 0.0), (1.0, 0.0))
    assert np.array_equal(target, source)


def test_planes_of_different_shapes_are_not_laid_over_each_other() -> None:
    with pytest.raises(ValueError, match="planes of different shapes"):
        lay_over(noise(1, 9, 9), noise(2, 9, 9), noise(3, 9, 8), 1)


PLACES = 2


def painted_in_numpy(
    plane: Plane, covers: list[Plane], middles: NDArray[np.float64], parts: list[int], shades: list[int]
) -> Plane:
    """Pixel by pixel: the thickest cover, in the shade of the last disc that covers it at all."""
    thickest, shade = np.zeros(plane.shape, int), np.zeros(plane.shape, int)
    for disc, (x, y) in enumerate(middles):
        left, top = int(np.floor(x)), int(np.floor(y))
        cover = covers[disc][int((y - top) * PLACES), int((x - left) * PLACES)].astype(int)
        reach = cover.shape[0] // 2
        for row, column in np.argwhere(cover):
            at = top + row - reach, left + column - reach
            if 0 <= at[0] < plane.shape[0] and 0 <= at[1] < plane.shape[1]:
                thickest[at] = max(thickest[at], cover[row, column] * parts[disc] // 256)
                shade[at] = shades[disc]
    return (plane + ((shade - plane) * thickest // 256)).astype(np.uint8)


def framed(*planes: Plane) -> Frame:
    """A frame of these planes, whose last byte is the last that may be touched."""
    frame = Frame(planes[0].shape[1], planes[0].shape[0])
    frame.buffer = fenced(np.concatenate([plane.ravel() for plane in planes]).reshape(1, -1))[0]
    frame.address = frame.buffer.ctypes.data
    ends = np.cumsum([plane.size for plane in planes])[:2]
    frame.y, frame.u, frame.v = (
        part.reshape(plane.shape) for part, plane in zip(np.split(frame.buffer, ends), planes, strict=True)
    )
    return frame


def noisy(seed: int, size: tuple[int, int]) -> Frame:
    """A frame with four times as many pixels as this size (rows, columns)."""
    return framed(noise(seed, 2 * size[0], 2 * size[1]), noise(seed + 1, *size), noise(seed + 2, *size))


def halved(number: int) -> int:
    return 2 if number else 1


def discs_of(chance: np.random.Generator, reaches: list[int], size: tuple[int, int]) -> tuple[Discs, Any, Any]:
    """Discs for frames of twice this size, their covers of luma and of chroma, and their shades by plane."""
    covers = [
        [chance.integers(0, 256, (PLACES, PLACES, 2 * reach + 1, 2 * reach + 1), np.uint8) for reach in own]
        for own in (reaches, reaches[::-1])
    ]
    for cover in (*covers[0], *covers[1]):
        cover[cover < 90] = 0
    shades = chance.integers(0, 256, (3, len(reaches)), np.uint16)
    return Discs(covers[0], covers[1], [*shades], (2 * size[1], 2 * size[0])), covers, shades


def middles(chance: np.random.Generator, reaches: list[int]) -> NDArray[np.float64]:
    return chance.uniform(-30, 150, (2, len(reaches)))


lists_of_reaches = st.lists(st.integers(0, 12), min_size=1, max_size=5)


@given(seed=seeds, size=st.tuples(sides, sides), reaches=lists_of_reaches)
def test_discs_are_painted_as_numpy_paints_them(seed: int, size: tuple[int, int], reaches: list[int]) -> None:
    """Wherever they lie, also across edges, outside, and on each other; and again, as if nothing had been there."""
    chance = np.random.default_rng(seed)
    discs, covers, shades = discs_of(chance, reaches, size)
    frame = noisy(seed, size)
    for strengths in (chance.choice([0.0, 0.3, 1.0], len(reaches)), None):
        x, y = middles(chance, reaches)
        parts = [256] * len(reaches) if strengths is None else [round(256 * strength) for strength in strengths]
        expected = [
            painted_in_numpy(
                plane,
                covers[number > 0],
                np.stack([x, y], axis=1) / halved(number),
                parts,
                shades[number].tolist(),
            )
            for number, plane in enumerate((frame.y, frame.u, frame.v))
        ]
        discs.paint(frame, x, y, strengths)
        for plane, wanted in zip((frame.y, frame.u, frame.v), expected, strict=True):
            assert np.array_equal(plane, wanted)


@given(seed=seeds, size=st.tuples(sides, sides), reaches=lists_of_reaches)
def test_what_lay_under_discs_is_put_back(seed: int, size: tuple[int, int], reaches: list[int]) -> None:
    """Wherever they lay, and wherever others of them were painted since; nothing beside them is touched."""
    chance = np.random.default_rng(seed)
    discs, _, _ = discs_of(chance, reaches, size)
    frame, before, other = noisy(seed, size), noisy(seed, size), noisy(seed, size)
    other.buffer[:] = 255 - before.buffer
    discs.paint(frame, *middles(chance, reaches))
    places, painted = discs.places(), frame.buffer != before.buffer
    discs.paint(noisy(seed, size), *middles(chance, reaches))
    discs.put_back(frame, before, places)
    assert np.array_equal(frame.buffer, before.buffer)
    discs.put_back(frame, other, places)
    changed = frame.buffer != before.buffer
    assert np.array_equal(frame.buffer[changed], other.buffer[changed])
    assert not (painted & ~changed).any()


def test_discs_do_not_paint_on_a_frame_of_another_size() -> None:
    cover = np.ones((1, 1, 3, 3), np.uint8)
    discs = Discs([cover], [cover], [np.zeros(1, np.uint16)] * 3, (8, 10))
    middle = np.zeros(1)
    with pytest.raises(ValueError, match="a frame of 10x8 for discs of 8x10"):
        discs.paint(Frame(10, 8), middle, middle)
    with pytest.raises(ValueError, match="a frame of 10x8 for discs of 8x10"):
        discs.put_back(Frame(8, 10), Frame(10, 8), discs.places())
    for wrong in ((np.zeros(2), middle), (middle, np.zeros(0)), (middle, middle, np.ones(2))):
        with pytest.raises(ValueError, match="for 1 discs"):
            discs.paint(Frame(8, 10), *wrong)
    with pytest.raises(ValueError, match="places of other discs"):
        discs.put_back(Frame(8, 10), Frame(8, 10), b"")
    with pytest.raises(ValueError, match="not equally many"):
        Discs([cover], [cover, cover], [np.zeros(1, np.uint16)] * 3, (8, 10))


evens = st.integers(-40, 40).map(lambda number: 2 * number)


@given(seed=seeds, size=st.tuples(sides, sides), small=st.tuples(sides, sides), x=evens, y=evens,
       opacity=st.floats(0, 1) | st.just(1.0))  # fmt: skip
def test_a_picture_is_laid_over_a_frame_plane_by_plane(
    seed: int, size: tuple[int, int], small: tuple[int, int], x: int, y: int, opacity: float
) -> None:
    """As far as it lies within; what it touched is copied back."""
    alpha, half = noise(seed + 3, 2 * small[0], 2 * small[1]), noise(seed + 4, *small)
    planes = [np.minimum(noise(seed, *alpha.shape), alpha), *(np.minimum(noise(seed, *small), half) for _ in range(2))]
    frame, before = noisy(seed, size), noisy(seed, size)
    lay_picture(frame, Sheet([fenced(plane, 3) for plane in (*planes, alpha, half)]), x, y, opacity)
    for number, plane in enumerate((before.y, before.u, before.v)):
        left, top = x // halved(number), y // halved(number)
        here = plane[max(0, top) : max(0, top + planes[number].shape[0]), max(0, left) :]
        here = here[:, : max(0, left + planes[number].shape[1]) - max(0, left)]
        there = np.s_[max(0, -top) :, max(0, -left) :]
        above, cover = (
            each[there][: here.shape[0], : here.shape[1]] for each in (planes[number], half if number else alpha)
        )
        here[:] = laid_in_numpy(here, above, cover, opacity)
    assert np.array_equal(frame.buffer, before.buffer)


@given(seed=seeds, size=st.tuples(sides, sides), corners=st.lists(st.floats(0, 1), min_size=4, max_size=4))
def test_a_part_of_a_frame_is_copied(seed: int, size: tuple[int, int], corners: list[float]) -> None:
    frame, other = noisy(seed, size), noisy(seed + 9, size)
    (left, right), (top, low) = (
        sorted(2 * round(part * side) for part in parts)
        for parts, side in ((corners[:2], size[1]), (corners[2:], size[0]))
    )
    expected = noisy(seed, size)
    for number, (plane, source) in enumerate(zip((expected.y, expected.u, expected.v), (other.y, other.u, other.v),
                                                 strict=True)):  # fmt: skip
        here = np.s_[top // halved(number) : low // halved(number), left // halved(number) : right // halved(number)]
        plane[here] = source[here]
    copy_area(frame, other, (left, top, right, low))
    assert np.array_equal(frame.buffer, expected.buffer)


def test_planes_of_no_picture_are_not_laid() -> None:
    with pytest.raises(ValueError, match="not of one picture"):
        Sheet([noise(1, 8, 8), noise(1, 4, 4), noise(1, 4, 4), noise(1, 8, 8), noise(1, 4, 3)])
    with pytest.raises(ValueError, match="not of one picture"):
        Sheet([noise(1, 7, 8), noise(1, 3, 4), noise(1, 3, 4), noise(1, 7, 8), noise(1, 3, 4)])


def test_a_processor_without_avx2_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch, library: Path) -> None:
    needs = bool(ctypes.c_int32.in_dll(ctypes.CDLL(str(library)), "needs_avx2").value)
    assert needs is (library.parent.name.startswith(compiler.X86) and platform.machine() == "x86_64")
    monkeypatch.setattr(pixels, "claims", {"avx2": False}.get)
    with pytest.raises(ImportError, match=r"has not; `compile.py .*libpixels.so x86_64`") if needs else nullcontext():
        pixels.load(library)


def test_without_the_library_the_error_says_what_makes_it(tmp_path: Path) -> None:
    with pytest.raises(ImportError, match="make setup"):
        pixels.load(tmp_path / "libpixels.so")
