"""A segment: as many frames as were given, repeated ones without the encoder, and the same headers in all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from reelqueue.spec_output import Quality
from render.engine import encode
from render.engine.encode import Encoding, SegmentWriter, instructions
from render.engine.frame import Frame
from render.engine.join import join
from render.engine.segments import Segment

from .conftest import run_ffmpeg

QUALITIES: tuple[Quality, ...] = ("draft", "low", "medium", "high")


def noise(width: int, height: int, seed: int) -> Frame:
    frame = Frame(width, height)
    frame.buffer[:] = np.random.default_rng(seed).integers(16, 236, frame.buffer.size)
    return frame


def decoded(path: Path, width: int, height: int) -> NDArray[np.uint8]:
    raw = run_ffmpeg("-i", str(path), "-map", "0:v", "-f", "rawvideo", "-pix_fmt", "yuv420p", "pipe:1")
    return np.frombuffer(raw, np.uint8).reshape(-1, width * height * 3 // 2)


@pytest.mark.parametrize("quality", QUALITIES)
@pytest.mark.parametrize(("width", "height"), [(64, 48), (322, 182), (480, 270), (1920, 1080)])
def test_repetitions_show_the_frame_again(tmp_path: Path, quality: Quality, width: int, height: int) -> None:
    target = tmp_path / "segment.mp4"
    with SegmentWriter(target, Encoding(width, height, 30, quality)) as writer:
        writer.still(noise(width, height, 1), 20)
    frames = decoded(target, width, height)
    assert len(frames) == writer.written == 20
    assert all(np.array_equal(frame, frames[0]) for frame in frames)
    assert abs(frames[0].astype(int) - noise(width, height, 1).buffer).mean() < 12


@pytest.mark.parametrize("quality", QUALITIES)
def test_still_and_moving_stretches_follow_each_other(tmp_path: Path, quality: Quality) -> None:
    target = tmp_path / "segment.mp4"
    with SegmentWriter(target, Encoding(64, 48, 30, quality)) as writer:
        for stretch in range(3):
            for number in range(7):
                writer.frame(noise(64, 48, 10 * stretch + number))
            writer.still(noise(64, 48, 10 * stretch + 9), 70)
    frames = decoded(target, 64, 48)
    assert len(frames) == 3 * 77
    for stretch in range(3):
        first = 77 * stretch
        shown = [frames[first + number].astype(int) for number in range(77)]
        given = [noise(64, 48, 10 * stretch + number).buffer for number in (*range(7), 9)]
        for number, frame in enumerate(shown):
            off = [abs(frame - picture).mean() for picture in given]
            assert off.index(min(off)) == min(number, 7)
            assert min(off) < 30


def written(folder: Path, lengths: list[int], quality: Quality = "medium") -> Iterator[Path]:
    for index, length in enumerate(lengths):
        target = folder / f"segment-{index}.mp4"
        with SegmentWriter(target, Encoding(64, 48, 30, quality)) as writer:
            for number in range(length):
                writer.frame(noise(64, 48, 100 * index + number))
        yield target


def planned(lengths: list[int]) -> list[Segment]:
    return [
        Segment(index, sum(lengths[:index]), length, index, 0, into_next=False) for index, length in enumerate(lengths)
    ]


def test_a_join_has_every_frame_at_its_time(tmp_path: Path, sound: Path) -> None:
    lengths = [5, 1, 1, 17, 2, 4]
    joined = tmp_path / "video.mp4"
    files = list(written(tmp_path, lengths))
    join(planned(lengths), files, 30, sound, joined)
    with av.open(str(joined)) as video:
        shown = [round(float(frame.time or 0) * 30, 3) for frame in video.decode(video=0)]
    assert shown == list(range(30))
    alone = np.concatenate([decoded(file, 64, 48) for file in files])
    assert np.array_equal(decoded(joined, 64, 48), alone)


def test_a_join_waits_for_what_is_not_there_yet(tmp_path: Path, sound: Path) -> None:
    lengths, late, asked = [5, 1, 7], tmp_path / "late", []
    late.mkdir()
    files = list(written(late, lengths))
    join(planned(lengths), files, 30, sound, tmp_path / "whole.mp4")

    def come(file: Path) -> None:
        asked.append(file.name)
        if not file.exists():
            (late / file.name).rename(file)

    here = [tmp_path / file.name for file in files]
    sound.rename(late / sound.name)
    join(planned(lengths), here, 30, sound, tmp_path / "video.mp4", come)
    assert {*asked} == {sound.name, *(file.name for file in files)}
    assert (tmp_path / "video.mp4").read_bytes() == (tmp_path / "whole.mp4").read_bytes()


def test_a_segment_that_lacks_a_frame_is_refused(tmp_path: Path, sound: Path) -> None:
    files = list(written(tmp_path, [5, 4]))
    with pytest.raises(ValueError, match="segment 1 holds 4 frames; the plan says 5"):
        join(planned([5, 5]), files, 30, sound, tmp_path / "video.mp4")


def test_a_segment_of_other_settings_is_refused(tmp_path: Path, sound: Path) -> None:
    files = [*list(written(tmp_path, [5, 5], "draft"))[1:], *written(tmp_path, [5])][::-1]
    with pytest.raises(ValueError, match="segment 1 was encoded with other settings"):
        join(planned([5, 5]), files, 30, sound, tmp_path / "video.mp4")


@pytest.mark.parametrize(("has", "told"), [(True, ":asm=avx2,cache64"), (False, ""), (None, "")])
def test_only_a_processor_with_avx512_is_told_to_do_without(
    monkeypatch: pytest.MonkeyPatch, has: bool | None, told: str
) -> None:
    monkeypatch.setattr(encode, "claims", {"avx512f": has}.get)
    assert instructions.__wrapped__() == told
