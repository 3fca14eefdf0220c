"""Video clips: libav decodes, scales and crops them in this process; which frame is shown when is decided here.

A frame that nothing is painted on goes from decoder to encoder without Python ever touching its pixels. A clip can be
read from any frame on, so that the segments of a scene can be rendered by different processes and still show the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import numpy as np
from av.container import InputContainer
from av.filter import Graph
from av.logging import Capture
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType
from av.video.plane import VideoPlane
from av.video.stream import VideoStream

from reelqueue.errors import AssetError
from render.engine.framing import Mask
from render.engine.geometry import Box, Fitted
from render.engine.pixels import Plane
from render.engine.planes import Picture
from render.engine.probe import MediaFacts
from render.engine.process import CLIENT_FORMATS, LOCAL_PROTOCOLS, MAX_VIDEO_PIXELS
from render.engine.timeline import clip_seconds, frames_of_run

if TYPE_CHECKING:
    from reelqueue.spec_scenes import VideoElement

# What is worse than a warning is kept for those who capture it; repetitions too, for each file is judged by itself.
av.logging.set_level(av.logging.ERROR)
av.logging.set_skip_repeated(False)

# A file that ends this long before its own header says is damaged, not merely rounded.
_MISSING_SECONDS = 1
# Where frames are reordered, a container's index may lead to a keyframe that is shown a little later than asked for.
_REORDERED_SECONDS = Fraction(1, 5)
# Reading on is cheaper than seeking for a gap of up to so many frames.
_READ_ON = 60


@dataclass(frozen=True)
class Clip:
    """A video file in the box of its element. ``frames`` of the video's rate ``fps`` are wanted at most."""

    element: VideoElement
    path: Path
    facts: MediaFacts
    fitted: Fitted
    fps: int
    frames: int
    pointer: str

    @property
    def start(self) -> Fraction:
        """Where the used part begins, in seconds of the file."""
        return Fraction(self.element.trim.start).limit_denominator(1_000_000)

    @property
    def end(self) -> Fraction | None:
        """Where the used part ends, in seconds of the file, or None at the file's own end."""
        end = self.element.trim.end
        return None if end is None else Fraction(end).limit_denominator(1_000_000)

    @property
    def pace(self) -> Fraction:
        """Frames of the video for each second of the file."""
        return self.fps / Fraction(self.element.speed).limit_denominator(1_000_000)

    def played(self, number: int) -> int:
        """Which frame of the clip's first run frame ``number`` shows, where it runs again and again."""
        if not self.element.loop:
            return number
        return number % frames_of_run(clip_seconds(self.element.trim, self.element.speed, self.facts), self.fps)

    @property
    def expected(self) -> int:
        """How many frames of the video the file should fill."""
        end = self.facts.seconds if self.end is None else min(float(self.end), self.facts.seconds)
        return min(self.frames, int((end - float(self.start)) * float(self.pace)))


@dataclass(frozen=True)
class _Decoded:
    """A decoded frame, and the first frame of the video that shows it."""

    frame: av.VideoFrame
    number: int


