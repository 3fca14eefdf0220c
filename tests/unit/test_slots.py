"""The semaphore as a value."""

from __future__ import annotations

from dataclasses import replace

from reelqueue.slots import Holder, Queue, Slots

FULL = Slots(limit=5, holders={f"job{n}": Holder(1, 1000 * n) for n in range(1, 6)})


def test_active_renders_are_the_holders() -> None:
    assert (FULL.active, FULL.free, FULL.available) == (5, 0, 0)


def test_a_lowered_limit_drains_and_never_goes_below_zero() -> None:
    assert replace(FULL, limit=2).free == 0


def test_a_raised_limit_frees_slots_at_once() -> None:
    assert replace(FULL, limit=8).free == 3


def test_paused_slots_are_available_but_not_given() -> None:
    paused = Slots(limit=5, paused=True)
    assert (paused.free, paused.available) == (0, 5)


def test_a_lease_is_over_after_its_end_and_not_at_it() -> None:
    assert set(FULL.expired(3000)) == {"job1", "job2"}


def test_the_mean_follows_recent_renders() -> None:
    assert Slots(limit=5).mean_with(40_000) == 40_000
    assert Slots(limit=5, mean_render_ms=40_000).mean_with(90_000) == 50_000


def test_the_queue_as_the_api_shows_it() -> None:
    assert Queue(FULL, 2).answer() == {"activeRenders": 5, "maxConcurrent": 5, "queueLength": 2}
