"""The three pictures of the examples: a sunrise over peaks, an aurora over a frozen lake, a cabin at the blue hour."""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image

from examples.art.cabin import cabin
from examples.art.light import aurora, develop, glow, gradient, grid, over, snowfall, soft_blur, stars
from examples.art.pines import Coat, Tree, draw_trees, forest
from examples.art.terrain import Camera, Floats, Land, Light, fbm, mountains

Size = tuple[int, int]


def sunrise(size: Size) -> Image.Image:
    """First light on the peaks, fog in the valley, pines in front."""
    camera = Camera(x=7.4, z=0, height=0.18, horizon=0.66, focal=1.25, near=0.45)
    land = Land(seed=2, relief=0.52, rise=(1.2, 4.0))
    light = Light(
        direction=(-0.8, 0.32, 0.15),
        sun=(4.4, 2.15, 1.15),
        sky=(0.13, 0.22, 0.48),
        haze=(0.62, 0.42, 0.46),
        haze_density=0.045,
        haze_floor=0.55,
    )
    sky = gradient(
        size,
        [(0, (0.05, 0.12, 0.34)), (0.25, (0.16, 0.25, 0.50)), (0.45, (0.55, 0.42, 0.50)), (0.62, (1.05, 0.60, 0.42))],
    )
    x, y = grid(size)
    bend = fbm(x * 2.5, y * 5, 13, 3)
    wisps = np.clip(fbm(x * 3 + y * 4 + bend, y * 15 - x * 3 + 2 * bend, 11, 6) - 0.02, 0, 1) * np.clip(
        1.15 - y * 2.6, 0, 1
    )
    sky += wisps[..., None] * np.array([1.3, 0.66, 0.50], np.float32)
    sky += glow(size, (0.06, 0.31), 0.30, (1.3, 0.62, 0.26))
    picture = over(sky, mountains(*size, camera, light, land))
    picture += glow(size, (0.0, 0.33), 0.34, (0.30, 0.14, 0.06))

    coat = Coat((22, 40, 48), (255, 214, 190), (118, 134, 178), (206, 166, 168))
    picture = over(picture, draw_trees(size, forest(camera, land, size, (1.15, 4.2), 1500, 5), coat, 6))
    width, height = size
    near = [
        Tree(0.030 * width, 1.02 * height, 0.66 * height, 0.0),
        Tree(0.118 * width, 1.05 * height, 0.47 * height, 0.0),
        Tree(0.185 * width, 1.04 * height, 0.28 * height, 0.0),
        Tree(0.990 * width, 1.04 * height, 0.60 * height, 0.0),
        Tree(0.915 * width, 1.05 * height, 0.37 * height, 0.0),
    ]
    return develop(over(picture, draw_trees(size, sorted(near, key=lambda t: t.base), coat, 7)), 0.80, 1)


def northern_lights(size: Size) -> Image.Image:
    """An aurora over mountains, mirrored by a frozen lake."""
    width, height = size
    shore = round(0.66 * height)
    camera = Camera(x=3.7, z=0, height=0.06, horizon=0.66, focal=1.2, near=1.3)
    land = Land(seed=1, relief=0.45, rise=(1.5, 4.0), plain=0.06)
    light = Light((0.5, 0.5, -0.5), (0.13, 0.26, 0.28), (0.016, 0.05, 0.07), (0.02, 0.085, 0.10), 0.05, 0.30)
    sky = gradient(size, [(0, (0.002, 0.006, 0.022)), (0.4, (0.005, 0.018, 0.042)), (0.66, (0.02, 0.075, 0.085))])
    sky += 1.5 * aurora(size, 5)
    sky += stars(size, 2200, 3, 0.64)
    picture = over(sky, mountains(*size, camera, light, land))
    coat = Coat((7, 17, 22), (86, 128, 134), (30, 52, 66), (26, 60, 68), light_from=1.0, snow=0.7)
    rng = np.random.default_rng(8)
    rim = [
        Tree(float(x) * width, shore + 2, float(h) * height, 0.15)
        for x, h in zip(rng.random(420), rng.uniform(0.03, 0.10, 420), strict=True)
        if abs(x - 0.55) > 0.05 + 0.14 * rng.random()
    ]
    picture = over(picture, draw_trees(size, rim, coat, 9))
    picture = _freeze(picture, shore)
    near = [
        Tree(0.045 * width, 1.02 * height, 0.78 * height, 0.0),
        Tree(0.150 * width, 1.06 * height, 0.50 * height, 0.0),
        Tree(0.965 * width, 1.03 * height, 0.62 * height, 0.0),
        Tree(0.885 * width, 1.07 * height, 0.36 * height, 0.0),
    ]
    return develop(over(picture, draw_trees(size, near, coat, 10)), 1.25, 2)


