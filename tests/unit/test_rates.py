"""The token bucket."""

from __future__ import annotations

from reelqueue.rates import Bucket

NOW = 1_763_145_000_000


def test_a_full_bucket_holds_a_minute_of_tokens() -> None:
    bucket, arrival, taken = Bucket(120), NOW, 0
    while not bucket.wait(NOW, arrival):
        arrival += bucket.interval
        taken += 1
    assert taken == 120


def test_an_empty_bucket_refills_evenly() -> None:
    bucket = Bucket(120)
    empty = NOW + 120 * bucket.interval
    assert bucket.wait(NOW, empty) == 500
    assert bucket.wait(NOW + 500, empty) == 0


def test_nobody_waits_before_the_first_request() -> None:
    assert Bucket(1).wait(NOW, None) == 0
