"""The finished mix, measured and encoded by libav in this process. Only sound that was made here comes this way."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import av
import numpy as np
from av.filter import Graph
from numpy.typing import NDArray

from render.engine.loudness import Loudness
from render.engine.timeline import SAMPLE_RATE

if TYPE_CHECKING:
    from reelqueue.spec_output import Format, Quality

Samples = NDArray[np.float32]
"""A stretch of sound: (samples, 2), 48 kHz."""

_BITS: dict[Quality, int] = {"draft": 96_000, "low": 128_000, "medium": 192_000, "high": 256_000}
# So often ``ebur128`` tells what it has measured.
_TOLD = SAMPLE_RATE // 10


@dataclass(frozen=True)
class Codec:
    """How sound is encoded, and the file that it comes in."""

    name: Literal["aac", "libopus"]
    container: str
    options: dict[str, str]
    container_options: dict[str, str]


_OPUS = Codec("libopus", "matroska", {"frame_duration": "10"}, {})
# The file tells its length in samples. Told in milliseconds, as is usual, it would seem to end before the last block of
# AAC where that begins within the last millisecond.
_AAC = Codec("aac", "mp4", {}, {"movie_timescale": str(SAMPLE_RATE)})


def encode(sound: Iterable[Samples], filters: Sequence[str], kind: Format, quality: Quality, target: Path) -> None:
    """Encode sound as it comes out of filters (ffmpeg's syntax): Opus in Matroska for WebM, else AAC in MP4."""
    codec = _OPUS if kind == "webm" else _AAC
    with av.open(str(target), "w", format=codec.container, options=codec.container_options) as file:
        stream = file.add_stream(codec.name, rate=SAMPLE_RATE, options=codec.options)
        stream.layout, stream.bit_rate = "stereo", _BITS[quality]
        for frame in chain(_filtered(_frames(sound), filters), (None,)):
            file.mux(stream.encode(frame))


def loudness(sound: Iterable[Samples]) -> Loudness:
    """How loud sound is."""
    return _measured(_frames(sound))


def loudness_of(file: Path) -> Loudness:
    """How loud the sound of a file is that was encoded here."""
    with av.open(str(file)) as encoded:
        return _measured(encoded.decode(audio=0))


def _measured(frames: Iterable[av.AudioFrame]) -> Loudness:
    """By ``ebur128``: it tells of tenths of a second, so what is left at the end is told with silence after it."""
    heard = _filtered(frames, [f"apad=pad_len={_TOLD}", "ebur128=peak=true:framelog=quiet:metadata=1"])
    told = deque((frame.metadata for frame in heard if "lavfi.r128.I" in frame.metadata), maxlen=2)
    # The last is told because of the silence, which has no part in the loudness.
    integrated = float(told[0]["lavfi.r128.I"]) if len(told) > 1 else -math.inf
    return Loudness.of(integrated, float(told[-1]["lavfi.r128.true_peak"]))


def _filtered(frames: Iterable[av.AudioFrame], filters: Sequence[str]) -> Iterator[av.AudioFrame]:
    """What comes out of a chain of filters."""
    graph: Graph | None = None
    for frame in frames:
        graph = graph or _graph(frame, filters)
        graph.push(frame)
        yield from _ready(graph)
    if graph is not None:
        graph.push(None)
        yield from _ready(graph)


def _graph(like: av.AudioFrame, filters: Sequence[str]) -> Graph:
    graph = Graph()
    graph.threads = 1  # the workers are what runs in parallel
    source = graph.add_abuffer(sample_rate=like.sample_rate, format=like.format, layout=like.layout)
    steps = (graph.add(name, arguments) for name, _, arguments in (each.partition("=") for each in filters))
    graph.link_nodes(source, *steps, graph.add("abuffersink")).configure()
    return graph


def _ready(graph: Graph) -> Iterator[av.AudioFrame]:
    while True:
        try:
            frame: Any = graph.pull()
        except (av.BlockingIOError, av.EOFError):
            return  # it wants more, or has given all
        yield frame


def _frames(sound: Iterable[Samples]) -> Iterator[av.AudioFrame]:
    first = 0
    for block in sound:
        frame = av.AudioFrame.from_ndarray(block.reshape(1, -1), format="flt", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE, first, Fraction(1, SAMPLE_RATE)
        first += len(block)
        yield frame
