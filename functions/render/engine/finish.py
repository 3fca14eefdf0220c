"""The finished file in the format that was asked for, from segments and sound."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reelqueue.errors import RenderError
from render.engine.join import join
from render.engine.process import LOCAL_INPUT, Allowance, Ffmpeg
from render.engine.segments import Segment

if TYPE_CHECKING:
    from reelqueue.spec_output import Output

GIF = Allowance(600, 600, 2 << 30)
"""To decode up to a minute of video twice, and to find and write its colours."""

# One palette for the whole; a pattern that stands still where the picture does, so that little has to be stored again.
_PALETTE = "palettegen=stats_mode=full"
_USE = "paletteuse=dither=bayer:bayer_scale=4:diff_mode=rectangle"


def finish(
    output: Output,
    segments: Sequence[Segment],
    files: Sequence[Path],
    sound: Path,
    video: Path,
    ffmpeg: Ffmpeg,
    until_there: Callable[[Path], None],
) -> None:
    """Write the video; ``until_there`` as in ``join``.

    Raises:
        ValueError: a segment does not hold what the plan says, or was made with other settings.
        RenderError: ffmpeg could not make the GIF.
    """
    if output.format != "gif":
        join(segments, files, output.fps, sound, video, until_there)
        return
    whole, palette = video.with_suffix(".mp4"), video.with_suffix(".png")
    join(segments, files, output.fps, None, whole, until_there)
    _run(ffmpeg, ["-i", str(whole), "-vf", _PALETTE, "-frames:v", "1", "-update", "1", str(palette)])
    _run(ffmpeg, ["-i", str(whole), "-i", str(palette), "-lavfi", _USE, "-loop", "0", "-f", "gif", str(video)])
    whole.unlink()


def _run(ffmpeg: Ffmpeg, arguments: list[str]) -> None:
    inputs = [each for argument in arguments for each in ((*LOCAL_INPUT, "-i") if argument == "-i" else (argument,))]
    with ffmpeg.running(["-y", *inputs], GIF) as run:
        if run.process.wait() != 0:
            raise RenderError(f"ffmpeg could not make the GIF: {run.complaint()}")
