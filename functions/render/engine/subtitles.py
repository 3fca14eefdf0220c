"""Files of captions: SRT and WebVTT read, WebVTT written. What is read is somebody else's, and may be anything."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import webvtt
from webvtt.errors import MalformedCaptionError, MalformedFileError

from reelqueue.glyphs import first_missing
from reelqueue.spec_values import glyph_name
from render.engine.probe import Unusable

MAX_BYTES = 1 << 20
MAX_CHARACTERS = 500
MAX_CAPTIONS = 2_000
# What some programs write into SRT files, from another format: {\an8}, {\i1}.
_OVERRIDES = re.compile(r"\{\\[^{}]*\}")


@dataclass(frozen=True)
class Subtitle:
    """A text from ``start`` to ``end`` (seconds); its lines are as they were written."""

    start: float
    end: float
    text: str


def read_subtitles(path: Path) -> tuple[Subtitle, ...]:
    """The captions in a file, by their start; empty ones are left out.

    Raises:
        Unusable: it is no such file, or one of its texts cannot be drawn.
    """
    if path.stat().st_size > MAX_BYTES:
        raise Unusable(f"is larger than the {MAX_BYTES >> 20} MB that captions may have")
    try:
        content = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unusable("is not written in UTF-8; save it as UTF-8") from None
    kind = "vtt" if content.startswith("WEBVTT") else "srt"
    try:
        captions = webvtt.from_buffer(io.StringIO(content), format=kind)
    except (MalformedFileError, MalformedCaptionError):
        raise Unusable("is neither an SRT nor a VTT file") from None
    found = []
    for number, caption in enumerate(captions.captions, start=1):
        text = _plain(caption.text)
        start, end = _seconds(caption.start), _seconds(caption.end)
        if text and start < end:
            _check(number, text)
            found.append(Subtitle(start, end, text))
    if not found:
        raise Unusable("holds no captions; an SRT or VTT file is needed")
    if len(found) > MAX_CAPTIONS:
        raise Unusable(f"holds {len(found)} captions; the limit is {MAX_CAPTIONS}")
    return tuple(sorted(found, key=lambda subtitle: subtitle.start))


def _plain(text: str) -> str:
    lines = (" ".join(line.split()) for line in html.unescape(_OVERRIDES.sub("", text)).splitlines())
    return "\n".join(line for line in lines if line)


def _check(number: int, text: str) -> None:
    if len(text) > MAX_CHARACTERS:
        raise Unusable(f"has {len(text)} characters in caption {number}; the limit is {MAX_CHARACTERS}")
    missing = first_missing(text.replace("\n", " "))
    if missing is not None:
        raise Unusable(f"shows {glyph_name(missing)} in caption {number}, a character that no font has")


def _seconds(timestamp: str) -> float:
    hours, minutes, seconds = timestamp.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def write_subtitles(subtitles: Iterable[Subtitle], target: Path) -> None:
    """Write a WebVTT file, for players that show captions themselves."""
    cues = (
        f"{_timestamp(each.start)} --> {_timestamp(each.end)}\n{html.escape(each.text, quote=False)}\n"
        for each in subtitles
    )
    target.write_text("\n".join(["WEBVTT\n", *cues]), encoding="utf-8")


def _timestamp(seconds: float) -> str:
    thousandths = round(seconds * 1000)
    minutes, rest = divmod(thousandths, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}.{rest % 1000:03}"
