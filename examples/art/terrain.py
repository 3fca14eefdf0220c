"""Snowy mountains: an eroded height field, lit by a low sun, seen through haze.

The field is sampled on a fan of rays, one per picture column, at distances that grow with depth. Light and shadow
are computed once per sample; the picture is then read off the fan: for each column the running maximum of the
elevation says which sample each pixel sees. That needs no ray marching and gives sub-pixel ridgelines.

The noise with derivatives and the erosion term are Inigo Quilez' "value noise derivatives"
(https://iquilezles.org/articles/morenoise/).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]

OCTAVES = 10
RIDGED = 2
SHADOW_STEPS = 26


@dataclass(frozen=True)
class Camera:
    """Where the picture is taken from. Lengths are in units of the field (a mountain is about 1 wide)."""

    x: float
    z: float
    height: float
    horizon: float  # of the picture's height, from the top
    focal: float  # of the picture's width
    near: float = 0.6
    far: float = 14.0


@dataclass(frozen=True)
class Land:
    """One landscape: a seed, how high its peaks are, and where a plain in front of the camera rises into them."""

    seed: int
    relief: float
    rise: tuple[float, float]  # distances from the camera; the plain lies before the first, the peaks behind the second
    plain: float = 0.12  # what is left of the relief on the plain


@dataclass(frozen=True)
class Light:
    """The sun (or moon), the sky that fills the shadows, and the haze. Colours are linear RGB."""

    direction: tuple[float, float, float]
    sun: tuple[float, float, float]
    sky: tuple[float, float, float]
    haze: tuple[float, float, float]
    haze_density: float
    haze_floor: float = 0.0  # valley fog: extra haze that fades with height


def _hash(x: NDArray[np.int32], y: NDArray[np.int32], seed: int) -> Floats:
    """A repeatable random number of -1..1 for each lattice point."""
    n = (x.astype(np.uint32) * np.uint32(374761393)) + (y.astype(np.uint32) * np.uint32(668265263))
    n += np.uint32(seed * 974634777 & 0xFFFFFFFF)
    n = (n ^ (n >> np.uint32(13))) * np.uint32(1274126177)
    n ^= n >> np.uint32(16)
    return np.asarray((n & np.uint32(0xFFFFFF)) / np.float32(0x7FFFFF) - 1, np.float32)


def noise(x: Floats, y: Floats, seed: int) -> tuple[Floats, Floats, Floats]:
    """Smooth value noise of about -1..1 and its two derivatives."""
    xi, yi = np.floor(x), np.floor(y)
    u, v = x - xi, y - yi
    xi, yi = xi.astype(np.int32), yi.astype(np.int32)
    du, dv = 30 * u * u * (u * (u - 2) + 1), 30 * v * v * (v * (v - 2) + 1)
    u, v = u * u * u * (u * (u * 6 - 15) + 10), v * v * v * (v * (v * 6 - 15) + 10)
    a, b = _hash(xi, yi, seed), _hash(xi + 1, yi, seed)
    c, d = _hash(xi, yi + 1, seed), _hash(xi + 1, yi + 1, seed)
    k1, k2, k4 = b - a, c - a, a - b - c + d
    return a + k1 * u + k2 * v + k4 * u * v, du * (k1 + k4 * v), dv * (k2 + k4 * u)


def fbm(x: Floats, y: Floats, seed: int, octaves: int) -> Floats:
    """Fractal noise of about -1..1."""
    total, scale = np.zeros_like(x), 0.5
    for octave in range(octaves):
        total += scale * noise(x, y, seed + octave)[0]
        x, y, scale = 1.6 * x - 1.2 * y, 1.2 * x + 1.6 * y, scale * 0.5
    return total


def heights(x: Floats, z: Floats, land: Land, camera: Camera, octaves: int = OCTAVES) -> Floats:
    """The height field: sharp crests, then ever less detail where slopes have summed up."""
    ramp = np.clip((z - camera.z - land.rise[0]) / (land.rise[1] - land.rise[0]), 0, 1)
    envelope = land.relief * (land.plain + (1 - land.plain) * ramp * ramp * (3 - 2 * ramp))
    total = np.zeros_like(x)
    slope_x, slope_z = np.zeros_like(x), np.zeros_like(x)
    scale = 1.0
    for octave in range(octaves):
        value, dx, dz = noise(x, z, land.seed + octave)
        if octave < RIDGED:  # fold the broad shapes into sharp crests
            value = 1 - 2 * np.abs(value)
        slope_x += 0.5 * dx
        slope_z += 0.5 * dz
        total += scale * (0.5 + 0.5 * value) / (1 + slope_x**2 + slope_z**2)
        x, z, scale = 1.6 * x - 1.2 * z, 1.2 * x + 1.6 * z, scale * 0.5
    return np.asarray(envelope * total**1.5, np.float32)


def mountains(width: int, height: int, camera: Camera, light: Light, land: Land) -> Floats:
    """Render the field: premultiplied linear RGBA, transparent where the sky shows."""
    steps = 2 * height
    depth = np.geomspace(camera.near, camera.far, steps).astype(np.float32)
    across = ((np.arange(width) + 0.5) / width - 0.5).astype(np.float32) / camera.focal
    x = camera.x + depth[:, None] * across[None, :]
    z = np.broadcast_to(camera.z + depth[:, None], x.shape).astype(np.float32)
    field = heights(x, z, land, camera)
    colour = _shade(x, z, field, depth, light, land, camera)

    focal = camera.focal * width
    elevation = np.maximum.accumulate((field - camera.height) * (focal / depth)[:, None], axis=0)
    rows = (camera.horizon * height - (np.arange(height) + 0.5)).astype(np.float32)
    picture = np.zeros((height, width, 4), np.float32)
    for column in range(width):
        skyline = elevation[:, column]
        hit = np.searchsorted(skyline, rows)
        seen = hit < steps
        hit = np.clip(hit, 1, steps - 1)
        below, above = skyline[hit - 1], skyline[hit]
        part = np.clip((rows - below) / np.maximum(above - below, 1e-6), 0, 1)[:, None]
        shaded = colour[hit - 1, column] * (1 - part) + colour[hit, column] * part
        picture[:, column, :3] = shaded * seen[:, None]
        picture[:, column, 3] = seen
    return picture


def _shade(x: Floats, z: Floats, field: Floats, depth: Floats, light: Light, land: Land, camera: Camera) -> Floats:
    span = x[0, 1] - x[0, 0]
    dx = np.gradient(field, axis=1) / (span * depth / depth[0])[:, None]
    dz = np.gradient(field, axis=0) / np.gradient(depth)[:, None] - dx * (
        (x - x.mean(axis=1)[:, None]) / depth[:, None]
    )
    normal = np.stack([-dx, np.ones_like(dx), -dz], axis=-1)
    steep = 1 / np.linalg.norm(normal, axis=-1)
    normal *= steep[..., None]

    sun = np.array(light.direction, np.float32)
    sun /= np.linalg.norm(sun)
    direct = np.clip(normal @ sun, 0, 1) * _shadow(x, z, field, sun, land, camera)
    ambient = 0.55 + 0.45 * normal[..., 1]

    patches = fbm(x * 9 + 11 * field, z * 9 + 25 * field, land.seed + 50, 5)
    line = np.clip((field / land.relief - 0.12 + 0.10 * patches) / 0.25, 0, 1)
    bare = np.clip((depth[:, None] - land.rise[0]) / (0.4 * (land.rise[1] - land.rise[0])), 0, 1)  # none on the plain
    snow = np.clip((steep + 0.5 * (1 - bare) - (0.74 - 0.22 * line) + 0.22 * patches) / 0.14, 0, 1)[..., None]
    strata = fbm(x * 9 + 0.5 * z, field * 34 + 3 * x, land.seed + 60, 5)
    rock = np.array([0.062, 0.064, 0.080], np.float32) * np.clip(1 + 1.5 * strata, 0.25, 2.2)[..., None]
    albedo = rock * (1 - snow) + np.array([0.86, 0.89, 0.95], np.float32) * snow

    colour = albedo * (direct[..., None] * np.array(light.sun, np.float32))
    colour += albedo * (ambient[..., None] * np.array(light.sky, np.float32))
    fog = 1 - np.exp(-((light.haze_density * depth[:, None]) ** 1.3))
    low = light.haze_floor * np.exp(-np.maximum(field / land.relief, 0) / 0.13) * np.clip(depth[:, None] / 3.5, 0, 1)
    fog = np.clip(1 - (1 - fog) * (1 - low), 0, 1)[..., None]
    return np.asarray(colour * (1 - fog) + np.array(light.haze, np.float32) * fog, np.float32)


def _shadow(x: Floats, z: Floats, field: Floats, sun: Floats, land: Land, camera: Camera) -> Floats:
    """How much of the sun each sample sees (0..1), found on a quarter of the samples: shadows are soft."""
    coarse = (slice(None, None, 4), slice(None, None, 4))
    x0, z0, y0 = x[coarse], z[coarse], field[coarse]
    visible = np.ones_like(y0)
    for distance in np.geomspace(0.02, 1.6, SHADOW_STEPS):
        ground = heights(x0 + sun[0] * distance, z0 + sun[2] * distance, land, camera, 6)
        clearance = (y0 + 0.012 + sun[1] * distance - ground) / distance
        visible = np.minimum(visible, np.clip(0.5 + 9 * clearance, 0, 1))
    return cv2.resize(visible, (field.shape[1], field.shape[0]), interpolation=cv2.INTER_LINEAR).astype(np.float32)
