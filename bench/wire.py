"""What a call costs, counted on the wire: requests to AWS, and DynamoDB's capacity units for them.

An emulator does not know DynamoDB's prices, so the units are computed from the sizes of the items that were read and
written, by the rules of its documentation: a strongly consistent read costs one unit for each 4 KB begun, an eventually
consistent one half; a write one unit for each KB begun, twice that inside of a transaction; an index one unit for each
KB of an entry that is put or deleted. A query pays for all that it reads together, also when it only counts.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

Item = Mapping[str, Mapping[str, Any]]
Key = tuple[str, str]

_WRITES = ("Put", "Update", "Delete", "ConditionCheck")


@dataclass
class Cost:
    """Calls by operation, read units, write units."""

    calls: Counter[str] = field(default_factory=Counter)
    read_units: float = 0.0
    write_units: float = 0.0

    def as_dict(self) -> dict[str, object]:
        return {
            "awsCalls": sum(self.calls.values()),
            "readUnits": self.read_units,
            "writeUnits": self.write_units,
            "calls": dict(sorted(self.calls.items())),
        }


class Wire:
    """Listens to boto3 clients. ``peek`` is a client of its own, whose calls are not counted."""

    def __init__(self, peek: Any, table: str, indexes: Iterable[Mapping[str, Any]]) -> None:
        self._peek = peek
        self._table = table
        self._indexes = {
            index["IndexName"]: [part["AttributeName"] for part in index["KeySchema"]] for index in indexes
        }
        self._before: dict[Key, Item] = {}
        self._cost = Cost()

    @contextmanager
    def counting(self, *clients: Any) -> Iterator[Cost]:
        """Count every call of these clients inside of the block."""
        self._cost = Cost()
        hooks = {"before-parameter-build": self._starts, "after-call": self._ended}
        events = [
            (client.meta.events, f"{event}.{client.meta.service_model.service_name}.*", hook)
            for client in clients
            for event, hook in hooks.items()
        ]
        for emitter, name, hook in events:
            emitter.register(name, hook)
        try:
            yield self._cost
        finally:
            for emitter, name, hook in events:
                emitter.unregister(name, hook)

    def _starts(self, params: Mapping[str, Any], model: Any, context: dict[str, Any], **_: object) -> None:
        context["reelqueue-params"] = params
        self._before = {key: self._item(key) for key in _written(model.name, params)}

    def _ended(self, model: Any, context: dict[str, Any], **_: object) -> None:
        params, name = context["reelqueue-params"], model.name
        service = model.service_model.service_name
        self._cost.calls[f"{service}:{name}"] += 1
        if service != "dynamodb":
            return
        self._cost.read_units += self._read(name, params)
        factor = 2 if name == "TransactWriteItems" else 1
        for key, before in self._before.items():
            after = self._item(key)
            self._cost.write_units += factor * _units(max(_size(before), _size(after)), 1024)
            self._cost.write_units += self._indexed(before, after)

    def _read(self, name: str, params: Mapping[str, Any]) -> float:
        if name == "GetItem":
            return _units(_size(self._item(_key(params["Key"]))), 4096)
        if name == "BatchGetItem":
            keys = params["RequestItems"][self._table]["Keys"]
            return sum(_units(_size(self._item(_key(key))), 4096) for key in keys)
        if name == "Query":
            whole = {field: value for field, value in params.items() if field != "Select"}
            items = self._peek.query(**whole)["Items"]
            return _units(sum(map(_size, items)), 4096) * (1 if params.get("ConsistentRead") else 0.5)
        return 0

    def _indexed(self, before: Item, after: Item) -> int:
        units = 0
        for names in self._indexes.values():
            old, new = _entry(before, names), _entry(after, names)
            if old != new:
                units += (old is not None) + (new is not None)
        return units

    def _item(self, key: Key) -> Item:
        answer = self._peek.get_item(TableName=self._table, Key={"pk": {"S": key[0]}, "sk": {"S": key[1]}})
        item: Item = answer.get("Item", {})
        return item


def _written(operation: str, params: Mapping[str, Any]) -> list[Key]:
    if operation == "UpdateItem":
        return [_key(params["Key"])]
    if operation != "TransactWriteItems":
        return []
    return [
        _key(write[kind].get("Key") or write[kind]["Item"])
        for write in params["TransactItems"]
        for kind in _WRITES
        if kind in write
    ]


def _entry(item: Item, names: list[str]) -> tuple[str, ...] | None:
    return tuple(str(item[name]["S"]) for name in names) if all(name in item for name in names) else None


def _key(item: Item) -> Key:
    return item["pk"]["S"], item["sk"]["S"]


def _units(size: int, block: int) -> int:
    return max(1, math.ceil(size / block))


def _size(item: Item) -> int:
    """Bytes of an item as DynamoDB counts them: names in UTF-8 and values."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(value: Mapping[str, Any]) -> int:
    [(kind, content)] = value.items()
    match kind:
        case "S":
            return len(str(content).encode())
        case "N":
            digits = len(str(content).lstrip("-").replace(".", "").strip("0"))
            return (digits + 1) // 2 + 1
        case "B":
            return len(content)
        case "BOOL" | "NULL":
            return 1
        case "M":
            return 3 + sum(1 + len(name.encode()) + _value_size(entry) for name, entry in content.items())
        case "L":
            return 3 + sum(1 + _value_size(entry) for entry in content)
        case _:
            raise ValueError(f"no size known for {kind}")
