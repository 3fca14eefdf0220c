"""Ducking: how far the music steps back while something else is heard. Pure, but for reading what that is.

The whole of the foreground is known beforehand, so the music is down when a word begins, and stays down between words.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_RATE = 48_000
_STEP = _RATE // 100
# From the quiet level on the music gives way, above the loud one by all of the depth. RMS, dB below full scale.
_QUIET_DB, _LOUD_DB, _DEPTH_DB = -45.0, -30.0, 12.0
# In steps of 10 ms: it is on its way before the sound begins, waits after it, and takes its time for both.
_AHEAD, _HOLD, _SLOPE = 20, 50, 40


@dataclass(frozen=True)
class Ducking:
    """How far the music is turned down at each step of 10 ms, in dB."""

    reduction: NDArray[np.float64]

    @classmethod
    def under(cls, foreground: Iterable[NDArray[np.float32]]) -> Ducking:
        """The ducking under a sound, which comes in blocks of whole steps (the last one may be shorter)."""
        powers = [_powers(block) for block in foreground]
        power = np.concatenate(powers) if powers else np.zeros(0)
        level = 10 * np.log10(np.maximum(power, 1e-12))
        wanted = np.clip((level - _QUIET_DB) / (_LOUD_DB - _QUIET_DB), 0, 1) * _DEPTH_DB
        # A step looks ahead for what is about to begin, and back to what has just ended.
        around = np.pad(wanted, (_HOLD, _AHEAD))
        held = np.lib.stride_tricks.sliding_window_view(around, _HOLD + _AHEAD + 1).max(axis=1)
        slope = np.hanning(_SLOPE + 3)[1:-1]
        smooth = np.convolve(np.pad(held, _SLOPE // 2, mode="edge"), slope / slope.sum(), mode="valid")
        return cls(smooth)

    def gains(self, start: int, length: int) -> NDArray[np.float32]:
        """What samples of the music from ``start`` on are multiplied by."""
        at = np.arange(start, start + length) / _STEP - 0.5
        reduction = np.interp(at, np.arange(len(self.reduction)), self.reduction)
        return np.asarray(10 ** (-reduction / 20), np.float32)


def _powers(block: NDArray[np.float32]) -> NDArray[np.float64]:
    """The mean square of each step, over all channels."""
    steps = -(-len(block) // _STEP)
    padded = np.pad(block, ((0, steps * _STEP - len(block)), (0, 0)))
    return np.asarray(np.square(padded, dtype=np.float64).reshape(steps, -1).mean(axis=1))
