"""Facts about a media file, learned before the first frame is made.

The pinned ffmpeg comes without ffprobe, so its own report of an input is read: what the
probe understands, the render can decode, because they are the same program.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from render.engine.process import CLIENT_INPUT, MAX_VIDEO_PIXELS, PROBING, Ffmpeg, Running

_FORMATS = "MP4, MOV, WebM, MKV, AVI, MPEG, GIF, OGG, MP3, M4A, WAV, AIFF, FLAC, AAC"
_COLOR_TAGS = "bt709|bt470bg|smpte170m|bt2020"
_ALPHA = r", (?:yuva\w+|rgba\w*|bgra\w*|argb|abgr|gbrap\w*|ya\w+|pal8)\b|alpha_mode +: 1"
_HIGH_RANGE = "smpte2084|arib-std-b67"


class Unusable(Exception):
    """The file is not what the element needs; the message says why."""


@dataclass(frozen=True)
class ImageFacts:
    """A picture's size as it is seen, after its EXIF orientation; and whether there is more than one of it."""

    width: int
    height: int
    animated: bool = False


@dataclass(frozen=True)
class MediaFacts:
    """What a video or sound file holds. Sizes are as shown: rotated, with square pixels."""

    seconds: float
    has_audio: bool
    width: int = 0
    height: int = 0
    tagged_color: bool = False
    transparent: bool = False
    high_range: bool = False
    """HDR (PQ or HLG), which is to be mapped to the range of the video."""

    @property
    def has_video(self) -> bool:
        return self.width > 0


def probe_media(path: Path, ffmpeg: Ffmpeg) -> MediaFacts:
    """The facts of a video or sound file, the beginning of which is decoded.

    Raises:
        Unusable: ffmpeg finds neither moving pictures nor sound in it, or cannot decode them.
    """
    first = ["-map", "0:v:0?", "-frames:v", "1", "-map", "0:a:0?", "-frames:a", "1", "-f", "null", "-"]
    with ffmpeg.running(["-v", "info", *CLIENT_INPUT, "-i", str(path), *first], PROBING) as run:
        run.process.wait()
    ffmpeg.control.check()
    _within_limits(run)
    report = run.report()
    huge = re.search(r"Picture size (\d+)x(\d+) (?:exceeds|is invalid)", report)
    if huge:
        raise Unusable(_too_large(int(huge[1]), int(huge[2])))
    facts = parse_report(report)
    if not facts.has_video and not facts.has_audio:
        raise Unusable(f"is neither a video nor a sound that can be read ({_FORMATS})")
    if facts.width * facts.height > MAX_VIDEO_PIXELS:
        raise Unusable(_too_large(facts.width, facts.height))
    if run.process.returncode != 0:
        raise Unusable("cannot be decoded; it may be damaged")
    return facts if facts.seconds > 0 else _counted(facts, path, ffmpeg)


def parse_report(report: str) -> MediaFacts:
    """The facts in what ``ffmpeg -i`` prints about its first input."""
    about = re.split(r"^(?:Stream mapping|Output #0)", report, maxsplit=1, flags=re.MULTILINE)[0]
    found = re.search(r"^  Duration: (\d+):(\d\d):(\d\d\.\d+)", about, re.MULTILINE)
    seconds = int(found[1]) * 3600 + int(found[2]) * 60 + float(found[3]) if found else 0.0
    streams = re.split(r"^  Stream #0:\d+", about, flags=re.MULTILINE)[1:]
    has_audio = any(re.match(r"\S*: Audio: ", stream) for stream in streams)
    moving = [stream for stream in streams if re.match(r"\S*: Video: (?!.*\(attached pic\))", stream)]
    size = re.search(r", (\d{2,5})x(\d{2,5})", moving[0]) if moving else None
    if size is None:
        return MediaFacts(seconds, has_audio)
    width, height = int(size[1]), int(size[2])
    aspect = re.search(r"SAR ([1-9]\d*):([1-9]\d*)", moving[0])
    if aspect:
        width = round(width * int(aspect[1]) / int(aspect[2]))
    rotation = re.search(r"rotation of (-?\d+(?:\.\d+)?) degrees", moving[0])
    if rotation and round(float(rotation[1])) % 180 == 90:
        width, height = height, width
    tagged, transparent, high_range = (bool(re.search(tags, moving[0])) for tags in (_COLOR_TAGS, _ALPHA, _HIGH_RANGE))
    return MediaFacts(seconds, has_audio, width, height, tagged, transparent, high_range)


def _counted(facts: MediaFacts, path: Path, ffmpeg: Ffmpeg) -> MediaFacts:
    """The facts of a file that does not tell its length: its packets are read through once."""
    arguments = [*CLIENT_INPUT, "-i", str(path), "-c", "copy", "-progress", "pipe:1", "-f", "null", "-"]
    with ffmpeg.running(arguments, PROBING) as run:
        report = run.output.read().decode(errors="replace")
        run.process.wait()
    ffmpeg.control.check()
    _within_limits(run)
    times = re.findall(r"^out_time_us=(\d+)", report, re.MULTILINE)
    if not times or int(times[-1]) == 0:
        raise Unusable("has no length; it may be damaged")
    return replace(facts, seconds=int(times[-1]) / 1e6)


def _within_limits(run: Running) -> None:
    if run.exceeded:
        raise Unusable("takes too much time or memory to read; it may be damaged")


def _too_large(width: int, height: int) -> str:
    return f"has {width} x {height} pixels; the limit is {MAX_VIDEO_PIXELS // 1_000_000} megapixels for moving pictures"