class ClipReader:
    """The frames of one clip. After its end the last frame stays. Reading forward is cheap."""

    def __init__(self, clip: Clip) -> None:
        self._clip = clip
        self._file: InputContainer | None = None
        self._source: Iterator[_Decoded] = iter(())
        self._shown: _Decoded | None = None
        self._next: _Decoded | None = None
        self._complained = False
        self._scaler: _Scaler | None = None
        self._scaled: tuple[_Decoded, av.VideoFrame] | None = None

    @property
    def box(self) -> Box:
        return self._clip.fitted.box

    def stays(self, number: int) -> bool:
        """Frame ``number`` is the clip's last, and no other comes after it.

        Raises:
            AssetError: the clip cannot be decoded, or breaks off long before its end.
        """
        self._advance(self._clip.played(number))
        return self._next is None and not self._clip.element.loop

    def frame(self, number: int) -> av.VideoFrame:
        """Frame ``number`` of the clip, in its box's size, as yuv420p, or yuva420p where it may be seen through.

        It may be encoded and must not be painted on.

        Raises:
            AssetError: the clip cannot be decoded, or breaks off long before its end.
        """
        shown = self._advance(self._clip.played(number))
        if self._scaled is None or self._scaled[0] is not shown:
            if self._scaler is None or not self._scaler.takes(shown.frame):
                self._scaler = _Scaler(self._clip, shown.frame)
            self._scaled = shown, self._scaler.scale(shown.frame)
        return self._scaled[1]

    def picture(self, number: int) -> Picture:
        """The same as planes to paint from."""
        y, u, v, *alpha = (_plane(plane) for plane in self.frame(number).planes)
        return Mask.of(alpha[0]).on(Picture(y, u, v)) if alpha else Picture(y, u, v)

    def close(self) -> None:
        """Close the file. It is opened again when a frame is asked for."""
        if self._file is not None:
            self._file.close()
        self._file = None
        self._shown = self._next = self._scaled = self._scaler = None

    def _advance(self, number: int) -> _Decoded:
        behind = self._shown is None or number < self._shown.number
        if behind or (self._next is not None and number > self._next.number + _READ_ON):
            self._begin(number)
        while self._next is not None and self._next.number <= number:
            self._shown, self._next = self._next, next(self._source, None)
        if self._next is None:
            self._judge()
        if self._shown is None:
            # The file's first frame comes late: it is shown from the start, which keeps sound and picture together.
            self._shown = self._next
        if self._shown is None:
            raise self._damaged(0)
        return self._shown

    def _begin(self, number: int) -> None:
        """Open the file where frame ``number`` can be decoded from."""
        wanted = self._clip.start + number / self._clip.pace
        for back in (_REORDERED_SECONDS, Fraction(10), wanted):
            self.close()
            self._source = self._decoded(max(Fraction(0), wanted - back))
            self._next = next(self._source, None)
            if self._next is not None and (self._next.number <= number or back >= wanted):
                return

    def _decoded(self, start: Fraction) -> Iterator[_Decoded]:
        """The frames of the used part, from the keyframe before ``start`` (in seconds of the file) on."""
        clip = self._clip
        limits = {"format_whitelist": CLIENT_FORMATS, "protocol_whitelist": LOCAL_PROTOCOLS}
        try:
            file = av.open(str(clip.path), options=limits)
        except av.FFmpegError as error:
            raise self._damaged(0) from error
        self._file = file
        stream = file.streams.video[0]
        stream.codec_context.thread_count = 1
        # The probe has seen the size of the first frame, and a stream may change it.
        stream.codec_context.options = {"max_pixels": str(MAX_VIDEO_PIXELS)}
        zero = Fraction(file.start_time or 0, av.time_base)
        if start > 0:
            file.seek(floor((start + zero) * av.time_base), backward=True)
        for frame, seconds in self._timed(file, stream):
            at = seconds - zero
            if clip.end is not None and at >= clip.end:
                return
            number = floor((at - clip.start) * clip.pace + Fraction(1, 2))
            if at >= clip.start:
                yield _Decoded(frame, number)

    def _timed(self, file: InputContainer, stream: VideoStream) -> Iterator[tuple[av.VideoFrame, Fraction]]:
        """Frames and their times. What cannot be decoded is left out, and remembered."""
        rate = stream.average_rate or Fraction(25)
        last = Fraction(0)
        decoder = self._decoder_with_alpha(stream)
        for packet in self._packets(file, stream):
            try:
                frames = packet.decode() if decoder is None else decoder.decode(packet)
            except av.FFmpegError:
                self._complained = True
                continue
            for frame in frames:
                base = stream.time_base if decoder is not None else frame.time_base
                last = last + 1 / rate if frame.pts is None else frame.pts * (base or Fraction(0))
                yield frame, last

    def _decoder_with_alpha(self, stream: VideoStream) -> VideoCodecContext | None:
        """For VP8 and VP9 with transparency, which libavcodec's own decoders leave out."""
        name = {"vp8": "libvpx", "vp9": "libvpx-vp9"}.get(stream.codec_context.name)
        if name is None or not self._clip.facts.transparent:
            return None
        decoder = av.CodecContext.create(name, "r")
        assert isinstance(decoder, VideoCodecContext)  # noqa: S101 - both are codecs of pictures
        decoder.thread_count = 1
        decoder.options = {"max_pixels": str(MAX_VIDEO_PIXELS)}
        return decoder

    def _packets(self, file: InputContainer, stream: VideoStream) -> Iterator[av.Packet[Any]]:
        """What the file holds of the stream; at last the empty packet that makes the decoder give all it has.

        A container that breaks off is to libav no error but a complaint in its log ("File ended prematurely").
        """
        packets = file.demux(stream)
        while True:
            with Capture() as complaints:
                packet = next(packets, None)
            self._complained = self._complained or bool(complaints)
            if packet is None:
                return
            yield packet

    def _judge(self) -> None:
        """The file ended: because the clip is short, or because it is damaged."""
        shown = self._shown
        if shown is None:
            raise self._damaged(0)
        missing = Fraction(self._clip.expected - shown.number - 1, self._clip.fps)
        if missing > _MISSING_SECONDS and self._complained:
            raise self._damaged(shown.number + 1)

    def _damaged(self, number: int) -> AssetError:
        where = f"after {number / self._clip.fps:.1f} s" if number else "from the start"
        message = f"{self._clip.element.src} cannot be decoded {where}; it may be damaged"
        return AssetError(self._clip.pointer, message)


