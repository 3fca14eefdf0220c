"""The order of work: every segment once, each worker along the timeline, nobody idle while much is left."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from render.engine.schedule import Schedule
from render.engine.segments import Segment


def segments(*lengths: int) -> list[Segment]:
    return [
        Segment(index, sum(lengths[:index]), length, index, 0, into_next=False) for index, length in enumerate(lengths)
    ]


@given(
    st.lists(st.integers(1, 60), min_size=1, max_size=40).flatmap(
        lambda lengths: st.tuples(st.just(lengths), st.sets(st.sampled_from(range(len(lengths)))))
    ),
    st.lists(st.integers(0, 5), min_size=60, max_size=60),
)
def test_every_missing_segment_is_given_out_once(plan: tuple[list[int], set[int]], asking: list[int]) -> None:
    lengths, missing = plan
    schedule = Schedule(segments(*lengths), missing)
    taken = [index for worker in asking if (index := schedule.take(worker)) is not None]
    assert sorted(taken) == sorted(missing)


def test_a_worker_goes_on_where_it_was() -> None:
    schedule = Schedule(segments(*[10] * 8), range(8))
    assert schedule.take(0) == 0
    assert schedule.take(1) == 4
    assert [schedule.take(0), schedule.take(0), schedule.take(1)] == [1, 2, 5]


def test_the_longest_way_is_taken_first() -> None:
    schedule = Schedule(segments(10, 10, 90, 10, 90, 90), [0, 2, 4, 5])
    assert [schedule.take(worker) for worker in range(3)] == [4, 2, 5]


def test_who_is_done_takes_half_of_what_another_has_before_it() -> None:
    schedule = Schedule(segments(*[10] * 9), range(9))
    assert [schedule.take(0), schedule.take(1)] == [0, 5]
    for following in (6, 7, 8):
        assert schedule.take(1) == following
    assert schedule.take(1) == 3
