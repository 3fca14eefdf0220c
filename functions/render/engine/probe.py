"""Facts about a media file, learned before the first frame is made.

The pinned ffmpeg comes without ffprobe, so its own report of an input is read: what the
probe understands, the render can decode, because they are the same program.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from render.engine.process import LOCAL_INPUT, Ffmpeg

MAX_IMAGE_PIXELS = 100_000_000
IMAGE_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")


class Unusable(Exception):
    """The file is not what the element needs; the message says why."""


@dataclass(frozen=True)
class ImageFacts:
    """A picture's size as it is seen, after its EXIF orientation."""

    width: int
    height: int


@dataclass(frozen=True)
class MediaFacts:
    """What a video or sound file holds. Sizes are as shown: rotated, with square pixels."""

    seconds: float
    has_audio: bool
    width: int = 0
    height: int = 0
    sample_aspect: float = 1.0
    tagged_color: bool = False

    @property
    def has_video(self) -> bool:
        return self.width > 0


def probe_image(path: Path) -> ImageFacts:
    """The facts of a picture.

    Raises:
        Unusable: it is no picture that can be drawn, or larger than 100 megapixels.
    """
    try:
        with Image.open(path, formats=IMAGE_FORMATS) as image:
            width, height = image.size
            turned = image.getexif().get(0x0112, 1) in (5, 6, 7, 8)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise Unusable("is not an image that can be read (JPEG, PNG, WebP, GIF, BMP, TIFF)") from error
    if width * height > MAX_IMAGE_PIXELS:
        raise Unusable(f"has {width} x {height} pixels; the limit is {MAX_IMAGE_PIXELS // 1_000_000} megapixels")
    return ImageFacts(height, width) if turned else ImageFacts(width, height)


def probe_media(path: Path, ffmpeg: Ffmpeg) -> MediaFacts:
    """The facts of a video or sound file.

    Raises:
        Unusable: ffmpeg finds neither moving pictures nor sound in it.
    """
    with ffmpeg.running(["-v", "info", *LOCAL_INPUT, "-i", str(path)]) as run:
        run.process.wait()
    ffmpeg.control.check()
    facts = parse_report(run.report())
    if not facts.has_video and not facts.has_audio:
        raise Unusable("is neither a video nor a sound that can be read")
    return facts if facts.seconds > 0 else _counted(facts, path, ffmpeg)


def parse_report(report: str) -> MediaFacts:
    """The facts in what ``ffmpeg -i`` prints about its first input."""
    found = re.search(r"^  Duration: (\d+):(\d\d):(\d\d\.\d+)", report, re.MULTILINE)
    seconds = int(found[1]) * 3600 + int(found[2]) * 60 + float(found[3]) if found else 0.0
    streams = re.findall(r"^  Stream #0:\d+.*?: (Video|Audio): (.*(?:\n {6,}.*)*)", report, re.MULTILINE)
    pictures = [text for kind, text in streams if kind == "Video" and "(attached pic)" not in text]
    has_audio = any(kind == "Audio" for kind, _ in streams)
    size = re.search(r", (\d{2,5})x(\d{2,5})", pictures[0]) if pictures else None
    if size is None:
        return MediaFacts(seconds, has_audio)
    width, height = int(size[1]), int(size[2])
    aspect = re.search(r"SAR (\d+):(\d+)", pictures[0])
    sample_aspect = int(aspect[1]) / int(aspect[2]) if aspect and int(aspect[1]) and int(aspect[2]) else 1.0
    width = round(width * sample_aspect)
    rotation = re.search(r"rotation of (-?\d+(?:\.\d+)?) degrees", pictures[0])
    if rotation and round(float(rotation[1])) % 180 == 90:
        width, height = height, width
    tagged = bool(re.search(r"bt709|bt470bg|smpte170m|bt2020", pictures[0]))
    return MediaFacts(seconds, has_audio, width, height, sample_aspect, tagged)


def _counted(facts: MediaFacts, path: Path, ffmpeg: Ffmpeg) -> MediaFacts:
    """The facts of a file that does not tell its length: its packets are read through once."""
    arguments = [*LOCAL_INPUT, "-i", str(path), "-c", "copy", "-progress", "pipe:1", "-f", "null", "-"]
    with ffmpeg.running(arguments) as run:
        report = run.output.read().decode(errors="replace")
    ffmpeg.control.check()
    times = re.findall(r"^out_time_us=(\d+)", report, re.MULTILINE)
    if not times or int(times[-1]) == 0:
        raise Unusable("has no length; it may be damaged")
    return MediaFacts(
        int(times[-1]) / 1e6,
        facts.has_audio,
        facts.width,
        facts.height,
        facts.sample_aspect,
        facts.tagged_color,
    )
