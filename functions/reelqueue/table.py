"""DynamoDB, spoken in plain Python: items as dicts, and transactions that know which of their conditions failed.

Expressions name attributes as ``#name`` and values as ``:name``; the maps that DynamoDB wants beside an expression
are made from it here, so that the conditions in ``store.py`` can be read as they stand.
"""

from __future__ import annotations

import random
import re
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Item = dict[str, Any]
Key = tuple[str, str]

CONFLICT_TRIES = 12
"""Tries of a write that only met another one on its items; with the pauses below, about 4 seconds."""

_REFUSED = "ConditionalCheckFailed"
_TRANSIENT = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
_T = TypeVar("_T")
_serialize = TypeSerializer().serialize
_deserialize = TypeDeserializer().deserialize


class ConditionFailed(Exception):
    """A write was refused by its condition. ``old`` maps the index of each refused write to the item it met, if any."""

    def __init__(self, old: Mapping[int, Item | None]) -> None:
        super().__init__(f"refused writes: {sorted(old)}")
        self.old = old


class Table:
    """The one table, through a boto3 client. ``sleep`` and ``jitter`` are parameters for the tests' sake."""

    def __init__(
        self,
        client: DynamoDBClient,
        name: str,
        *,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._client = client
        self._name = name
        self._sleep = sleep
        self._jitter = jitter

    def get(self, key: Key) -> Item | None:
        """One item, strongly consistent."""
        answer = self._client.get_item(TableName=self._name, Key=_key(key), ConsistentRead=True)
        return _from_item(answer["Item"]) if "Item" in answer else None

    def get_many(self, keys: Sequence[Key]) -> dict[Key, Item]:
        """Up to 100 items in one call, strongly consistent; those that do not exist are left out."""
        found: dict[Key, Item] = {}
        pending: Any = {self._name: {"Keys": [_key(key) for key in keys], "ConsistentRead": True}}
        while pending and pending[self._name]["Keys"]:
            answer = self._client.batch_get_item(RequestItems=pending)
            for raw in answer["Responses"].get(self._name, []):
                item = _from_item(raw)
                found[item["pk"], item["sk"]] = item
            pending = answer.get("UnprocessedKeys")
        return found

    def query(
        self,
        condition: str,
        values: Mapping[str, object],
        *,
        index: str | None = None,
        limit: int | None = None,
        newest_first: bool = False,
    ) -> Iterator[Item]:
        """The items under a key condition, in order, page after page as they are asked for."""
        request = self._query(condition, values, ScanIndexForward=not newest_first)
        request |= {"IndexName": index} if index else {"ConsistentRead": True}
        if limit is not None:
            request["Limit"] = limit
        for page in self._pages(request):
            yield from map(_from_item, page["Items"])

    def count(self, condition: str, values: Mapping[str, object]) -> int:
        """How many items are under a key condition, strongly consistent."""
        request = self._query(condition, values, ConsistentRead=True, Select="COUNT")
        return sum(page["Count"] for page in self._pages(request))

    def update(self, write: Item) -> Item:
        """One update outside a transaction; gives back the whole item after it.

        Raises:
            ConditionFailed: with the item that it met under index 0.
        """
        try:
            answer = self._unhindered(
                lambda: self._client.update_item(
                    **write["Update"], ReturnValues="ALL_NEW", ReturnValuesOnConditionCheckFailure="ALL_OLD"
                )
            )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            old: Any = error.response.get("Item")
            raise ConditionFailed({0: _from_item(old) if old else None}) from error
        return _from_item(answer["Attributes"])

    def transact(self, writes: Sequence[Item]) -> None:
        """All writes or none.

        All tries carry one token: when one of them was applied and its answer got lost, the next one succeeds instead
        of meeting its own writes.

        Raises:
            ConditionFailed: which writes were refused, with the items that they met.
        """
        with_old: Any = [
            {kind: {**write, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"} for kind, write in entry.items()}
            for entry in writes
        ]
        token = secrets.token_hex(16)
        try:
            self._unhindered(
                lambda: self._client.transact_write_items(TransactItems=with_old, ClientRequestToken=token)
            )
        except self._client.exceptions.TransactionCanceledException as error:
            refused = {
                index: _from_item(reason["Item"]) if reason.get("Item") else None
                for index, reason in enumerate(error.response.get("CancellationReasons", []))
                if reason.get("Code") == _REFUSED
            }
            if not refused:
                raise
            raise ConditionFailed(refused) from error

    def _unhindered(self, write: Callable[[], _T]) -> _T:
        """Write; and again after a jittered pause while all that stands in the way is another write on its items.

        botocore does not: a cancelled transaction is final to it, and so is an update that met a transaction.
        """
        for attempt in range(CONFLICT_TRIES - 1):
            try:
                return write()
            except ClientError as error:
                if not _hindered(error):
                    raise
            self._sleep(min(0.5, 0.02 * 2**attempt) * (0.5 + self._jitter()))
        return write()

    def attempt(self, writes: Sequence[Item]) -> bool:
        """``transact``; gives back whether the conditions allowed it."""
        try:
            self.transact(writes)
        except ConditionFailed:
            return False
        return True

    def put(self, item: Item, *, condition: str = "attribute_not_exists(#pk)", values: Item | None = None) -> Item:
        """A put for ``transact``; by default only if the item is absent."""
        return {
            "Put": {
                "TableName": self._name,
                "Item": to_item(item),
                "ConditionExpression": condition,
                **self._expression(condition, values or {}),
            }
        }

    def delete(self, key: Key, *, condition: str | None = "attribute_exists(#pk)", values: Item | None = None) -> Item:
        """A delete for ``transact``; by default only if the item exists."""
        delete: Item = {"TableName": self._name, "Key": _key(key)}
        if condition:
            delete |= {"ConditionExpression": condition, **self._expression(condition, values or {})}
        return {"Delete": delete}

    def check(
        self, key: Key, condition: str, values: Mapping[str, object], names: Mapping[str, str] | None = None
    ) -> Item:
        """A condition on an item that a ``transact`` does not change."""
        expression = self._expression(condition, values, names)
        check = {"TableName": self._name, "Key": _key(key), "ConditionExpression": condition, **expression}
        return {"ConditionCheck": check}

    def change(
        self,
        key: Key,
        *,
        condition: str | None = None,
        values: Mapping[str, object] | None = None,
        names: Mapping[str, str] | None = None,
        sets: Mapping[str, object] | None = None,
        adds: Mapping[str, int] | None = None,
        removes: Sequence[str] = (),
    ) -> Item:
        """An update for ``transact`` or ``update``.

        ``sets`` maps attribute names (or paths such as ``#holders.#job``) to values, ``names`` gives the names that are
        not literal, ``values`` those of the condition.
        """
        all_values = dict(values or {})
        clauses = []
        for verb, equals, entries in ("SET", " =", sets), ("ADD", "", adds):
            parts = []
            for path, value in (entries or {}).items():
                placeholder = f"new{len(all_values)}"
                all_values[placeholder] = value
                parts.append(f"{_path(path)}{equals} :{placeholder}")
            if parts:
                clauses.append(f"{verb} {', '.join(parts)}")
        if removes:
            clauses.append("REMOVE " + ", ".join(map(_path, removes)))
        expression = " ".join(clauses)
        update: Item = {"TableName": self._name, "Key": _key(key), "UpdateExpression": expression}
        if condition:
            update["ConditionExpression"] = condition
        update |= self._expression(f"{expression} {condition or ''}", all_values, names)
        return {"Update": update}

    def _query(self, condition: str, values: Mapping[str, object], **options: object) -> Item:
        expression = self._expression(condition, values)
        return {"TableName": self._name, "KeyConditionExpression": condition, **expression, **options}

    def _pages(self, request: Item) -> Iterator[Any]:
        while True:
            page = self._client.query(**request)
            yield page
            if "LastEvaluatedKey" not in page:
                return
            request = {**request, "ExclusiveStartKey": page["LastEvaluatedKey"]}

    @staticmethod
    def _expression(text: str, values: Mapping[str, object], names: Mapping[str, str] | None = None) -> Item:
        """The name and value maps of an expression. ``#x`` is the attribute ``x`` unless ``names`` says otherwise."""
        used = set(re.findall(r"#(\w+)", text))
        request: Item = {
            "ExpressionAttributeNames": {f"#{name}": (names or {}).get(name, name) for name in sorted(used)}
        }
        if values:
            request["ExpressionAttributeValues"] = {
                f":{name}": _serialize(_to_plain(value)) for name, value in values.items()
            }
        return request


def _hindered(error: ClientError) -> bool:
    """Whether a write failed for nothing but another write on its items."""
    code = error.response["Error"]["Code"]
    if code == "TransactionCanceledException":
        reasons: Any = error.response
        codes = {reason.get("Code") for reason in reasons.get("CancellationReasons", [])}
        return bool(codes & _TRANSIENT) and _REFUSED not in codes
    return code in ("TransactionConflictException", "TransactionInProgressException")


def _path(path: str) -> str:
    return path if path.startswith("#") else f"#{path}"


def _key(key: Key) -> Item:
    return {"pk": {"S": key[0]}, "sk": {"S": key[1]}}


def to_item(item: Mapping[str, object]) -> Item:
    """An item as DynamoDB's API writes it."""
    return {name: _serialize(_to_plain(value)) for name, value in item.items() if value is not None}


def _from_item(item: Mapping[str, Any]) -> Item:
    return {name: _from_plain(_deserialize(value)) for name, value in item.items()}


def _to_plain(value: object) -> object:
    """DynamoDB has decimals, not floats; and an absent attribute rather than a null one."""
    if isinstance(value, float):
        return Decimal(str(value))
    if isinstance(value, Mapping):
        return {str(name): _to_plain(entry) for name, entry in value.items() if entry is not None}
    if isinstance(value, list | tuple):
        return [_to_plain(entry) for entry in value]
    return value


def _from_plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dict):
        return {name: _from_plain(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [_from_plain(entry) for entry in value]
    return value
