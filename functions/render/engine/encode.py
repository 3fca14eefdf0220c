"""Frames and sound in, MP4 out: one ffmpeg that encodes both, and tells how far it is.

H.264 High, yuv420p, tagged BT.709 limited range (players guess wrongly when HD is untagged);
AAC at 48 kHz; the index at the front of the file, so that a browser plays it while it loads.
"""

from __future__ import annotations

import fcntl
import re
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from reelqueue.errors import RenderError
from reelqueue.spec_output import Quality
from render.engine.control import Control, kill_group
from render.engine.planes import Frame
from render.engine.process import LOCAL_INPUT, Ffmpeg, Running
from render.engine.timeline import SAMPLE_RATE, Timeline

# x264's preset and rate factor, AAC's rate. By measure (docs/decisions.md) medium and high look alike to most.
_QUALITY: dict[Quality, tuple[str, int, str]] = {
    "draft": ("ultrafast", 28, "96k"),
    "low": ("superfast", 28, "128k"),
    "medium": ("superfast", 23, "192k"),
    "high": ("faster", 18, "256k"),
}
_PEAK = 0.84  # -1.5 dB below full scale leaves room for what AAC adds
_TAGS = "setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709"
_PIPE_BYTES = 1 << 20


def encode(
    frames: Iterable[Frame],
    timeline: Timeline,
    sound: Path,
    peak: float,
    target: Path,
    *,
    size: tuple[int, int],
    quality: Quality,
    ffmpeg: Ffmpeg,
) -> None:
    """Encode the frames and the sound (raw floats with this peak) into ``target``.

    Raises:
        RenderError: ffmpeg failed.
        Stopped: the render was stopped.
    """
    arguments = _arguments(timeline, sound, peak, target, size, quality)
    with ffmpeg.running(arguments, feed=True) as run:
        watcher = threading.Thread(
            target=_follow, args=(run.output, ffmpeg.control, timeline.frames), daemon=True, name="ffmpeg-progress"
        )
        watcher.start()
        try:
            _feed(frames, run, ffmpeg.control)
            run.process.wait()
        finally:
            kill_group(run.process)  # does nothing when it has ended by itself
            watcher.join()
        ffmpeg.control.check()
        if run.process.returncode != 0:
            raise RenderError(f"ffmpeg could not encode the video: {run.complaint()}")


def _feed(frames: Iterable[Frame], run: Running, control: Control) -> None:
    _widen(run.input)
    try:
        for frame in frames:
            run.input.write(frame.buffer.data)
        run.input.close()
    except BrokenPipeError:
        # ffmpeg is gone: stopped by us, or its exit code and last words say why.
        control.check()


def _widen(pipe: IO[bytes]) -> None:
    """A pipe of 64 KB makes a frame of 3 MB wait 48 times; only Linux can widen it."""
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, _PIPE_BYTES)


def _follow(report: IO[bytes], control: Control, frames: int) -> None:
    """Read ffmpeg's ``-progress`` until it ends. The last percent is kept for the moving of the file's index."""
    for line in report:
        found = re.match(rb"frame=\s*(\d+)", line)
        if found:
            control.advance(min(99.0, 100 * int(found[1]) / frames))


def _arguments(
    timeline: Timeline, sound: Path, peak: float, target: Path, size: tuple[int, int], quality: Quality
) -> list[str]:
    preset, factor, rate = _QUALITY[quality]
    limiter = [f"alimiter=limit={_PEAK}:level=false:latency=true"] if peak > _PEAK else []
    return [
        *("-y", "-progress", "pipe:1", "-stats_period", "0.5"),
        *LOCAL_INPUT,
        *("-f", "rawvideo", "-pix_fmt", "yuv420p", "-video_size", f"{size[0]}x{size[1]}"),
        *("-framerate", str(timeline.fps), "-i", "pipe:0"),
        *LOCAL_INPUT,
        *("-f", "f32le", "-ar", str(SAMPLE_RATE), "-ac", "2", "-i", str(sound)),
        *("-map", "0:v:0", "-map", "1:a:0", "-vf", _TAGS),
        *("-c:v", "libx264", "-preset", preset, "-crf", str(factor), "-pix_fmt", "yuv420p"),
        *("-g", str(2 * timeline.fps), "-x264-params", "aq-mode=3"),
        *("-af", ",".join([*limiter, "anull"]), "-c:a", "aac", "-b:a", rate),
        *("-map_metadata", "-1", "-movflags", "+faststart", "-f", "mp4", str(target)),
    ]
