"""HDR clips are shown in the range of the video: as bright as they were meant, and neither dull nor burnt out."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import Make, run_ffmpeg

# Luma of 10 bits in PQ (SMPTE ST 2084): what lies at 20, at 203 (white of BT.2408) and at 1,000 cd/m2.
LEVELS = {"dark": 370, "white": 572, "bright": 723}


@pytest.fixture(scope="module")
def clips(media: Path) -> Path:
    for name, level in LEVELS.items():
        tags = "color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc:range=tv"
        picture = f"color=gray:s=640x360:r=25:d=1,format=yuv420p10le,geq=lum={level}:cb=512:cr=512,setparams={tags}"
        coding = "log-level=error:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc"
        run_ffmpeg(
            *("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", "sine=440:d=1"),
            *("-c:v", "libx265", "-x265-params", coding, "-c:a", "aac", str(media / f"hdr-{name}.mp4")),
        )
    return media


def test_white_is_bright_and_brighter_than_white_is_no_more_than_full(make: Make, clips: Path) -> None:
    shown = {}
    for name in LEVELS:
        video = make({"duration": 1, "elements": [{"type": "video", "src": f"asset:hdr-{name}.mp4"}]})
        red, green, blue = video.pixel(0.5)
        assert max(red, green, blue) - min(red, green, blue) <= 3
        shown[name] = green
    assert 40 < shown["dark"] < 110
    assert 190 < shown["white"] < 235
    assert shown["white"] < shown["bright"] <= 255


def test_its_sound_stays(make: Make, clips: Path) -> None:
    video = make({"duration": 1, "elements": [{"type": "video", "src": "asset:hdr-white.mp4"}]})
    assert abs(video.sound[12_000:36_000]).max() > 0.05
