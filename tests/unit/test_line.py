"""Order and estimate of the line."""

from __future__ import annotations

import pytest

from reelqueue.line import PRIORITY_BOOST_MS, Priority, estimated_start, ticket_key

NOW = 1_763_145_000_000


def test_inside_a_priority_first_in_is_first_out() -> None:
    assert ticket_key("zzz", NOW, "normal") < ticket_key("aaa", NOW + 1, "normal")


@pytest.mark.parametrize(("better", "worse"), [("high", "normal"), ("normal", "low")])
def test_priority_is_worth_a_quarter_of_an_hour_and_no_more(better: Priority, worse: Priority) -> None:
    earlier = ticket_key("a", NOW, worse)
    assert ticket_key("b", NOW + PRIORITY_BOOST_MS - 1, better) < earlier
    assert ticket_key("b", NOW + PRIORITY_BOOST_MS + 1, better) > earlier


def test_keys_sort_as_text_like_their_times() -> None:
    times = [0, 9, 10, 1_700_000_000_000, 9_999_999_999_999]
    keys = [ticket_key("job", time, "normal") for time in times]
    assert keys == sorted(keys)


@pytest.mark.parametrize(
    ("position", "active", "limit", "mean", "seconds"),
    [
        (1, 4, 5, None, 0),  # a slot is free
        (2, 4, 5, 50_000, 10),  # the first job takes the free slot; one of five ends every ten seconds
        (3, 5, 5, 50_000, 30),
        (1, 5, 2, 50_000, 25),  # the limit was lowered
    ],
)
def test_the_estimate_follows_the_recent_mean(
    position: int, active: int, limit: int, mean: int | None, seconds: int
) -> None:
    assert estimated_start(NOW, position, active, limit, mean) == NOW + 1000 * seconds


@pytest.mark.parametrize(("limit", "mean"), [(5, None), (0, 50_000)])
def test_nothing_is_estimated_where_nothing_is_known(limit: int, mean: int | None) -> None:
    assert estimated_start(NOW, 1, 5, limit, mean) is None
