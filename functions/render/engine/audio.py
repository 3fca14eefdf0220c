"""The sound of a video: every stretch decoded by ffmpeg and added up without loss, to the exact sample.

The mix is 48 kHz stereo in floating point and is encoded once, for the whole video: AAC encoded in pieces clicks where
the pieces meet, and sound shorter than its picture drifts. It lies in a file, of which a second at a time is in memory.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from reelqueue.errors import AssetError
from render.engine.coding import encode, loudness, loudness_of
from render.engine.ducking import Ducking
from render.engine.loudness import Level, Loudness, brought_to_target
from render.engine.process import CLIENT_INPUT, SOUNDING, Ffmpeg, Running
from render.engine.timeline import SAMPLE_RATE, Sound, Timeline

if TYPE_CHECKING:
    from reelqueue.spec_output import Output

CHANNELS = 2
_BLOCK = SAMPLE_RATE
_SAMPLE_BYTES = 4 * CHANNELS
# A sound that starts or stops in the middle of a wave clicks; 5 ms are too short to be heard as a fade.
_DECLICK = 0.005
# A sound that ends this long before its element does is not merely rounded.
_MISSING_SECONDS = 1


def make_sound(timeline: Timeline, paths: Mapping[str, Path], output: Output, target: Path, ffmpeg: Ffmpeg) -> None:
    """The sound of the whole video, encoded once: AAC in an MP4 file, for WebM Opus in a Matroska file.

    Raises:
        AssetError: a file proved damaged.
    """
    raw, unfinished = target.with_suffix(".f32"), target.with_suffix(".part")
    mix(timeline, paths, raw, ffmpeg)

    def encoded(level: Level) -> Loudness:
        filters = [*level.filters, *_exactly(timeline.samples)]
        with raw.open("rb") as mixed:
            encode(_read(mixed), filters, output.format, output.quality, unfinished)
        return loudness_of(unfinished)

    with raw.open("rb") as mixed:
        as_mixed = loudness(_read(mixed))
    brought_to_target(as_mixed, encoded)
    raw.unlink()
    # Renamed when it is whole: who joins may be waiting for it.
    unfinished.rename(target)


def _exactly(samples: int) -> list[str]:
    """The sound is as long as the picture, whatever a filter before has held back or added."""
    return [f"apad=whole_len={samples}", f"atrim=end_sample={samples}"]


def mix(timeline: Timeline, paths: Mapping[str, Path], target: Path, ffmpeg: Ffmpeg) -> None:
    """Write the mix as raw 32-bit floats, as long as the picture; it may well go beyond full scale."""
    with target.open("w+b") as mixed:
        mixed.truncate(timeline.samples * _SAMPLE_BYTES)
        for sound in timeline.sounds:
            ducking = None
            if sound.ducked:
                mixed.seek(0)
                ducking = Ducking.under(_read(mixed))
            _add(mixed, timeline.samples, sound, ducking, paths[sound.src], ffmpeg)


def _add(mixed: IO[bytes], samples: int, sound: Sound, ducking: Ducking | None, path: Path, ffmpeg: Ffmpeg) -> None:
    first = round(sound.at * SAMPLE_RATE)
    count = min(round(sound.seconds * SAMPLE_RATE), samples - first)
    done = 0
    with closing(_blocks(sound, path, ffmpeg)) as blocks:
        for decoded in blocks:
            block = decoded[: count - done]
            if not len(block):
                return
            gain = gains(sound, count, done, len(block))
            if ducking is not None:
                gain = gain * ducking.gains(first + done, len(block))
            place = (first + done) * _SAMPLE_BYTES
            mixed.seek(place)
            before = np.frombuffer(mixed.read(len(block) * _SAMPLE_BYTES), np.float32).reshape(-1, CHANNELS)
            mixed.seek(place)
            mixed.write((before + block * gain[:, None]).tobytes())
            done += len(block)


def _blocks(sound: Sound, path: Path, ffmpeg: Ffmpeg) -> Generator[NDArray[np.float32]]:
    """The samples of a file, a second at a time; again and again if it loops.

    A loop repeats what was decoded, cut to the file's length: what AAC and MP3 pad their ends with would be heard
    as a gap (20 ms at each seam with ffmpeg's own ``-stream_loop``).
    """
    heard = path.with_suffix(".f32")
    left, count = round(sound.period * SAMPLE_RATE), 0
    with ffmpeg.running(_arguments(sound, path), SOUNDING) as run, heard.open("wb") as keep:
        for samples in _read(run.output):
            if sound.period:
                samples = samples[:left]
                if not len(samples):
                    break  # the file goes on for longer than it says
                left -= len(samples)
                keep.write(samples.tobytes())
            count += len(samples)
            yield samples
        else:
            _judge(sound, count / SAMPLE_RATE, run)
    with heard.open("rb") as again:
        while sound.period and heard.stat().st_size:
            again.seek(0)
            for samples in _read(again):
                # A file of a few samples is repeated to a second at once, not half a million times.
                yield np.tile(samples, (-(-_BLOCK // count), 1)) if count < _BLOCK else samples


def _judge(sound: Sound, heard: float, run: Running) -> None:
    """The file has ended after so many seconds: because it is short, or because it is damaged.

    What is missing is no proof, since some files only estimate their length, and ffmpeg complains of much that nobody
    hears.

    Raises:
        AssetError: it is damaged.
    """
    failed = run.process.wait() != 0
    missing = 0.0 if sound.period else sound.seconds - heard
    why = ""
    if run.exceeded:
        why = "takes too much time or memory to decode"
    elif missing > _MISSING_SECONDS and (failed or (missing > sound.seconds / 2 and run.report())):
        why = f"cannot be decoded after {heard:.1f} s"
    if why:
        raise AssetError(sound.pointer, f"{sound.src} {why}; it may be damaged")


def _read(file: IO[bytes]) -> Iterator[NDArray[np.float32]]:
    while data := file.read(_BLOCK * _SAMPLE_BYTES):
        yield np.frombuffer(data[: len(data) // _SAMPLE_BYTES * _SAMPLE_BYTES], np.float32).reshape(-1, CHANNELS)


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
