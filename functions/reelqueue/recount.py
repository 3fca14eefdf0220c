"""The tallies held against the line: one wide bucket a run, and every bucket that is empty and past.

All changes of a bucket's tickets also raise the ``version`` of its narrow row. A repair demands the version that it
read before it counted, so what it writes is what was there. Only an audit ever takes a row away, after which a new one
may come to an old version: so a repair also demands that no other audit has begun since its own.
"""

from __future__ import annotations

from collections.abc import Mapping

from reelqueue import records
from reelqueue.store import Store
from reelqueue.table import Item, Key
from reelqueue.tally import SHARDS, WIDE_MS, added, cell

MAX_CLEARED = 4
"""Empty buckets that one run clears away; one comes every 17 minutes."""


def repair(store: Store, after: int, turn: int) -> tuple[list[str], int]:
    """Count the wide bucket that follows ``after``; gives back what was wrong, and the bucket, 0 after the last.

    ``turn`` is the number of this audit: all of it ends in nothing when a later one has begun.
    """
    rows = store.table.get_many([records.wide_key(shard) for shard in range(SHARDS)])
    counts = added(map(records.counts_of, rows.values()))
    past = store.now() // WIDE_MS
    empty = {bucket for row in rows.values() for bucket in records.counts_of(row)} - counts.keys()
    for wide in sorted(bucket for bucket in empty if bucket < past)[:MAX_CLEARED]:
        _recounted(store, wide, turn)
    following = sorted(bucket for bucket in counts if bucket > after)
    if not following:
        return [], 0
    return _recounted(store, following[0], turn), following[0]


def _recounted(store: Store, wide: int, turn: int) -> list[str]:
    keys = [*(records.wide_key(s) for s in range(SHARDS)), *(records.narrow_key(s, wide) for s in range(SHARDS))]
    rows = store.table.get_many(keys)
    line = _counted(store, wide)
    return [
        f"shard {shard}, bucket {wide}"
        for shard in range(SHARDS)
        if _put_right(store, rows, shard, wide, line.get(shard, {}), turn)
    ]


def _counted(store: Store, wide: int) -> dict[int, dict[int, int]]:
    """The tickets of a wide bucket, by shard and narrow bucket."""
    found: dict[int, dict[int, int]] = {}
    for ticket in store.line(after=f"{wide * WIDE_MS:013d}", before=f"{(wide + 1) * WIDE_MS:013d}"):
        place = cell(ticket.key)
        counts = found.setdefault(place.shard, {})
        counts[place.narrow] = counts.get(place.narrow, 0) + 1
    return found


def _put_right(
    store: Store, rows: Mapping[Key, Item], shard: int, wide: int, line: Mapping[int, int], turn: int
) -> bool:
    """Write what was counted, if it is not what stands there; gives back whether that was a repair."""
    wide_key, narrow_key = records.wide_key(shard), records.narrow_key(shard, wide)
    narrow, counted = rows.get(narrow_key), records.counted(wide)
    standing = rows.get(wide_key, {}).get(counted)
    right = added([records.counts_of(narrow or {})]) == dict(line) and (standing or 0) == sum(line.values())
    if right and (line or standing is None):
        return False
    condition = "attribute_not_exists(#pk)" if narrow is None else "#version = :version"
    values = {} if narrow is None else {"version": narrow["version"]}
    latest = store.table.check(records.AUDIT_KEY, "#turn = :turn", {"turn": turn})
    if line:
        row = {records.counted(bucket): count for bucket, count in line.items()}
        anew = {**row, "version": store.now()}
        writes = [
            store.table.put(records.row(narrow_key, anew), condition=condition, values=values),
            store.table.change(wide_key, sets={counted: sum(line.values())}),
        ]
    else:
        writes = [
            store.table.delete(narrow_key, condition=condition, values=values),
            store.table.change(wide_key, removes=[counted]),
        ]
    return store.table.attempt([latest, *writes]) and not right
