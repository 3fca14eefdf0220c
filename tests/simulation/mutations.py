"""Known mistakes, to be made on purpose: a simulation that does not notice them proves nothing.

A mutation rewrites the writes of one of the store's transactions on their way to the table. The files stay as they are.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from reelqueue.records import LINE
from reelqueue.store import Store
from reelqueue.table import Item, Table

Rewrite = Callable[[Item], Item | None]

_rewrite: ContextVar[Rewrite | None] = ContextVar("rewrite", default=None)


class MutableTable(Table):
    """The table, with a place for mistakes. Without a mutation it is the table."""

    def transact(self, writes: Sequence[Item]) -> None:
        rewrite = _rewrite.get()
        if rewrite is not None:
            writes = [changed for changed in map(rewrite, writes) if changed is not None]
        super().transact(writes)


@dataclass(frozen=True)
class Mutation:
    """What goes wrong in the transactions of one method of the store. None leaves a write out."""

    name: str
    method: str
    rewrite: Rewrite

    def apply(self, store: Store) -> None:
        method = getattr(store, self.method)

        @functools.wraps(method)
        def mutated(*args: Any, **options: Any) -> Any:
            with _rewriting(self.rewrite):
                return method(*args, **options)

        setattr(store, self.method, mutated)


def _one_too_many(write: Item) -> Item:
    return _condition(write, "size(#holders) < #limit", "size(#holders) <= #limit")


def _without_fence(write: Item) -> Item:
    write = _condition(write, "#holders.#job.#attempt = :attempt", "attribute_exists(#holders)")
    return _condition(write, " AND #attempt = :attempt", "")


def _without_ticket_delete(write: Item) -> Item | None:
    return None if write.get("Delete", {}).get("Key", {}).get("pk") == {"S": LINE} else write


def _without_lease(write: Item) -> Item | None:
    return None if "#until" in write.get("Update", {}).get("UpdateExpression", "") else write


def _without_leg(write: Item) -> Item:
    return _condition(write, " AND #leg = :leg", "")


MUTATIONS = (
    Mutation("< turned into <= in the admission", "admit", _one_too_many),
    Mutation("no fence in finish", "finish", _without_fence),
    Mutation("no ticket delete in admit", "admit", _without_ticket_delete),
    Mutation("lease not renewed at start", "start", _without_lease),
    Mutation("no leg in the fence of start", "start", _without_leg),
)


@contextmanager
def _rewriting(rewrite: Rewrite) -> Iterator[None]:
    token = _rewrite.set(rewrite)
    try:
        yield
    finally:
        _rewrite.reset(token)


def _condition(write: Item, old: str, new: str) -> Item:
    """The write with a part of its condition replaced, and without the values that no longer stand in it."""
    (kind, entry), *_ = write.items()
    condition = entry.get("ConditionExpression", "")
    if old not in condition:
        return write
    entry = {**entry, "ConditionExpression": condition.replace(old, new)}
    text = entry["ConditionExpression"] + entry.get("UpdateExpression", "")
    for names in "ExpressionAttributeNames", "ExpressionAttributeValues":
        kept = {name: value for name, value in entry.get(names, {}).items() if name in text}
        entry.pop(names, None)
        if kept:
            entry[names] = kept
    return {kind: entry}