class _Scaler:
    """libav's filters for the frames of one size and format: upright, cropped, scaled, BT.709 in 4:2:0."""

    def __init__(self, clip: Clip, like: av.VideoFrame) -> None:
        self._like = _shape(like)
        facts, box = clip.facts, clip.fitted.box
        # Untagged video of HD size is BT.709 by convention, smaller is BT.601, which swscale assumes.
        matrix = ":in_color_matrix=bt709" if not facts.tagged_color and facts.height >= 720 else ""
        graph = Graph()
        buffer = graph.add_buffer(
            width=like.width, height=like.height, format=like.format, time_base=Fraction(1, clip.fps)
        )
        steps = [
            *_UPRIGHT[round(like.rotation / 90) % 4],
            ("crop", f"iw*{clip.fitted.seen[0]:.6f}:ih*{clip.fitted.seen[1]:.6f}"),
            ("scale", f"{box.width}:{box.height}:flags=bicubic{matrix}:out_color_matrix=bt709:out_range=tv"),
            ("format", "yuva420p" if facts.transparent else "yuv420p"),
        ]
        nodes = [buffer, *(graph.add(name, arguments) for name, arguments in steps), graph.add("buffersink")]
        graph.link_nodes(*nodes).configure()
        self._graph = graph

    def takes(self, frame: av.VideoFrame) -> bool:
        return _shape(frame) == self._like

    def scale(self, frame: av.VideoFrame) -> av.VideoFrame:
        self._graph.vpush(frame)
        scaled = self._graph.vpull()
        # What the clip's own encoder chose for a frame is no advice for this one.
        scaled.pict_type = PictureType.NONE
        return scaled


# How to turn a frame upright, by the quarters counterclockwise in which its file says it should be turned.
_UPRIGHT: dict[int, tuple[tuple[str, str], ...]] = {
    0: (),
    1: (("transpose", "cclock"),),
    2: (("hflip", ""), ("vflip", "")),
    3: (("transpose", "clock"),),
}


def _shape(frame: av.VideoFrame) -> tuple[int, int, str, int]:
    return frame.width, frame.height, frame.format.name, round(frame.rotation)


def _plane(plane: VideoPlane) -> Plane:
    return np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width]
