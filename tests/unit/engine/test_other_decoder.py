"""A decoder that shares no code with libavcodec shows every picture as libavcodec does, to the bit.

What the engine writes itself (repeated pictures, the joins of segments, the numbers of keyframes) is thereby read by
two who learnt H.264 apart. The other is Cisco's OpenH264, in the ffmpeg that ``make setup`` puts beside the libraries.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from reelqueue.spec_output import Quality
from render.engine.encode import Encoding, SegmentWriter
from render.engine.frame import Frame
from render.engine.join import join

from .conftest import run_ffmpeg
from .test_encode import QUALITIES, noise, planned, written

FOLDER = Path(sys.prefix) / "decoder"


@pytest.fixture(scope="module")
def program() -> str:
    found = [*FOLDER.glob("imageio_ffmpeg/binaries/ffmpeg*")]
    assert found, f"there is no ffmpeg with OpenH264 in {FOLDER}; `make setup` puts it there"
    return str(found[0])


def shown(program: str, decoder: str, video: Path) -> list[str]:
    """The MD5 of each picture."""
    command = [program, "-v", "error", "-c:v", decoder, "-i", str(video), "-map", "0:v", "-fps_mode", "passthrough"]
    report = subprocess.run([*command, "-f", "framemd5", "-"], check=True, capture_output=True, text=True)
    assert report.stderr == ""
    return [line.split(",")[-1].strip() for line in report.stdout.splitlines() if not line.startswith("#")]


def panned(number: int, width: int, height: int) -> Frame:
    """Soft shapes that move: pictures that the encoder predicts from those before and after."""
    soft = cv2.GaussianBlur(np.random.default_rng(5).random((height, width + 400)).astype(np.float32), (0, 0), 4)
    soft = (soft - soft.min()) / (soft.max() - soft.min())
    frame = Frame(width, height)
    frame.y[:] = 16 + 200 * soft[:, 3 * number : 3 * number + width]
    frame.u[:], frame.v[:] = 100, 140
    return frame


@pytest.mark.parametrize(
    ("width", "height", "quality"),
    [
        *((*size, quality) for size in ((64, 48), (322, 182)) for quality in QUALITIES),
        # Of the full size, one for each of the two ways to code a slice.
        *((1920, 1080, quality) for quality in ("draft", "medium")),
    ],
)
def test_repeated_pictures_are_the_same_to_both(
    tmp_path: Path, program: str, width: int, height: int, quality: Quality
) -> None:
    video = tmp_path / "segment.mp4"
    with SegmentWriter(video, Encoding(width, height, 30, quality)) as writer:
        for stretch in range(2):
            writer.frame(noise(width, height, stretch))
            writer.still(noise(width, height, 10 + stretch), 40)
    pictures = shown(program, "libopenh264", video)
    assert pictures == shown(program, "h264", video)
    assert [len(set(pictures[41 * stretch + 1 : 41 * stretch + 41])) for stretch in range(2)] == [1, 1]
    assert len(set(pictures)) == 4


# Not at high: there OpenH264 decodes some B-pictures of plain x264 streams wrongly as well (with faster, not with
# superfast; without B-pictures never).
@pytest.mark.parametrize("quality", ["draft", "low", "medium"])
def test_moving_and_still_stretches_are_the_same_to_both(tmp_path: Path, program: str, quality: Quality) -> None:
    video = tmp_path / "segment.mp4"
    with SegmentWriter(video, Encoding(320, 180, 30, quality)) as writer:
        for stretch in range(2):
            for number in range(50):
                writer.frame(panned(50 * stretch + number, 320, 180))
            writer.still(noise(320, 180, stretch), 70)
    pictures = shown(program, "libopenh264", video)
    assert len(set(pictures)) == 102
    assert pictures == shown(program, "h264", video)


@pytest.mark.parametrize("quality", QUALITIES)
@pytest.mark.parametrize("stream", ["file", "bytes"])
def test_joins_are_the_same_to_both(tmp_path: Path, sound: Path, program: str, quality: Quality, stream: str) -> None:
    """In a byte stream nothing but the slices themselves says where one picture ends and the next begins."""
    lengths = [5, 1, 1, 17, 2, 4, 1, 1, 1]
    joined = tmp_path / "video.mp4"
    join(planned(lengths), list(written(tmp_path, lengths, quality)), 30, sound, joined)
    if stream == "bytes":
        joined = tmp_path / "video.h264"
        copy = ("-map", "0:v", "-c", "copy", "-bsf:v", "h264_mp4toannexb")
        run_ffmpeg("-i", str(tmp_path / "video.mp4"), *copy, str(joined))
    pictures = shown(program, "libopenh264", joined)
    assert len(set(pictures)) == sum(lengths)
    assert pictures == shown(program, "h264", joined)
