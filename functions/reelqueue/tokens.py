"""Taking tokens of a caller's bucket: ``rates.py`` has the rule, this module the conditional write."""

from __future__ import annotations

from dataclasses import dataclass

from reelqueue import records
from reelqueue.rates import Bucket
from reelqueue.reader import Reader
from reelqueue.table import ConditionFailed

_TRIES = 4


@dataclass(frozen=True)
class Token:
    """The outcome: ``wait_ms`` is 0 if a token was taken, ``arrival`` the bucket's state after it (epoch ms)."""

    wait_ms: int
    arrival: int | None


def take_token(store: Reader, owner: str, bucket: Bucket, arrival: int | None) -> Token:
    """Take a token of a caller's bucket.

    ``arrival`` is the state in which the bucket was seen: the write that fits it is tried first, so that one write is
    enough unless two requests meet. All tries are of one moment: an arrival only ever grows, so once it lies ahead of
    that moment it stays there, and the second write succeeds however many others take tokens meanwhile.
    """
    key = records.rate_key(owner)
    now = store.now()
    for _ in range(_TRIES):
        if arrival is None or arrival < now:
            # The bucket is full: start from now, so that an idle hour does not add up to more than a bucket.
            write = store.table.change(
                key,
                condition="attribute_not_exists(#arrival) OR #arrival < :now",
                values={"now": now},
                sets={"arrival": now + bucket.interval},
            )
        else:
            if wait := bucket.wait(now, arrival):
                return Token(wait, arrival)
            write = store.table.change(
                key,
                condition="#arrival BETWEEN :now AND :latest",
                values={"now": now, "latest": now + bucket.depth},
                adds={"arrival": bucket.interval},
            )
        try:
            return Token(0, store.table.update(write)["arrival"])
        except ConditionFailed as error:
            arrival = (error.old[0] or {}).get("arrival")
    return Token(bucket.interval, arrival)
