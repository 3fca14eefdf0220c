"""A log cabin in deep snow, with a fire inside: the warm spot in a blue picture."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from examples.art.light import RGB, glow, linear, mix, over, soft_blur
from examples.art.terrain import Floats, fbm

OVERSAMPLING = 2
LOG_LIGHT, LOG_DARK = (92, 62, 52), (46, 32, 36)
SNOW_LIGHT, SNOW_SHADE = (176, 190, 226), (96, 114, 166)
PANE_TOP, PANE_BOTTOM = (255, 206, 128), (255, 142, 54)
LAMP = (2.3, 1.05, 0.30)

Point = tuple[float, float]


class _Canvas:
    """Draws in the cabin's own unit: x of 0..1 across the front, y upwards from the ground."""

    def __init__(self, size: tuple[int, int], origin: Point, unit: float) -> None:
        self.image = Image.new("RGBA", (size[0] * OVERSAMPLING, size[1] * OVERSAMPLING), (*LOG_DARK, 0))
        self.draw = ImageDraw.Draw(self.image)
        self.origin = (origin[0] * OVERSAMPLING, origin[1] * OVERSAMPLING)
        self.unit = unit * OVERSAMPLING

    def place(self, point: Point) -> Point:
        return self.origin[0] + point[0] * self.unit, self.origin[1] - point[1] * self.unit

    def polygon(self, points: list[Point], colour: RGB) -> None:
        self.draw.polygon([self.place(point) for point in points], fill=(*colour, 255))

    def layer(self) -> Floats:
        half = (self.image.width // OVERSAMPLING, self.image.height // OVERSAMPLING)
        return linear(self.image.resize(half, Image.Resampling.BOX))


def cabin(picture: Floats, foot: Point, width: float, *, mirrored: bool = False) -> Floats:
    """Put the cabin into the picture: its front's bottom centre and its width are parts of the picture's size."""
    if mirrored:
        return cabin(picture[:, ::-1], (1 - foot[0], foot[1]), width)[:, ::-1]
    height, across = picture.shape[:2]
    size = (across, height)
    unit = width * across
    origin = (foot[0] * across - unit / 2, foot[1] * height)
    body, panes = _Canvas(size, origin, unit), _Canvas(size, origin, unit)
    _chimney(body)
    _side(body)
    _front(body)
    _roof(body)
    for window in ((0.115, 0.20, 0.155, 0.19), (0.475, 0.20, 0.155, 0.19)):
        _window(body, panes, *window)
    _door(body, panes)
    _side_window(body, panes)
    _drift(body)

    x0, y0 = origin[0] / across, origin[1] / across
    lit: Floats = picture + _pool(picture, (x0 + 0.38 * width, y0 + 0.05 * width), width)
    lit = over(lit, _smoke(size, (origin[0] + 0.86 * unit, origin[1] - 0.99 * unit), unit))
    lit = over(lit, body.layer())
    shine = panes.layer()[..., :3] * np.array([1, 0.78, 0.55], np.float32)
    lit += 0.9 * shine + 1.2 * soft_blur(shine, unit / 40) + 1.5 * soft_blur(shine, unit / 9)
    return (lit + glow(size, (x0 + 0.4 * width, y0 - 0.2 * width), 0.55 * width, (0.075, 0.035, 0.012))).astype(
        np.float32
    )


def _front(canvas: _Canvas) -> None:
    """The gable wall of round logs, x 0..0.74."""
    logs = 15
    for log in range(logs):
        low, high = 0.76 * log / logs, 0.76 * (log + 1) / logs
        for slice_ in range(5):
            part = slice_ / 5
            y1, y2 = low + (high - low) * part, low + (high - low) * (part + 0.2)
            inset = max(0.0, (y1 - 0.40) / 0.36) * 0.37
            shade = mix(LOG_DARK, LOG_LIGHT, 0.25 + 0.75 * np.sin(np.pi * (0.12 + 0.8 * part)))
            warm = mix(shade, (150, 90, 52), 0.22)
            canvas.polygon([(inset, y1), (0.74 - inset, y1), (0.74 - inset, y2), (inset, y2)], warm)
    for end in (-0.012, 0.728):
        for log in range(9):
            y = 0.76 * (log + 0.5) / 15
            x, top = canvas.place((end, y + 0.022))
            right, bottom = canvas.place((end + 0.024, y - 0.022))
            canvas.draw.ellipse((x, top, right, bottom), fill=(*mix(LOG_LIGHT, (150, 104, 72), 0.35), 255))


def _side(canvas: _Canvas) -> None:
    """The long wall, seen at a flat angle, x 0.74..1.16."""
    for log in range(9):
        low, high = 0.405 * log / 9, 0.405 * (log + 1) / 9
        for slice_ in range(4):
            y1, y2 = low + (high - low) * slice_ / 4, low + (high - low) * (slice_ + 1) / 4
            shade = mix(LOG_DARK, LOG_LIGHT, 0.05 + 0.5 * np.sin(np.pi * (0.1 + 0.22 * slice_)))
            far = [(1.16, 0.06 + y1 * 0.86), (1.16, 0.06 + y2 * 0.86)]
            canvas.polygon([(0.74, y1), far[0], far[1], (0.74, y2)], mix(shade, (40, 50, 86), 0.35))


def _roof(canvas: _Canvas) -> None:
    """Snow as thick as an arm, over dark eaves."""
    canvas.polygon([(0.37, 0.79), (0.82, 0.31), (1.25, 0.36), (0.84, 0.80)], (30, 24, 32))
    canvas.polygon([(0.37, 0.79), (-0.09, 0.31), (-0.055, 0.295), (0.37, 0.73)], (38, 28, 34))
    canvas.polygon([(0.37, 0.79), (0.82, 0.31), (0.79, 0.295), (0.37, 0.73)], (58, 40, 40))
    rng = np.random.default_rng(4)
    steps = np.linspace(0, 1, 40)
    lumps = 0.012 * np.sin(steps * 23) + 0.006 * rng.normal(0, 1, 40)

    eave = [(0.835 + 0.43 * s, 0.318 + 0.05 * s + 0.4 * lump) for s, lump in zip(steps, lumps, strict=True)]
    canvas.polygon([(0.37, 0.865), (0.835, 0.40), *eave, (1.275, 0.43), (0.86, 0.87)], SNOW_SHADE)
    slope = [(0.84 + 0.43 * s, 0.385 + 0.05 * s + 0.5 * lump) for s, lump in zip(steps, lumps, strict=True)]
    ridge = [(0.37 + 0.49 * s, 0.87 + 0.005 * s) for s in steps]
    bands = 28
    for band in range(bands):  # light fades from the ridge to the eaves
        edges = [
            [(a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t) for a, b in zip(ridge, slope, strict=True)]
            for t in (band / bands, (band + 1) / bands)
        ]
        shade = 0.95 - 0.5 * (band / bands) ** 1.5 - 0.05 * float(rng.random())
        canvas.polygon([*edges[0], *edges[1][::-1]], mix(SNOW_SHADE, SNOW_LIGHT, shade))
    for side in (-1, 1):
        run = [(0.37 + side * 0.475 * s, 0.87 - 0.495 * s) for s in steps]
        under = [(x, y - 0.085 - lump) for (x, y), lump in zip(run, lumps, strict=True)]
        canvas.polygon([*run, *under[::-1]], SNOW_LIGHT if side > 0 else mix(SNOW_LIGHT, SNOW_SHADE, 0.35))
        shade = [(x, y + 0.028) for x, y in under]
        canvas.polygon([*shade, *under[::-1]], mix(SNOW_SHADE, SNOW_LIGHT, 0.25))


def _chimney(canvas: _Canvas) -> None:
    canvas.polygon([(0.80, 0.62), (0.92, 0.62), (0.92, 0.95), (0.80, 0.95)], (60, 54, 66))
    canvas.polygon([(0.88, 0.62), (0.92, 0.62), (0.92, 0.95), (0.88, 0.95)], (44, 40, 54))
    rng = np.random.default_rng(2)
    for row in range(8):
        for x in np.arange(0.80, 0.915, 0.03):
            grey = int(rng.integers(52, 84))
            y = 0.66 + row * 0.036
            canvas.polygon([(x, y), (x + 0.024, y), (x + 0.024, y + 0.028), (x, y + 0.028)], (grey, grey - 6, grey + 8))
    canvas.polygon([(0.785, 0.94), (0.935, 0.94), (0.93, 0.985), (0.86, 1.0), (0.79, 0.985)], SNOW_LIGHT)


def _window(body: _Canvas, panes: _Canvas, x: float, y: float, w: float, h: float) -> None:
    frame = 0.016
    outer = [
        (x - frame, y - frame),
        (x + w + frame, y - frame),
        (x + w + frame, y + h + frame),
        (x - frame, y + h + frame),
    ]
    body.polygon(outer, (42, 26, 24))
    slices = 24
    for i in range(slices):
        y1, y2 = y + h * i / slices, y + h * (i + 1) / slices
        colour = mix(PANE_BOTTOM, PANE_TOP, i / slices)
        for canvas in (body, panes):
            canvas.polygon([(x, y1), (x + w, y1), (x + w, y2), (x, y2)], colour)
    bars = [[(x + w * 0.47, y), (x + w * 0.53, y), (x + w * 0.53, y + h), (x + w * 0.47, y + h)]]
    bars += [[(x, y + h * 0.5), (x + w, y + h * 0.5), (x + w, y + h * 0.56), (x, y + h * 0.56)]]
    for bar in bars:
        body.polygon(bar, (52, 30, 24))
        panes.polygon(bar, (0, 0, 0))
    sill = [
        (x - 0.03, y - 0.028),
        (x + w + 0.03, y - 0.028),
        (x + w + 0.022, y + 0.008),
        (x + w / 2, y + 0.020),
        (x - 0.022, y + 0.008),
    ]
    body.polygon(sill, mix(SNOW_LIGHT, (255, 200, 140), 0.35))
    panes.polygon(sill, (40, 24, 12))


def _door(body: _Canvas, panes: _Canvas) -> None:
    body.polygon([(0.300, 0.0), (0.445, 0.0), (0.445, 0.37), (0.300, 0.37)], (38, 24, 24))
    body.polygon([(0.312, 0.0), (0.433, 0.0), (0.433, 0.358), (0.312, 0.358)], (104, 56, 40))
    for x in (0.340, 0.372, 0.404):
        body.polygon([(x, 0.0), (x + 0.003, 0.0), (x + 0.003, 0.358), (x, 0.358)], (66, 36, 30))
    for canvas in (body, panes):
        canvas.polygon([(0.343, 0.245), (0.402, 0.245), (0.402, 0.325), (0.343, 0.325)], PANE_TOP)
        canvas.polygon([(0.361, 0.505), (0.385, 0.505), (0.385, 0.55), (0.361, 0.55)], PANE_BOTTOM)


def _side_window(body: _Canvas, panes: _Canvas) -> None:
    frame = [(0.875, 0.175), (1.005, 0.185), (1.005, 0.345), (0.875, 0.345)]
    body.polygon(frame, (36, 24, 28))
    for x1, x2 in ((0.887, 0.936), (0.945, 0.993)):
        for canvas in (body, panes):
            canvas.polygon([(x1, 0.19), (x2, 0.196), (x2, 0.333), (x1, 0.333)], mix(PANE_BOTTOM, PANE_TOP, 0.4))


def _drift(canvas: _Canvas) -> None:
    """Snow heaped against the walls."""
    xs = np.linspace(-0.14, 1.32, 90)
    bump = 0.030 + 0.018 * np.sin(xs * 9) + 0.012 * np.sin(xs * 23 + 1)
    bump *= np.clip((xs + 0.14) / 0.14, 0, 1) * np.clip((1.32 - xs) / 0.16, 0, 1)
    bump = np.where((xs > 0.29) & (xs < 0.455), 0.008, bump) + np.where(xs > 0.74, 0.05, 0) * np.clip(
        (xs - 0.74) / 0.3, 0, 1
    )
    top = [(float(x), float(y)) for x, y in zip(xs, bump, strict=True)]
    foot = [(float(x), float(-0.35 * y)) for x, y in zip(xs, bump, strict=True)]
    canvas.polygon([*top, *foot[::-1]], mix(SNOW_SHADE, SNOW_LIGHT, 0.3))


def _pool(picture: Floats, centre: Point, width: float) -> Floats:
    """The light of the windows on the snow in front of the cabin."""
    height, across = picture.shape[:2]
    x, y = np.meshgrid(np.arange(across) / across, np.arange(height) / across)
    below = np.clip((y - centre[1] + 0.08 * width) / (0.05 * width), 0, 1)
    fall = np.exp(-(((x - centre[0]) / (0.62 * width)) ** 2) - ((y - centre[1]) / (0.22 * width)) ** 2)
    return np.asarray(picture * (below * fall * 3.2)[..., None] * np.array(LAMP, np.float32), np.float32)


def _smoke(size: tuple[int, int], start: Point, unit: float) -> Floats:
    """A thin column that bends with the wind and dissolves."""
    image = Image.new("L", size, 0)
    draw = ImageDraw.Draw(image)
    for step in np.linspace(0, 1, 160):
        wave = float(fbm(np.array([step * 4], np.float32), np.array([0.5], np.float32), 77, 3)[0])
        x = start[0] + unit * (0.34 * step**1.6 + 0.13 * wave * step)
        y = start[1] - unit * 0.95 * step
        radius = unit * (0.012 + 0.075 * step)
        density = int(190 * (1 - step) ** 1.4)
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=density)
    soft = np.asarray(image.filter(ImageFilter.GaussianBlur(unit / 34)), np.float32)[..., None] / 255
    return np.concatenate([soft * np.array([0.26, 0.26, 0.36], np.float32), soft], axis=-1)
