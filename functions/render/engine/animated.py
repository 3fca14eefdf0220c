"""Animated GIF, WebP and PNG as pictures: one after the other, over and over. One that breaks off begins anew."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from render.engine.images import FORMATS, upright

# What says it is shown for no time at all, or nearly so, is shown as browsers do it.
_LEAST_MS, _INSTEAD_MS = 11, 100


class AnimatedPicture:
    """The pictures of an animation by their time; asking forward is cheap. Only one is in memory."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._image: Image.Image | None = None
        self._number = 0
        self._until = 0.0
        self._pixels: NDArray[np.uint8] | None = None
        self.shown = -1
        """Counts up with each picture that is decoded."""

    def at(self, seconds: float) -> NDArray[np.uint8]:
        """The picture at this time (RGB or RGBA), the animation running without end."""
        if self._image is None or self._pixels is None or seconds * 1000 < self._until - self._length():
            self._begin()
        while seconds * 1000 >= self._until:
            self._next()
        assert self._pixels is not None  # noqa: S101 - decoded by one of the above
        return self._pixels

    def close(self) -> None:
        if self._image is not None:
            self._image.close()
        self._image = self._pixels = None

    def _begin(self) -> None:
        self._until = 0.0
        self._open()
        self._show(0)

    def _next(self) -> None:
        try:
            self._show(self._number + 1)
        except Exception:  # noqa: BLE001 - its end, or damage, of which Pillow raises whatever its parsers stumble over
            # Opened anew: damage may have left the decoder in any state. The preflight has decoded the first picture.
            self._open()
            self._show(0)

    def _open(self) -> None:
        self.close()
        self._image = Image.open(self._path, formats=FORMATS)

    def _show(self, number: int) -> None:
        assert self._image is not None  # noqa: S101 - opened before
        self._image.seek(number)
        self._pixels = np.asarray(upright(self._image), np.uint8)
        self._number = number
        self._until += self._length()
        self.shown += 1

    def _length(self) -> float:
        assert self._image is not None  # noqa: S101 - opened before
        length = float(self._image.info.get("duration", 0) or 0)
        return length if length >= _LEAST_MS else _INSTEAD_MS
