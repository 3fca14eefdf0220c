"""How loud a sound is in bands of its frequencies, for each frame of a scene."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from reelqueue.errors import AssetError
from render.engine.heard import Stretch
from render.engine.process import CLIENT_FORMATS, LOCAL_PROTOCOLS

_RATE, _WINDOW = 16_000, 1_024
_LOWEST, _HIGHEST = 60.0, 7_000.0
# What is as loud as this counts as full, and as soft as that as nothing (decibels).
_LOUD, _SOFT = -18.0, -62.0
_FALL = 0.82


class Spectrum:
    """The levels (0 to 1) of so many bands, low to high, in each frame; falling no faster than the eye likes."""

    def __init__(self, levels: NDArray[np.float32]) -> None:
        self._levels = levels
        self.bars = levels.shape[1]

    @classmethod
    def of(cls, path: Path, stretch: Stretch, bars: int, pointer: str) -> Spectrum:
        """The spectrum of what is heard of a file.

        Raises:
            AssetError: the file cannot be decoded.
        """
        moments = np.array([stretch.at(number) for number in range(stretch.frames)])
        first = max(0.0, float(moments.min()) - 1)
        try:
            samples = _decoded(path, first, float(moments.max()) + 1)
        except av.FFmpegError as error:
            raise AssetError(pointer, "its sound cannot be decoded; the file may be damaged") from error
        padded = np.pad(samples, (_WINDOW, _WINDOW))
        places = np.rint((moments - first) * _RATE).astype(int) + _WINDOW // 2
        places = np.clip(places, 0, len(padded) - _WINDOW)
        bands = _bands(bars)
        levels = np.empty((stretch.frames, bars), np.float32)
        falling = np.zeros(bars, np.float32)
        for number, at in enumerate(places):
            power = np.abs(np.fft.rfft(padded[at : at + _WINDOW] * _HANN)) ** 2
            loud = 10 * np.log10(bands @ power + 1e-12)
            now = np.clip((loud - _SOFT) / (_LOUD - _SOFT), 0, 1).astype(np.float32)
            falling = np.maximum(now, falling * np.float32(_FALL ** (30 / stretch.fps)))
            levels[number] = falling
        return cls(levels)

    def levels(self, number: int) -> NDArray[np.float32]:
        return np.asarray(self._levels[min(number, len(self._levels) - 1)])


_HANN = np.hanning(_WINDOW).astype(np.float32) * np.float32(4 / _WINDOW)


def _bands(bars: int) -> NDArray[np.float32]:
    """What each band takes of the power in each bin of the transform: their mean."""
    edges = np.geomspace(_LOWEST, _HIGHEST, bars + 1) * _WINDOW / _RATE
    bins = np.arange(_WINDOW // 2 + 1)
    shares = np.zeros((bars, len(bins)), np.float32)
    for band, (low, high) in enumerate(pairwise(edges)):
        # A band that is narrower than a bin has a part of that one.
        overlap = np.minimum(bins + 0.5, high) - np.maximum(bins - 0.5, low)
        shares[band] = np.clip(overlap, 0, None)
    return np.asarray(shares, np.float32)


def _decoded(path: Path, start: float, end: float) -> NDArray[np.float32]:
    """The sound of a file from ``start`` to ``end`` (seconds) in mono; shorter where the file is."""
    limits = {"format_whitelist": CLIENT_FORMATS, "protocol_whitelist": LOCAL_PROTOCOLS}
    wanted = round((end - start) * _RATE)
    samples = np.zeros(wanted, np.float32)
    with av.open(str(path), options=limits) as file:
        stream = file.streams.audio[0]
        zero = float(stream.start_time * stream.time_base) if stream.start_time and stream.time_base else 0.0
        if start > 0:
            file.seek(int((start + zero) * av.time_base), backward=True)
        resampler = av.AudioResampler(format="flt", layout="mono", rate=_RATE)
        for frame in file.decode(stream):
            at = round(((frame.time or 0.0) - zero - start) * _RATE)
            if at >= wanted:
                break
            for part in resampler.resample(frame):
                piece = part.to_ndarray()[0]
                cut = max(0, -at)
                room = samples[max(0, at) : max(0, at) + max(0, len(piece) - cut)]
                room[:] = piece[cut : cut + len(room)]
                at += len(piece)
    return samples
