"""Frames in, a segment out: VP9 by libvpx, for WebM. Each segment begins with a keyframe, and can be joined by copying.

libvpx hands out one packet for each frame that is shown (a frame that only others refer to travels with the next), in
the order of showing, so nothing has to be told apart or put in order.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import av

from render.engine.encode import Encoding, tag
from render.engine.frame import Frame
from render.engine.segments import keyframe_distance

if TYPE_CHECKING:
    from reelqueue.spec_output import Quality


@dataclass(frozen=True)
class Setting:
    """How libvpx encodes: its deadline, its speed (higher is faster), its constant quality (lower is better)."""

    deadline: str
    speed: int
    factor: int


# By measure: docs/rendering.md.
QUALITY: dict[Quality, Setting] = {
    "draft": Setting("realtime", 8, 44),
    "low": Setting("realtime", 7, 40),
    "medium": Setting("realtime", 6, 33),
    "high": Setting("good", 4, 27),
}


class Vp9Writer:
    """Writes one segment, as ``SegmentWriter`` does."""

    def __init__(self, path: Path, encoding: Encoding) -> None:
        self._encoding = encoding
        self._file = av.open(str(path), "w", format="mp4")
        self._stream = self._file.add_stream("libvpx-vp9", rate=encoding.fps)
        self._stream.width, self._stream.height, self._stream.pix_fmt = encoding.width, encoding.height, "yuv420p"
        self._stream.time_base = encoding.time_base
        context = self._stream.codec_context
        context.time_base = encoding.time_base
        tag(context)
        context.thread_count = 1
        setting = QUALITY[encoding.quality]
        context.options = {
            "deadline": setting.deadline, "cpu-used": str(setting.speed), "crf": str(setting.factor), "b": "0",
            "g": str(keyframe_distance(encoding.fps)), "row-mt": "0", "tile-columns": "0", "lag-in-frames": "12",
        }  # fmt: skip
        self._given = 0
        self.written = 0

    def __enter__(self) -> Vp9Writer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._mux(None)
        self._file.close()

    def frame(self, frame: Frame) -> None:
        """Encode a frame."""
        self.picture(frame.picture())

    def picture(self, picture: av.VideoFrame) -> None:
        """Encode a frame that libav made, of the encoding's size and format."""
        picture.pts, picture.time_base = self._given, self._encoding.time_base
        self._given += 1
        self._mux(picture)

    def still(self, frame: Frame, count: int) -> None:
        """The same frame ``count`` times. What does not change costs libvpx little."""
        for _ in range(count):
            self.frame(frame)

    def _mux(self, picture: av.VideoFrame | None) -> None:
        for packet in self._stream.encode(picture):
            packet.duration = 1
            self._file.mux(packet)
            self.written += 1
