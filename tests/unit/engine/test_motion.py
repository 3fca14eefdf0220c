"""Movement is a function of the frame, and never jumps."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, get_args

import pytest

from reelqueue.spec_scenes import Animation, AnimationType, Easing
from render.engine.motion import Move, Pose, ease, ken_burns, pose


def animation(**fields: Any) -> Animation:
    return Animation.model_validate({"type": "fade", "duration": 0.4, **fields})


@pytest.mark.parametrize("easing", get_args(Easing))
def test_easing_goes_from_start_to_end_without_turning_back(easing: Easing) -> None:
    steps = [ease(easing, at / 100) for at in range(101)]
    assert steps[0] == pytest.approx(0)
    assert steps[-1] == pytest.approx(1)
    assert all(before <= after for before, after in pairwise(steps))


def test_an_element_is_at_rest_between_coming_and_going() -> None:
    assert pose(30, 60, animation(), animation(), 30) == Pose()


def test_it_fades_in_and_out() -> None:
    levels = [
        pose(frame, 60, animation(easing="linear"), animation(easing="linear"), 30).opacity for frame in range(60)
    ]
    assert 0 < levels[0] < levels[5] < levels[11] < 1
    assert levels == pytest.approx(levels[::-1])


@pytest.mark.parametrize("kind", get_args(AnimationType))
def test_every_animation_ends_where_the_element_belongs(kind: AnimationType) -> None:
    start = pose(0, 60, animation(type=kind), None, 30)
    end = pose(11, 60, animation(type=kind), None, 30)
    assert (start.opacity, start.typed) < (end.opacity, end.typed)
    assert abs(end.dx) <= abs(start.dx)
    assert abs(end.dy) <= abs(start.dy)
    assert abs(1 - end.scale) <= abs(1 - start.scale)
    assert (end.dx, end.dy, end.scale) == pytest.approx((0, 0, 1), abs=1e-3)


def test_an_element_too_short_for_both_shares_its_time() -> None:
    levels = [pose(frame, 6, animation(), animation(), 30).opacity for frame in range(6)]
    assert levels == pytest.approx(levels[::-1])
    assert max(levels) > 0.9


@pytest.mark.parametrize("direction", ["in", "out", "left", "right", "up", "down"])
def test_ken_burns_stays_inside_of_the_picture(direction: Any) -> None:
    for step in range(101):
        view = ken_burns(Move(direction, 0.2), step / 100)
        assert 0 <= view.x <= 1 - view.size + 1e-9
        assert 0 <= view.y <= 1 - view.size + 1e-9


def test_ken_burns_moves_the_way_it_is_told() -> None:
    assert ken_burns(Move("in", 0.12), 0).size == 1 > ken_burns(Move("in", 0.12), 1).size
    assert ken_burns(Move("out", 0.12), 0).size < 1 == ken_burns(Move("out", 0.12), 1).size
    assert ken_burns(Move("right", 0.12), 0).x < ken_burns(Move("right", 0.12), 1).x
    assert ken_burns(Move("left", 0.12), 0).x > ken_burns(Move("left", 0.12), 1).x
    assert ken_burns(Move("down", 0.12), 0).y < ken_burns(Move("down", 0.12), 1).y


def test_ken_burns_never_jitters() -> None:
    """From frame to frame the speed changes by less than a hundredth of a pixel of a 1080p picture."""
    edges = [ken_burns(Move("in", 0.12), (frame + 0.5) / 300).x * 1920 for frame in range(300)]
    speeds = [after - before for before, after in pairwise(edges)]
    assert max(abs(after - before) for before, after in pairwise(speeds)) < 0.01
