"""The clip of the examples: snow drifts over a lit village while the camera moves in, slowly."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from examples.art.cabin import cabin
from examples.art.light import develop, gradient, over, snowfall, stars
from examples.art.pines import Coat, Tree, draw_trees, forest
from examples.art.terrain import Camera, Floats, Land, Light, mountains

WIDTH, HEIGHT, FPS, SECONDS = 1280, 720, 30, 7
SCALE = 1.25  # the scene is drawn larger than the clip, so that moving in stays sharp
PUSH = 0.10
HOUSES = (  # foot (parts of the picture) and width (part of its width), far ones first
    ((0.235, 0.640), 0.055),
    ((0.365, 0.628), 0.050),
    ((0.470, 0.640), 0.056),
    ((0.655, 0.632), 0.052),
    ((0.785, 0.648), 0.060),
    ((0.300, 0.690), 0.085),
    ((0.560, 0.685), 0.082),
    ((0.710, 0.712), 0.098),
    ((0.435, 0.770), 0.135),
)


def village() -> Floats:
    """The still scene, linear, ``SCALE`` times the clip's size."""
    size = round(WIDTH * SCALE), round(HEIGHT * SCALE)
    width, height = size
    camera = Camera(x=22.2, z=0, height=0.17, horizon=0.55, focal=1.15, near=0.3)
    land = Land(seed=6, relief=0.46, rise=(1.9, 4.6), plain=0.06)
    light = Light((0.5, 0.4, -0.2), (0.13, 0.15, 0.26), (0.055, 0.095, 0.21), (0.07, 0.10, 0.21), 0.075, 0.7)
    sky = gradient(size, [(0, (0.006, 0.014, 0.055)), (0.35, (0.022, 0.045, 0.13)), (0.58, (0.12, 0.12, 0.22))])
    sky += stars(size, 600, 41, 0.4)
    scene = over(sky, mountains(*size, camera, light, land))
    coat = Coat((12, 24, 42), (126, 148, 194), (56, 76, 122), (62, 76, 118), light_from=1.0)
    scene = over(scene, draw_trees(size, forest(camera, land, size, (2.9, 4.6), 1500, 33), coat, 34))
    rng = np.random.default_rng(35)
    for number, (foot, across) in enumerate(HOUSES):
        scene = cabin(scene, foot, across, mirrored=number % 3 == 0)
        beside = [
            Tree(
                (foot[0] + s * across * rng.uniform(0.65, 1.0)) * width,
                (foot[1] + 0.008) * height,
                h * across * width,
                0.12,
            )
            for s, h in zip((-1, 1, 1.3), rng.uniform(0.5, 1.05, 3), strict=True)
        ]
        scene = over(scene, draw_trees(size, beside, coat, round(1000 * across)))
    near = [
        Tree(0.055 * width, 1.03 * height, 0.80 * height, 0.0),
        Tree(0.150 * width, 1.05 * height, 0.50 * height, 0.0),
        Tree(0.950 * width, 1.04 * height, 0.72 * height, 0.0),
        Tree(0.868 * width, 1.07 * height, 0.40 * height, 0.0),
    ]
    return over(scene, draw_trees(size, near, coat, 36))


def frames() -> Iterator[NDArray[np.uint8]]:
    """The frames of the clip, RGB."""
    scene = np.asarray(develop(village(), 1.55, 5))
    rng = np.random.default_rng(40)
    count = 260
    near = rng.random(count) ** 2.2  # 0: far and small, 1: close and large
    start = rng.random((count, 2)) * (WIDTH + 120, HEIGHT + 120)
    speed = np.stack([18 + 70 * near, 38 + 120 * near], axis=-1)
    sway, phase = 6 + 16 * near, rng.random(count) * 6.28
    total = FPS * SECONDS
    for frame in range(total):
        time = frame / FPS
        eased = 0.5 - 0.5 * np.cos(np.pi * frame / total)
        zoom = (1 + PUSH * eased) / SCALE
        centre = np.array([0.47, 0.60]) * (scene.shape[1], scene.shape[0])
        target = centre * (1 - eased * PUSH) / SCALE
        matrix = np.array([[zoom, 0, target[0] - zoom * centre[0]], [0, zoom, target[1] - zoom * centre[1]]])
        matrix[:, 2] = np.clip(matrix[:, 2], (WIDTH - zoom * scene.shape[1], HEIGHT - zoom * scene.shape[0]), 0)
        moved = cv2.warpAffine(scene, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_AREA if zoom < 0.8 else cv2.INTER_LINEAR)
        place = start + speed * time
        x = (place[:, 0] + sway * np.sin(1.3 * time + phase)) % (WIDTH + 120) - 60
        y = place[:, 1] % (HEIGHT + 120) - 60
        flakes = np.stack([x, y, 1.1 + 4.2 * near**1.5, 0.75 - 0.35 * near], axis=-1)
        snow = snowfall((WIDTH, HEIGHT), flakes)
        yield (moved + (255 - moved.astype(np.float32)) * np.clip(snow, 0, 0.8) + 0.5).astype(np.uint8)
