"""Frames in, a segment out: H.264 by libx264, in this process, in a file of its own that can be joined by copying.

H.264 High, yuv420p, tagged BT.709 limited range (players guess wrongly when HD is untagged). Each segment is a closed
group of pictures with parameter sets that are the same, to the bit, for every segment of a video.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache, cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol

import av
from av.video.codeccontext import VideoCodecContext
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc

from render.engine.bits import nal_units
from render.engine.frame import Frame
from render.engine.processor import claims
from render.engine.repeats import Repeats
from render.engine.segments import keyframe_distance

if TYPE_CHECKING:
    from reelqueue.spec_output import Format, Output, Quality

_GLOBAL_HEADER = 1 << 22  # AV_CODEC_FLAG_GLOBAL_HEADER: the parameter sets lie in the file's header


@dataclass(frozen=True)
class Setting:
    """How x264 encodes: its preset, its constant rate factor, and how many frames it looks ahead.

    Looking ahead, it spends bits where later frames build on them (``mbtree``), which the fastest presets leave out.
    """

    preset: str
    factor: int
    lookahead: int = 0

    def options(self, fps: int, instructions: str = "") -> dict[str, str]:
        """What x264 is told, by ffmpeg's names; ``instructions`` as the function of that name has them."""
        ahead = f"mbtree={int(self.lookahead > 0)}:rc-lookahead={self.lookahead}"
        # stitchable: no header depends on the content. aq-mode 3 spends more on dark gradients, which band first.
        parameters = f"keyint={keyframe_distance(fps)}:aq-mode=3:stitchable=1:{ahead}{instructions}"
        return {"preset": self.preset, "crf": str(self.factor), "x264-params": parameters}


# By measure: docs/rendering.md.
_QUALITY: dict[Quality, Setting] = {
    "draft": Setting("ultrafast", 28),
    "low": Setting("superfast", 27, lookahead=10),
    "medium": Setting("superfast", 22, lookahead=10),
    "high": Setting("veryfast", 17, lookahead=20),
}


@dataclass(frozen=True)
class Encoding:
    """What all segments of a video share. One thread each: the segments are what runs in parallel."""

    width: int
    height: int
    fps: int
    quality: Quality
    format: Format = "mp4"

    @classmethod
    def of(cls, output: Output) -> Encoding:
        # A GIF is made from the best that there is: what it loses itself is enough.
        quality = "high" if output.format == "gif" else output.quality
        return cls(output.width, output.height, output.fps, quality, output.format)

    @property
    def codec(self) -> str:
        """The name of the codec, as decoders have it."""
        return "vp9" if self.format == "webm" else "h264"

    @cached_property
    def time_base(self) -> Fraction:
        return Fraction(1, self.fps)

    @property
    def setting(self) -> Setting:
        return _QUALITY[self.quality]

    @property
    def parameter_sets(self) -> list[bytes]:
        """What every segment has in its header, to the bit."""
        context = av.CodecContext.create("libx264", "w")
        self.configure(context)
        context.open()
        return nal_units(bytes(context.extradata or b""))

    def configure(self, context: VideoCodecContext, *, still: bool = False) -> None:
        """Set an encoder up.

        Args:
            context: what is set up.
            still: for one picture that stands. Nothing is to be seen ahead of it, from which looking ahead would
                conclude that no later picture builds on it and that it needs few bits. Headers do not differ.
        """
        context.width, context.height, context.pix_fmt = self.width, self.height, "yuv420p"
        context.time_base, context.framerate = self.time_base, Fraction(self.fps)
        tag(context)
        context.flags |= _GLOBAL_HEADER
        context.thread_count = 1
        setting = replace(self.setting, lookahead=0) if still else self.setting
        context.options = setting.options(self.fps, instructions())


@cache
def instructions() -> str:
    """What x264 is told of this processor: where it has AVX-512, to do with AVX2, which never took more time.

    And that its cache has lines of 64 bytes, which x264 knows by itself only where it is told nothing, and of Intel's.
    Measured: docs/decisions.md. It may round otherwise; what it decides and how much it spends stay the same.
    """
    return ":asm=avx2,cache64" if claims("avx512f") else ""


def tag(context: VideoCodecContext) -> None:
    """Say that the frames are BT.709, limited range."""
    context.color_range = ColorRange.MPEG
    context.colorspace = Colorspace.ITU709
    context.color_primaries = ColorPrimaries.BT709
    context.color_trc = ColorTrc.BT709


class Writer(Protocol):
    """Writes one segment. Frames are given in order; each is done with when the call returns.

    ``written`` is the number of frames that the encoder has finished.
    """

    written: int

    def frame(self, frame: Frame) -> None:
        """Encode a frame."""

    def picture(self, picture: av.VideoFrame) -> None:
        """Encode a frame that libav made, of the encoding's size and format."""

    def still(self, frame: Frame, count: int) -> None:
        """The same frame ``count`` times."""


class SegmentWriter:
    """Writes one segment of H.264. Frames are given in order; each is done with when the call returns.

    ``written`` is the number of frames that the encoder has finished.
    """

    def __init__(self, path: Path, encoding: Encoding) -> None:
        self._encoding = encoding
        self._file = av.open(str(path), "w", format="mp4")
        self._stream = self._file.add_stream("libx264", rate=encoding.fps)
        encoding.configure(self._stream.codec_context)
        self._stream.time_base = encoding.time_base
        self._running: VideoCodecContext | None = self._stream.codec_context
        self._running.open()
        self._parameters = bytes(self._running.extradata or b"")
        # x264 shows a frame at most two later than it decodes it: B-frames that others refer to (b-pyramid).
        self._delay = 2 if self._running.has_b_frames else 0
        self._given = 0
        self.written = 0

    def __enter__(self) -> SegmentWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._finish_run()
        self._file.close()

    def frame(self, frame: Frame) -> None:
        """Encode a frame."""
        self.picture(frame.picture())

    def picture(self, picture: av.VideoFrame) -> None:
        """Encode a frame that libav made, of the encoding's size and format."""
        if self._running is None:
            self._running = self._encoder()
        picture.pts, picture.time_base = self._given, self._encoding.time_base
        self._given += 1
        for packet in self._running.encode(picture):
            self._write(packet)

    def still(self, frame: Frame, count: int) -> None:
        """The same frame ``count`` times: encoded once, as a keyframe, and repeated."""
        self._finish_run()
        repeats = Repeats.of(self._parameters)
        self._running = self._encoder(still=True)
        self.frame(frame)
        self._finish_run()
        for number in range(1, count):
            repeated: av.Packet[Any] = av.Packet(repeats.picture(number))
            repeated.pts = self._given
            self._write(repeated)
            self._given += 1

    def _encoder(self, *, still: bool = False) -> VideoCodecContext:
        context = av.CodecContext.create("libx264", "w")
        self._encoding.configure(context, still=still)
        return context

    def _finish_run(self) -> None:
        """Take what the encoder still holds; the next frame begins a new closed group of pictures."""
        if self._running is not None:
            for packet in self._running.encode(None):
                self._write(packet)
        self._running = None

    def _write(self, packet: av.Packet[Any]) -> None:
        """Write a packet, whose time is that of its frame."""
        packet.stream, packet.time_base = self._stream, self._encoding.time_base
        # Decoded in the order of writing, so long before it is shown as the encoder's reordering needs.
        packet.dts, packet.duration = self.written - self._delay, 1
        self._file.mux(packet)
        self.written += 1
