"""Colour and light: linear RGB, layers over each other, glow, stars, aurora and the way back to sRGB."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from examples.art.terrain import Floats, fbm

RGB = tuple[int, int, int]
GAMMA = 2.2


def mix(a: RGB, b: RGB, part: float) -> RGB:
    """The colour that lies ``part`` (0..1) of the way from ``a`` to ``b``."""
    return (
        round(a[0] + (b[0] - a[0]) * part),
        round(a[1] + (b[1] - a[1]) * part),
        round(a[2] + (b[2] - a[2]) * part),
    )


def linear(image: Image.Image) -> Floats:
    """An sRGB image with alpha as premultiplied linear RGBA."""
    pixels = np.asarray(image, np.float32) / 255
    alpha = pixels[..., 3:]
    return np.concatenate([pixels[..., :3] ** GAMMA * alpha, alpha], axis=-1)


def over(picture: Floats, layer: Floats) -> Floats:
    """Put a premultiplied layer over an opaque picture."""
    return picture * (1 - layer[..., 3:]) + layer[..., :3]


def gradient(size: tuple[int, int], stops: list[tuple[float, tuple[float, float, float]]]) -> Floats:
    """A vertical gradient through linear colours; positions are parts of the height, from the top."""
    rows = (np.arange(size[1]) + 0.5) / size[1]
    places = [place for place, _ in stops]
    column = np.stack([np.interp(rows, places, [c[i] for _, c in stops]) for i in range(3)], axis=-1)
    return np.repeat(column[:, None, :], size[0], axis=1).astype(np.float32)


def grid(size: tuple[int, int]) -> tuple[Floats, Floats]:
    """x of 0..1 and y in the same unit, for each pixel."""
    width, height = size
    x, y = np.meshgrid(np.arange(width) / width, np.arange(height) / width)
    return x.astype(np.float32), y.astype(np.float32)


def glow(
    size: tuple[int, int], centre: tuple[float, float], radius: float, colour: tuple[float, float, float]
) -> Floats:
    """Light that falls off from a point; place and radius are parts of the width."""
    x, y = grid(size)
    distance = ((x - centre[0]) ** 2 + (y - centre[1]) ** 2) / radius**2
    return (np.exp(-distance)[..., None] * np.array(colour, np.float32)).astype(np.float32)


def stars(size: tuple[int, int], count: int, seed: int, below: float) -> Floats:
    """Stars down to ``below`` (part of the height): many faint, few bright, of slightly different colours."""
    rng = np.random.default_rng(seed)
    width, height = size
    sky = np.zeros((height, width, 3), np.float32)
    columns, rows = rng.integers(2, width - 2, count), (rng.random(count) ** 1.2 * below * height).astype(int)
    strength = rng.pareto(2.2, count).clip(0, 7) * 0.20 + 0.03
    tint = np.array([1.0, 0.98, 1.0]) + rng.normal(0, 1, (count, 1)) * np.array([0.10, 0.0, -0.14])
    np.add.at(sky, (rows, columns), (strength[:, None] * tint).astype(np.float32))
    scale = width / 2560
    return (
        cv2.GaussianBlur(sky, (0, 0), 1.1 * scale) * 4.2 * scale**2
        + cv2.GaussianBlur(sky, (0, 0), 4 * scale) * 2 * scale**2
    ).clip(0)


def aurora(size: tuple[int, int], seed: int, time: float = 0.0) -> Floats:
    """Curtains of light: folded bands with a sharp green hem, rays that fade upwards into violet."""
    width, height = size
    light = np.zeros((height, width, 3), np.float32)
    along = np.linspace(0, 1, width * 2, dtype=np.float32)
    for band, (base, reach, strength) in enumerate([(0.40, 0.36, 1.0), (0.33, 0.30, 0.55), (0.27, 0.26, 0.4)]):
        still = np.full_like(along, time * 0.25 + 7.0 * band)
        fold = fbm(along * 3.2, still, seed + band, 3) * 0.3
        x = (along * 1.5 - 0.25 + 0.5 * fold) * width
        hem = (base + 0.34 * fbm(along * 1.7 + 9, still, seed + band + 20, 4) - 0.10 * (along - 0.5)) * height
        rays = 0.55 + 0.75 * fbm(along * 70, still * 3, seed + band + 40, 3)
        veil = np.clip(0.45 + 1.1 * fbm(along * 3.0 + 3, still, seed + band + 60, 2), 0.04, 1.6)
        light += _curtain(size, x, hem, rays * veil * strength, reach * height * (0.55 + 0.6 * rays))
    soft = cv2.GaussianBlur(light, (0, 0), width / 160)
    return np.asarray(0.55 * light + 0.65 * soft + 0.35 * cv2.GaussianBlur(light, (0, 0), width / 30), np.float32)


def _curtain(size: tuple[int, int], x: Floats, hem: Floats, strength: Floats, reach: Floats) -> Floats:
    width, height = size
    column = np.clip(x, 0, width - 1).astype(int)
    inside = (x >= 0) & (x < width)
    density = np.zeros((3, width), np.float32)
    for row, values in enumerate((np.ones_like(x), hem, reach)):
        np.add.at(density[row], column[inside], (values * strength)[inside])
    weight = np.maximum(cv2.GaussianBlur(density[0][None], (0, 0), width / 700)[0], 1e-4)
    bright = 1.8 * np.tanh(weight / 1.8)  # a fold seen edge-on must not become a beam
    foot = cv2.GaussianBlur(density[1][None], (0, 0), width / 700)[0] / weight
    tall = cv2.GaussianBlur(density[2][None], (0, 0), width / 700)[0] / weight
    up = (foot[None, :] - np.arange(height, dtype=np.float32)[:, None]) / tall[None, :]
    body = np.where(up > 0, np.exp(-2.6 * up) * np.clip(up / 0.03, 0, 1), 0) * bright[None, :] * 0.5
    blend = np.clip(up * 1.35, 0, 1)[..., None]
    green, violet = np.array([0.07, 0.95, 0.42], np.float32), np.array([0.46, 0.12, 0.85], np.float32)
    return np.asarray(body[..., None] * (green * (1 - blend) + violet * blend), np.float32)


def develop(picture: Floats, exposure: float = 1.0, seed: int = 0) -> Image.Image:
    """Linear light to an sRGB image: a filmic shoulder, a light vignette, grain against banding."""
    height, width = picture.shape[:2]
    x, y = grid((width, height))
    vignette = 1 - 0.55 * ((x - 0.5) ** 2 + (y - 0.5 * height / width) ** 2)
    light = np.maximum(picture * exposure * vignette[..., None], 0)
    mapped = light * (2.51 * light + 0.03) / (light * (2.43 * light + 0.59) + 0.14)  # Narkowicz's fit of the ACES curve
    shown = np.clip(mapped, 0, 1) ** (1 / GAMMA)
    grain = np.random.default_rng(seed).normal(0, 0.0035, (height, width, 1))
    return Image.fromarray((np.clip(shown + grain, 0, 1) * 255 + 0.5).astype(np.uint8))


def soft_blur(picture: Floats, pixels: float) -> Floats:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), pixels), np.float32)


def snowfall(size: tuple[int, int], flakes: NDArray[np.float64]) -> Floats:
    """Flakes as light to add: each row is x, y (pixels), radius (pixels) and brightness."""
    width, height = size
    layer = np.zeros((height, width), np.float32)
    for x, y, radius, brightness in flakes:
        reach = int(radius * 2.5) + 2
        left, top = int(x) - reach, int(y) - reach
        right, bottom = min(width, left + 2 * reach), min(height, top + 2 * reach)
        left, top = max(left, 0), max(top, 0)
        if left >= right or top >= bottom:
            continue
        columns, rows = np.arange(left, right) + 0.5 - x, np.arange(top, bottom) + 0.5 - y
        distance = (columns[None, :] ** 2 + rows[:, None] ** 2) / radius**2
        layer[top:bottom, left:right] += brightness * np.exp(-(distance**1.4))
    return layer[..., None]
