"""A picture of the video as it is encoded: BT.709, limited range, 4:2:0 planes in one buffer.

It remembers what was painted on it since it was copied from another, so that the next copy is of nothing else, and that
two such frames are known to be alike wherever nothing was painted on either.
"""

from __future__ import annotations

from typing import Protocol

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from render.engine.pixels import Area, Plane, copy_area

# Rec. ITU-R BT.709: RGB 0-255 to Y 16-235, Cb and Cr 16-240.
_KR, _KB = 0.2126, 0.0722
_KG = 1 - _KR - _KB
TO_YUV = np.array(
    [
        [_KR * 219 / 255, _KG * 219 / 255, _KB * 219 / 255, 16],
        [-_KR / (1 - _KB) * 112 / 255, -_KG / (1 - _KB) * 112 / 255, 112 / 255, 128],
        [112 / 255, -_KG / (1 - _KR) * 112 / 255, -_KB / (1 - _KR) * 112 / 255, 128],
    ]
)
_TO_RGB = np.insert(np.linalg.inv(TO_YUV[:, :3]), 3, np.linalg.solve(TO_YUV[:, :3], -TO_YUV[:, 3]), axis=1)
# To put back more than so much takes longer than to copy all.
_FEW = 12


class Traces(Protocol):
    """What something left that is painted in many places. Equal traces look the same on frames that were alike."""

    def put_back(self, frame: Frame, source: Frame) -> None:
        """Make the frame the same as another again, wherever this lies."""


class Frame:
    """One picture of the video: three planes in one buffer, in the order of ``yuv420p``."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.buffer = np.zeros(width * height * 3 // 2, np.uint8)
        self.address = self.buffer.ctypes.data
        full, quarter = width * height, width * height // 4
        self.y: Plane = self.buffer[:full].reshape(height, width)
        self.u: Plane = self.buffer[full : full + quarter].reshape(height // 2, width // 2)
        self.v: Plane = self.buffer[full + quarter :].reshape(height // 2, width // 2)
        self._picture: av.VideoFrame | None = None
        self._same: Frame | None = None
        self._areas: list[Area] = []
        self._traces: list[Traces] = []

    @property
    def whole(self) -> Area:
        return 0, 0, self.width, self.height

    def copy_from(self, other: Frame) -> None:
        """Become the same as another, which never changes. The second time, only what was painted since is copied."""
        if self._same is other:
            for area in self._areas:
                copy_area(self, other, area)
            for traces in self._traces:
                traces.put_back(self, other)
        else:
            np.copyto(self.buffer, other.buffer)
        self.changed()
        self._same = other

    def painted(self, area: Area) -> None:
        """Say that something was painted within an area."""
        self._areas.append(area)
        self._forget()

    def decorated(self, traces: Traces) -> None:
        """Say that something was painted that left such traces."""
        self._traces.append(traces)
        self._forget()

    def changed(self) -> None:
        """Say that it is another picture now."""
        self._same = None
        self._areas.clear()
        self._traces.clear()

    def difference(self, other: Frame) -> Area:
        """Outside of this area both frames are the same, as far as is known."""
        if self._same is None or self._same is not other._same or self._traces != other._traces:
            return self.whole
        areas = [*self._areas, *other._areas]
        if not areas:
            return 0, 0, 0, 0
        lefts, tops, rights, lows = zip(*areas, strict=True)
        return min(lefts), min(tops), max(rights), max(lows)

    def _forget(self) -> None:
        if self._same is None or len(self._areas) + len(self._traces) > _FEW:
            self.changed()

    def part(self, area: Area) -> tuple[Plane, Plane, Plane]:
        """The three planes there."""
        left, top, right, low = area
        half = np.s_[top // 2 : low // 2, left // 2 : right // 2]
        return self.y[top:low, left:right], self.u[half], self.v[half]

    def picture(self) -> av.VideoFrame:
        """The frame as libav takes it, which reads it in place where that goes well: use it before the next change."""
        planes = self.buffer.reshape(-1, self.width)
        # PyAV 18 takes planes without copying them only when their height is a multiple of 4: else it loses rows.
        if self.height % 4:
            return av.VideoFrame.from_ndarray(planes, "yuv420p")
        if self._picture is None:
            self._picture = av.VideoFrame.from_numpy_buffer(planes, "yuv420p")
        return self._picture

    def rgb(self) -> NDArray[np.uint8]:
        """The frame in RGB, to a level: for the poster, and for what lies behind a text."""
        chroma = [cv2.resize(plane, (self.width, self.height)) for plane in (self.u, self.v)]
        return np.asarray(cv2.transform(cv2.merge([self.y, *chroma]), _TO_RGB), np.uint8)
