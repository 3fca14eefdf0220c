"""The plan: every frame once, every scene shown, cut where scenes begin, overlap and end."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelqueue.spec import parse_request
from render.engine.segments import Segment, make_segments
from render.engine.timeline import Timeline, make_timeline


def timeline(*scenes: tuple[float, float], fps: int = 30) -> Timeline:
    """Scenes of these lengths and transitions (seconds; 0 is a cut), shortened to what a request may ask for."""
    lengths = [max(length, 1 / fps) for length, _ in scenes]
    overlaps = [
        min(overlap, *(length / 2 for length in lengths[index : index + 2]))
        for index, (_, overlap) in enumerate(scenes)
    ]

    def written(length: float, overlap: float) -> dict[str, Any]:
        transition = {"type": "fade", "duration": overlap} if overlap else {"type": "none"}
        return {"text": "a", "duration": length, "transition": transition}

    body = {
        "webhookUrl": "https://app.example.com/hook",
        "scenes": [written(*scene) for scene in zip(lengths, overlaps, strict=True)],
        "output": {"fps": fps},
    }
    return make_timeline(parse_request(body), {})


def plan(*scenes: tuple[float, float], fps: int = 30) -> tuple[Segment, ...]:
    return make_segments(timeline(*scenes, fps=fps))


def test_a_scene_has_a_body_and_shares_its_overlaps() -> None:
    found = [(piece.first, piece.end, piece.scene, piece.offset, piece.into_next) for piece in plan((2, 1), (2, 0))]
    assert found == [(0, 30, 0, 0, False), (30, 60, 0, 30, True), (60, 90, 1, 30, False)]


def test_a_cut_is_no_segment() -> None:
    assert [(piece.first, piece.end, piece.scene) for piece in plan((1, 0), (1, 0))] == [(0, 30, 0), (30, 60, 1)]


def test_a_long_body_is_cut_into_equal_pieces() -> None:
    lengths = [piece.frames for piece in plan((10.1, 0))]
    assert len(lengths) == 6
    assert max(lengths) - min(lengths) <= 1


def test_a_scene_that_is_all_overlap_has_no_body() -> None:
    found = [(piece.first, piece.end, piece.into_next) for piece in plan((2, 1), (2, 1), (2, 0))]
    assert found == [(0, 30, False), (30, 60, True), (60, 90, True), (90, 120, False)]


@given(
    st.lists(st.tuples(st.floats(0.01, 12), st.sampled_from([0, 0.04, 0.5, 3])), min_size=1, max_size=12),
    st.integers(1, 60),
)
def test_every_frame_is_planned_once_and_every_scene_is_shown(scenes: list[tuple[float, float]], fps: int) -> None:
    line = timeline(*scenes, fps=fps)
    pieces = make_segments(line)
    assert [piece.index for piece in pieces] == list(range(len(pieces)))
    assert (pieces[0].first, pieces[-1].end) == (0, line.frames)
    assert all(before.end == after.first for before, after in pairwise(pieces))
    assert {piece.scene + into for piece in pieces for into in range(piece.into_next + 1)} == {*range(len(scenes))}
    for piece in pieces:
        span = line.scenes[piece.scene]
        assert 1 <= piece.frames <= max(48, 2 * fps)
        assert piece.first == span.first + piece.offset
        assert span.first <= piece.first < piece.end <= span.end
        assert piece.into_next == (piece.offset >= span.frames - span.overlap)


@pytest.mark.parametrize("length", [7.5, 8.0])
def test_a_longer_scene_moves_the_others_and_leaves_them_whole(length: float) -> None:
    """What follows a scene is cut alike wherever it stands: that is what makes its segments worth keeping."""
    shapes = [
        [(piece.scene, piece.offset, piece.frames) for piece in plan((first, 0.5), (6, 0.5), (4, 0)) if piece.scene > 0]
        for first in (5, length)
    ]
    assert shapes[0] == shapes[1]
