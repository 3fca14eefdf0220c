"""How loud a video is: -14 LUFS as a whole, as streaming services play them, and no peak above -1.5 dBTP.

Measured by ffmpeg's ``ebur128`` (ITU-R BS.1770: what integrates to a loudness, and the peaks between samples), before
and after the encoding: AAC adds peaks of its own, and a limiter takes loudness away. What comes out is measured
rather than foreseen, and encoded again where it missed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

TARGET_LUFS = -14.0
CEILING_DBTP = -1.5
"""Where peaks are held before the encoding; what comes out of it stays below -1."""

_MOST_DBTP = -1.0
# What would need more to be as loud as that is not meant to be heard, such as the noise of an empty room.
_MOST_GAIN_DB = 40.0
# Below BS.1770's absolute gate nothing has a loudness, nor has what is shorter than one of its blocks (0.4 s).
_GATE_LUFS = -70.0
# What limiter and encoder may take without being asked to give it back.
_MISSED_DB = 0.5
_ROUNDS = 5
_SPARE_DB = 0.2


@dataclass(frozen=True)
class Loudness:
    """What was measured: the whole in LUFS, None where nothing is loud enough to count; the true peak in dBTP."""

    integrated: float | None
    peak: float

    @classmethod
    def of(cls, integrated: float, peak: float) -> Self:
        """From what ``ebur128`` tells: LUFS, and the true peak as a part of full scale.

        >>> Loudness.of(-21.0, 0.1)
        Loudness(integrated=-21.0, peak=-20.0)
        """
        return cls(integrated if integrated > _GATE_LUFS else None, 20 * math.log10(peak) if peak else -math.inf)


@dataclass(frozen=True)
class Level:
    """How a mix is brought to its loudness: by a gain, and a limiter where that would make peaks too high."""

    gain: float = 0.0
    ceiling: float | None = None

    @property
    def filters(self) -> list[str]:
        """The filters of ffmpeg that do it. Peaks between samples are seen at four times the rate."""
        filters = [f"volume={self.gain:.2f}dB"] if self.gain else []
        if self.ceiling is None:
            return filters
        limiter = f"alimiter=limit={10 ** (self.ceiling / 20):.5f}:level=false:latency=true:attack=5:release=80"
        return [*filters, "aresample=192000", limiter, "aresample=48000"]


def brought_to_target(mix: Loudness, encode: Callable[[Level], Loudness]) -> Loudness:
    """Encode a mix at the loudness that videos have; ``encode`` tells what came out.

    One gain holds for the whole video, so what is soft in it stays soft. Where peaks are in the way they are limited,
    and the gain is raised by what that took, as long as that helps: of nothing but clicks, peaks are all there is.
    Silence stays silence.
    """
    gain = 0.0 if mix.integrated is None else min(TARGET_LUFS - mix.integrated, _MOST_GAIN_DB)
    ceiling, before = CEILING_DBTP, -math.inf
    for _ in range(_ROUNDS):
        heard = encode(Level(gain, ceiling if mix.peak + gain > ceiling else None))
        over, correction = heard.peak - _MOST_DBTP, 0.0
        if heard.integrated is not None and heard.integrated > before + _MISSED_DB:
            missed = TARGET_LUFS - heard.integrated
            correction = min(missed, _MOST_GAIN_DB - gain) if abs(missed) > _MISSED_DB else 0.0
            before = heard.integrated if missed > 0 else before
        if over < 0 and not correction:
            break
        if over >= 0:
            ceiling -= over + _SPARE_DB
        gain += correction
    return heard
