"""Snow-laden pines: branches in whorls, each a fringe of needles under a cushion of snow.

Trees are drawn with Pillow on a canvas twice as large as the picture and scaled down, which smooths their edges.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from examples.art.light import RGB, linear, mix
from examples.art.terrain import Camera, Floats, Land, fbm, heights

OVERSAMPLING = 2
POINTS = 15  # of a branch's outline
TREE_LINE = 0.42  # of the relief


@dataclass(frozen=True)
class Coat:
    """The colours (sRGB, 0-255) of a tree: needles, and the snow in light and in shade; haze for the far ones."""

    needles: RGB
    snow_light: RGB
    snow_shade: RGB
    haze: RGB
    light_from: float = -1.0  # -1: from the left, 1: from the right
    snow: float = 1.0  # how thick the snow lies

    def hazy(self, amount: float) -> Coat:
        return Coat(
            mix(self.needles, self.haze, amount),
            mix(self.snow_light, self.haze, amount),
            mix(self.snow_shade, self.haze, amount),
            self.haze,
            self.light_from,
            self.snow,
        )


@dataclass(frozen=True)
class Tree:
    """A pine of the picture, in pixels of the picture."""

    x: float
    base: float
    height: float
    haze: float


def forest(
    camera: Camera, land: Land, size: tuple[int, int], depths: tuple[float, float], count: int, seed: int
) -> list[Tree]:
    """Trees that stand on the land in groves, far ones first."""
    width, height = size
    rng = np.random.default_rng(seed)
    depth = np.sort(depths[0] * (depths[1] / depths[0]) ** rng.random(count).astype(np.float32))[::-1].copy()
    across = (rng.random(count).astype(np.float32) - 0.5) * 1.1 / camera.focal * depth
    x, z = camera.x + across, camera.z + depth
    ground = heights(x, z, land, camera)
    grove = fbm(x * 2.2, z * 2.2, seed, 3) + 0.25 * rng.random(count) > 0.17
    scale = camera.focal * width / depth
    tall = 0.085 * scale * (0.45 + 0.75 * rng.random(count))
    columns = width / 2 + across * scale
    bases = camera.horizon * height + (camera.height - ground) * scale
    haze = np.clip((depth - depths[0]) / (depths[1] - depths[0]), 0, 1) ** 0.8 * 0.75
    rooted = grove & (ground < TREE_LINE * land.relief) & (np.abs(ground - heights(x, z + 0.05, land, camera)) < 0.03)
    return [Tree(float(columns[i]), float(bases[i]), float(tall[i]), float(haze[i])) for i in np.flatnonzero(rooted)]


def draw_trees(size: tuple[int, int], trees: Iterable[Tree], coat: Coat, seed: int) -> Floats:
    """The trees as premultiplied linear RGBA of the picture's size, in the order given."""
    canvas = Image.new("RGBA", (size[0] * OVERSAMPLING, size[1] * OVERSAMPLING), (*coat.needles, 0))
    draw = ImageDraw.Draw(canvas)
    rng = np.random.default_rng(seed)
    for tree in trees:
        _draw(draw, tree, coat.hazy(tree.haze), rng)
    return linear(canvas.resize(size, Image.Resampling.BOX))


def _draw(draw: ImageDraw.ImageDraw, tree: Tree, coat: Coat, rng: np.random.Generator) -> None:
    height = tree.height * OVERSAMPLING
    x, base = tree.x * OVERSAMPLING, tree.base * OVERSAMPLING
    lean = rng.normal(0, 0.012) * height
    spread = height * rng.uniform(0.19, 0.25)
    trunk = mix(coat.needles, (30, 20, 18), 0.5)
    half = height * 0.012
    draw.polygon([(x - half, base), (x + half, base), (x + lean, base - height * 0.9)], fill=(*trunk, 255))
    tiers = int(np.clip(height / 18, 7, 42))
    for tier in range(tiers):
        rise = tier / (tiers - 1)
        y = base - height * (0.07 + 0.90 * rise)
        reach = spread * (1 - rise) ** 0.8 * rng.uniform(0.82, 1.12) + height * 0.012
        branches = max(4, int(10 * (1 - rise) + 4)) if height > 120 else 4
        turns = np.sort(np.sin(np.linspace(0, 2 * math.pi, branches, endpoint=False) + rng.uniform(0, 2 * math.pi)))
        for depth in turns:  # from the back (-1) to the front (1)
            side = rng.choice((-1.0, 1.0)) * math.sqrt(max(0.0, 1 - depth**2))
            reached = reach * rng.uniform(0.75, 1.1)
            tip = (x + lean * rise + side * reached, y + reached * (0.42 + 0.24 * depth))
            _branch(draw, (x + lean * rise, y), tip, reached, side, depth, coat, rng)
    top = base - height
    for part, colour in ((1.0, coat.needles), (0.55, mix(coat.snow_light, coat.snow_shade, 0.3))):
        wide = half * 0.5 * part
        foot = top + height * (0.045 if part == 1 else 0.03)
        draw.polygon([(x + lean - wide, foot), (x + lean + wide, foot), (x + lean, top)], fill=(*colour, 255))


def _branch(
    draw: ImageDraw.ImageDraw,
    root: tuple[float, float],
    tip: tuple[float, float],
    reach: float,
    side: float,
    depth: float,
    coat: Coat,
    rng: np.random.Generator,
) -> None:
    """One branch: it sags towards its tip; ``depth`` is -1 behind the trunk and 1 in front of it."""
    along = np.linspace(0, 1, POINTS)
    xs = root[0] + (tip[0] - root[0]) * along
    ys = root[1] + (tip[1] - root[1]) * along**1.5
    body = np.sin(math.pi * np.clip(along * 0.86 + 0.10, 0, 1))
    fringe = reach * 0.30 * body * (0.65 + 0.7 * rng.random(POINTS)) * np.where(np.arange(POINTS) % 2, 1.0, 0.35)
    shade = 0.72 + 0.28 * depth + 0.22 * side * coat.light_from
    needles = tuple(int(np.clip(c * (0.62 + 0.5 * shade), 0, 255)) for c in coat.needles)
    _fill(draw, xs, ys - reach * 0.05 * body, ys + fringe, needles)

    thick = reach * 0.125 * coat.snow * body * (0.6 + 0.6 * rng.random(POINTS))
    light = float(np.clip(0.45 + 0.42 * side * coat.light_from + 0.2 * depth + rng.normal(0, 0.09), 0, 1))
    _fill(draw, xs, ys - thick, ys + thick * 0.55, mix(coat.snow_shade, coat.snow_light, 0.45 * light))
    _fill(draw, xs, ys - thick * 1.05, ys - thick * 0.05, mix(coat.snow_shade, coat.snow_light, 0.25 + 0.75 * light))


def _fill(
    draw: ImageDraw.ImageDraw,
    xs: NDArray[np.floating],
    upper: NDArray[np.floating],
    lower: NDArray[np.floating],
    colour: tuple[int, ...],
) -> None:
    outline = list(zip(xs, upper, strict=True)) + list(zip(xs[::-1], lower[::-1], strict=True))
    draw.polygon([(float(px), float(py)) for px, py in outline], fill=(*colour, 255))
