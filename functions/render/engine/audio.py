"""The sound of a video: every stretch decoded by ffmpeg and added up without loss, to the exact sample.

The mix is 48 kHz stereo in floating point and is encoded once, together with the picture: AAC
encoded in pieces clicks where the pieces meet, and sound shorter than its picture drifts.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from render.engine.process import CLIENT_INPUT, Ffmpeg
from render.engine.timeline import SAMPLE_RATE, Sound, Timeline

CHANNELS = 2
_BLOCK = SAMPLE_RATE
# A sound that starts or stops in the middle of a wave clicks; 5 ms are too short to be heard as a fade.
_DECLICK = 0.005


def mix(timeline: Timeline, paths: Mapping[str, Path], target: Path, ffmpeg: Ffmpeg) -> float:
    """Write the mix as raw 32-bit floats, as long as the picture; give back its peak (1 is full scale).

    Raises:
        Stopped: the render was stopped.
    """
    shape = (timeline.samples, CHANNELS)
    mixed = np.memmap(target, np.float32, "w+", shape=shape)
    for sound in timeline.sounds:
        ffmpeg.control.check()
        _add(mixed, sound, paths[sound.src], ffmpeg)
    peak = max((float(np.abs(mixed[at : at + _BLOCK]).max()) for at in range(0, shape[0], _BLOCK)), default=0.0)
    mixed.flush()
    return peak


def _add(mixed: NDArray[np.float32], sound: Sound, path: Path, ffmpeg: Ffmpeg) -> None:
    first = round(sound.at * SAMPLE_RATE)
    count = min(round(sound.seconds * SAMPLE_RATE), len(mixed) - first)
    done = 0
    with closing(_blocks(sound, path, ffmpeg)) as blocks:
        while done < count:
            samples = next(blocks, None)
            if samples is None:
                break
            samples = samples[: count - done]
            gain = gains(sound, count, done, len(samples))
            mixed[first + done : first + done + len(samples)] += samples * gain[:, None]
            done += len(samples)
    ffmpeg.control.check()


def _blocks(sound: Sound, path: Path, ffmpeg: Ffmpeg) -> Generator[NDArray[np.float32]]:
    """The samples of a file, a second at a time; again and again if it loops.

    A loop repeats what was decoded, cut to the file's length: what AAC and MP3 pad their ends with would be heard
    as a gap (20 ms at each seam with ffmpeg's own ``-stream_loop``).
    """
    heard = path.with_suffix(".f32")
    left = round(sound.period * SAMPLE_RATE)
    with ffmpeg.running(_arguments(sound, path)) as run, heard.open("wb") as keep:
        while data := run.output.read(_BLOCK * CHANNELS * 4):
            samples = np.frombuffer(data[: len(data) // 8 * 8], np.float32).reshape(-1, CHANNELS)
            if sound.period:
                samples = samples[:left]
                left -= len(samples)
                keep.write(samples.tobytes())
            yield samples
    if sound.period and heard.stat().st_size:
        again = np.memmap(heard, np.float32, "r").reshape(-1, CHANNELS)
        while True:
            yield from (again[at : at + _BLOCK] for at in range(0, len(again), _BLOCK))


def gains(sound: Sound, count: int, start: int, length: int) -> NDArray[np.float32]:
    """The loudness of ``length`` samples from ``start`` on, in a sound of ``count`` samples: volume and fades."""
    at = np.arange(start, start + length, dtype=np.float64) / SAMPLE_RATE
    total = count / SAMPLE_RATE
    rising = at / max(sound.fade_in, _DECLICK)
    falling = (total - at) / max(sound.fade_out, _DECLICK)
    return (sound.volume * np.clip(np.minimum(rising, falling), 0, 1)).astype(np.float32)


def _arguments(sound: Sound, path: Path) -> list[str]:
    filters = ["aresample=48000:async=1:first_pts=0", *_tempo(sound.speed)]
    return [
        *CLIENT_INPUT,
        # Seeking to 0 is not nothing: it drops the run-up of an AAC file, and its first 11 ms come out quiet.
        *(("-ss", f"{sound.skip:.6f}") if sound.skip else ()),
        *("-i", str(path), "-map", "0:a:0", "-vn", "-sn", "-dn"),
        *("-af", ",".join(filters), "-ac", str(CHANNELS), "-f", "f32le", "pipe:1"),
    ]


def _tempo(speed: float) -> list[str]:
    """Speed at the same pitch; ffmpeg's atempo is good from a half up."""
    if speed == 1:
        return []
    if speed < 0.5:
        return ["atempo=0.5", f"atempo={speed / 0.5:.6f}"]
    return [f"atempo={speed:.6f}"]
