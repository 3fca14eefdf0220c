"""The settings of the slots: how many there are, and whether jobs are given any. Both change while renders run."""

from __future__ import annotations

from reelqueue import records
from reelqueue.reader import Reader
from reelqueue.table import ConditionFailed


def deploy_limit(store: Reader, limit: int) -> None:
    """Make the semaphore on the first run; take over the limit of a new deployment. Losing a race is fine.

    ``deployedLimit`` remembers what the last deployment said, so that a limit that was set by hand since then stays:
    whichever was set last counts.
    """
    fresh = {"limit": limit, "deployedLimit": limit, "paused": False, "holders": {}}
    changed = store.table.change(
        records.SLOTS_KEY,
        condition="#deployedLimit <> :deployed",
        values={"deployed": limit},
        sets={"limit": limit, "deployedLimit": limit},
    )
    for write in (store.table.put(records.row(records.SLOTS_KEY, fresh)), changed):
        try:
            store.table.transact([write])
        except ConditionFailed:
            continue


def change(store: Reader, *, deployed_limit: int, limit: int | None, paused: bool | None) -> None:
    """Set the limit, pause, or resume; None leaves as it is. Renders that hold a slot keep it."""
    sets = {"limit": limit, "paused": paused}
    deploy_limit(store, deployed_limit)
    store.table.update(
        store.table.change(records.SLOTS_KEY, sets={name: value for name, value in sets.items() if value is not None})
    )
