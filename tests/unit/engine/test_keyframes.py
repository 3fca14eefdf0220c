"""Neighbouring keyframes have numbers that differ, and show what they showed."""

from __future__ import annotations

from itertools import groupby, pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from reelqueue.spec_output import Quality
from render.engine.bits import BitReader
from render.engine.encode import Encoding, SegmentWriter
from render.engine.join import join
from render.engine.repeats import Repeats

from .test_encode import QUALITIES, decoded, noise, planned, written

LENGTHS = [5, 1, 1, 17, 2, 4, 1, 1, 1, 1]


def numbers(path: Path, quality: Quality) -> list[int | None]:
    """The idr_pic_id of each picture that is a keyframe, None for the others, read by the clauses."""
    with SegmentWriter(path.with_suffix(".any"), Encoding(64, 48, 30, quality)) as writer:
        bits = Repeats.of(writer._parameters).frame_number_bits
        writer.frame(noise(64, 48, 0))
    found: list[int | None] = []
    with av.open(str(path)) as video:
        for packet in video.demux(video.streams.video[0]):
            if not packet.size:
                continue
            data, units = bytes(packet), []
            while data:
                length = 4 + int.from_bytes(data[:4], "big")
                units.append(data[4:length])
                data = data[length:]
            headers = [BitReader(unit[1:]) for unit in units if unit[0] & 31 == 5]
            for header in headers:
                for _ in ("first_mb_in_slice", "slice_type", "pic_parameter_set_id"):
                    header.unsigned()
                header.fixed(bits)  # frame_num
            found.append(headers[0].unsigned() if headers else None)
    return found


@pytest.mark.parametrize("quality", QUALITIES)
def test_keyframes_that_are_neighbours_have_numbers_that_differ(tmp_path: Path, sound: Path, quality: Quality) -> None:
    joined = tmp_path / "video.mp4"
    files = list(written(tmp_path, LENGTHS, quality))
    join(planned(LENGTHS), files, 30, sound, joined)
    found = numbers(joined, quality)
    assert len(found) == sum(LENGTHS)
    neighbours = [list(run) for is_key, run in groupby(found, lambda number: number is not None) if is_key]
    assert max(map(len, neighbours)) >= 4
    assert all(before != after for run in neighbours for before, after in pairwise(run))
    alone = np.concatenate([decoded(file, 64, 48) for file in files])
    assert np.array_equal(decoded(joined, 64, 48), alone)
