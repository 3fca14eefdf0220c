"""Tallies: the arithmetic of counting the line by time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reelqueue.line import ticket_key
from reelqueue.tally import NARROW_MS, SHARDS, WIDE_MS, Tally, added, cell

keys = st.builds(
    lambda ms, number: ticket_key(f"{number:016x}", 1_763_145_000_000 + ms, "normal"),
    st.integers(0, 3 * WIDE_MS),
    st.integers(0, 2**64 - 1),
)


def test_a_wide_bucket_is_a_whole_number_of_narrow_ones() -> None:
    assert WIDE_MS % NARROW_MS == 0


@given(st.lists(keys, unique=True, min_size=1), st.data())
def test_the_jobs_before_a_place_are_counted_exactly(line: list[str], data: st.DataObject) -> None:
    place = data.draw(st.sampled_from(line))
    at = cell(place)
    wide: dict[int, int] = {}
    narrow: dict[int, int] = {}
    for key in line:
        its = cell(key)
        wide[its.wide] = wide.get(its.wide, 0) + 1
        if its.wide == at.wide:
            narrow[its.narrow] = narrow.get(its.narrow, 0) + 1
    own_bucket = sum(cell(key).narrow == at.narrow and key < place for key in line)
    tally = Tally(wide, narrow)
    assert tally.length == len(line)
    assert tally.before(at) + own_bucket == sum(key < place for key in line)


def test_jobs_spread_over_all_shards() -> None:
    shards = [cell(f"1763145000000#{number:016x}").shard for number in range(800)]
    assert set(shards) == set(range(SHARDS))
    assert max(shards.count(shard) for shard in range(SHARDS)) < 200


def test_empty_buckets_are_left_out() -> None:
    assert added([{1: 2, 2: 1}, {1: 3, 2: -1}]) == {1: 5}
