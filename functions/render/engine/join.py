"""Segments and sound joined into the finished file, by copying: nothing is decoded or encoded again.

Each frame's time is its number in the plan, so no rounding of a container can lose or repeat one. The index stands at
the front of the file, so that a browser plays it while it loads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from fractions import Fraction
from heapq import merge
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer

from render.engine.encode import Encoding
from render.engine.keyframes import Keyframes
from render.engine.segments import Segment
from render.engine.timeline import SAMPLE_RATE

# The index in front, and lengths in samples: see audio.py.
_OPTIONS = {
    "mp4": {"movflags": "+faststart", "movie_timescale": str(SAMPLE_RATE)},
    "webm": {"cues_to_front": "1", "reserve_index_space": "65536"},
}


def join(
    segments: Sequence[Segment],
    files: Sequence[Path],
    fps: int,
    sound: Path | None,
    target: Path,
    until_there: Callable[[Path], None] = lambda _: None,
) -> None:
    """Write the video, in the format that its name ends with: the segments in their order, and the sound if any.

    ``until_there`` is called with each file before it is opened, and returns when it is whole.

    Raises:
        ValueError: a segment does not hold what the plan says, or was made with other settings.
    """
    kind = "webm" if target.suffix == ".webm" else "mp4"
    with ExitStack() as files_open:
        until_there(files[0])
        first = files_open.enter_context(_opened(files[0]))
        video = files_open.enter_context(av.open(str(target), "w", format=kind, options=_OPTIONS[kind]))
        parameters = bytes(first.streams.video[0].codec_context.extradata or b"")
        keyframes = Keyframes(parameters) if first.streams.video[0].codec_context.name == "h264" else None
        picture = video.add_stream_from_template(first.streams.video[0])
        picture.time_base = Fraction(1, fps)
        heard = None
        if sound is not None:
            until_there(sound)
            heard = files_open.enter_context(av.open(str(sound)))
        track = None if heard is None else video.add_stream_from_template(heard.streams.audio[0])

        def pictures() -> Iterator[av.Packet[Any]]:
            for segment, file in zip(segments, files, strict=True):
                until_there(file)
                for packet in _frames(segment, file, fps, parameters):
                    apart = packet if keyframes is None else _apart(packet, keyframes)
                    apart.stream = picture
                    yield apart

        def sounds() -> Iterator[av.Packet[Any]]:
            for packet in heard.demux(heard.streams.audio[0]) if heard else ():
                if packet.size and track:
                    packet.stream = track
                    yield packet

        for packet in merge(pictures(), sounds(), key=_seconds):
            video.mux(packet)


def _frames(segment: Segment, file: Path, fps: int, parameters: bytes) -> Iterator[av.Packet[Any]]:
    """The packets of a segment, on the clock of the video."""
    with _opened(file) as source:
        stream = source.streams.video[0]
        if bytes(stream.codec_context.extradata or b"") != parameters:
            raise ValueError(f"segment {segment.index} was encoded with other settings than the first")
        count, tick, frame = 0, float((stream.time_base or 0) * fps), Fraction(1, fps)
        for packet in source.demux(stream):
            if packet.pts is None or packet.dts is None:
                continue
            shown, decoded = round(packet.pts * tick), round(packet.dts * tick)
            packet.time_base = frame
            packet.pts, packet.dts, packet.duration = segment.first + shown, segment.first + decoded, 1
            count += 1
            yield packet
        if count != segment.frames:
            raise ValueError(f"segment {segment.index} holds {count} frames; the plan says {segment.frames}")


def _opened(file: Path) -> InputContainer:
    # Else libav would decode the first picture of each, to learn what the parameter sets say (36 ms a segment).
    return av.open(str(file), format="mp4", options={"skip_frame": "all"})


def _apart(packet: av.Packet[Any], keyframes: Keyframes) -> av.Packet[Any]:
    """The packet; another one in its place, if it is a keyframe that could be taken for the one before."""
    if not packet.is_keyframe:
        keyframes.passed()
        return packet
    data = bytes(packet)
    apart = keyframes.apart(data)
    if apart is data:
        return packet
    other: av.Packet[Any] = av.Packet(apart)
    other.pts, other.dts, other.duration, other.time_base = packet.pts, packet.dts, packet.duration, packet.time_base
    other.is_keyframe = True
    return other


def _seconds(packet: av.Packet[Any]) -> float:
    clock = packet.time_base or Fraction(0)
    return (packet.dts or 0) * clock.numerator / clock.denominator


def fits(segment: Segment, file: Path, encoding: Encoding) -> bool:
    """Whether a file of unknown origin can take the place of this segment: all of its frames, in the same encoding."""
    try:
        with _opened(file) as source:
            stream = source.streams.video[0].codec_context
            header, codec = bytes(stream.extradata or b""), stream.name
            size = (stream.width, stream.height)
        packets = list(_frames(segment, file, encoding.fps, header))
    except (av.FFmpegError, ValueError, IndexError):
        return False
    shown = sorted((packet.pts or 0) - segment.first for packet in packets)
    same = codec == encoding.codec and size == (encoding.width, encoding.height)
    same = same and (codec != "h264" or all(unit in header for unit in encoding.parameter_sets))
    return same and shown == list(range(segment.frames)) and packets[0].is_keyframe