def _freeze(picture: Floats, shore: int) -> Floats:
    """Lay a lake of ice below row ``shore``: a mirror that blurs towards the viewer, under drifted snow."""
    height, width = picture.shape[:2]
    depth = height - shore
    seen = np.ascontiguousarray(picture[round(0.12 * shore) : shore][::-1])
    mirror = np.asarray(cv2.resize(seen, (width, depth), interpolation=cv2.INTER_AREA), np.float32)
    blurred = cv2.GaussianBlur(mirror, (0, 0), sigmaX=width / 500, sigmaY=width / 120)
    y = np.linspace(0, 1, depth, dtype=np.float32)[:, None]
    near = np.clip(0.35 + y, 0, 1)[..., None]
    ice = (mirror * (1 - near) + blurred * near) * (0.74 - 0.25 * y[..., None])
    across = (np.arange(width, dtype=np.float32)[None, :] / width - 0.5) / (y + 0.09)
    away = np.broadcast_to(1 / (y + 0.09), (depth, width)).astype(np.float32)
    drift = np.clip(fbm(across * 2.0, away * 1.3, 31, 5) * 2.2 - 0.35, 0, 1)[..., None]
    sheen = soft_blur(np.ascontiguousarray(mirror), width / 40)
    snow = (np.array([0.012, 0.034, 0.042], np.float32) + 0.6 * sheen) * (0.8 + 0.3 * y[..., None])
    result = picture.copy()
    result[shore:] = ice * (1 - 0.6 * drift) + snow * 0.6 * drift
    line = np.exp(-(((np.arange(height) - shore) / (height * 0.004)) ** 2)).astype(np.float32)[:, None, None]
    return np.asarray(result * (1 - 0.6 * line) + 0.6 * line * np.array([0.05, 0.11, 0.12], np.float32), np.float32)


def blue_hour(size: Size) -> Image.Image:
    """A cabin with lit windows among pines, under the first stars, in light snow."""
    width, height = size
    camera = Camera(x=11.1, z=0, height=0.15, horizon=0.60, focal=1.2, near=0.4)
    land = Land(seed=3, relief=0.50, rise=(1.4, 4.2), plain=0.10)
    light = Light((0.6, 0.35, 0.45), (0.30, 0.26, 0.40), (0.10, 0.17, 0.36), (0.16, 0.19, 0.36), 0.085, 0.75)
    sky = gradient(size, [(0, (0.018, 0.035, 0.12)), (0.35, (0.06, 0.10, 0.26)), (0.62, (0.38, 0.24, 0.34))])
    sky += 0.5 * stars(size, 500, 21, 0.35)
    picture = over(sky, mountains(*size, camera, light, land))
    coat = Coat((16, 29, 48), (150, 172, 214), (70, 92, 142), (96, 104, 146), light_from=1.0)
    picture = over(picture, draw_trees(size, forest(camera, land, size, (1.0, 3.8), 1700, 15), coat, 16))
    picture = cabin(picture, (0.60, 0.785), 0.25)
    near = [
        Tree(0.865 * width, 0.93 * height, 0.56 * height, 0.04),
        Tree(0.955 * width, 1.02 * height, 0.74 * height, 0.0),
        Tree(0.455 * width, 0.775 * height, 0.30 * height, 0.10),
        Tree(0.395 * width, 0.805 * height, 0.21 * height, 0.06),
        Tree(0.060 * width, 1.05 * height, 0.62 * height, 0.0),
        Tree(0.150 * width, 1.04 * height, 0.40 * height, 0.0),
    ]
    picture = over(picture, draw_trees(size, sorted(near, key=lambda t: t.base), coat, 17))
    rng = np.random.default_rng(18)
    flakes = np.stack(
        [
            rng.random(420) * width,
            rng.random(420) * height,
            rng.gamma(2.2, 1.1, 420) * width / 2560 + 0.8,
            rng.uniform(0.05, 0.45, 420),
        ],
        axis=-1,
    )
    return develop(picture + 0.5 * snowfall(size, flakes), 1.15, 3)
