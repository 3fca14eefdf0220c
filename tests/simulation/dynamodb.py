"""DynamoDB without the wire: moto's engine behind the calls of a boto3 client.

Through HTTP, signatures and botocore's parsers a call on moto takes milliseconds, and a transaction copies the whole
table. Here the same conditions, updates and queries are evaluated by the same moto code on the same items, and what
would be refused is refused by the same botocore exceptions. ``test_dynamodb.py`` holds it against boto3 on moto.

Only what ``reelqueue/table.py`` uses is here.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError
from moto.dynamodb.comparisons import get_filter_expression
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.dynamo_type import Item as Row
from moto.dynamodb.parsing.executors import UpdateExpressionExecutor
from moto.dynamodb.parsing.expressions import UpdateExpressionParser  # type: ignore[attr-defined]
from moto.dynamodb.parsing.key_condition_expression import parse_expression
from moto.dynamodb.parsing.validators import UpdateExpressionValidator

from reelqueue.table import Item, Key

REFUSED = "The conditional request failed"


class Exceptions:
    """``client.exceptions``: the two that the table looks at."""

    class ConditionalCheckFailedException(ClientError):
        pass

    class TransactionCanceledException(ClientError):
        pass


class DynamoDB:
    """One table of moto's. ``written`` is told the keys that a write has changed, once all of it has happened."""

    exceptions = Exceptions

    def __init__(
        self, table: Mapping[str, Any], name: str, written: Callable[[Sequence[Key]], None] = lambda keys: None
    ) -> None:
        self._backend = DynamoDBBackend("us-east-1", "123456789012")
        self._table = self._backend.create_table(
            name,
            schema=table["KeySchema"],
            throughput=None,
            attr=table["AttributeDefinitions"],
            global_indexes=table["GlobalSecondaryIndexes"],
            indexes=None,
            streams=None,
            billing_mode=table["BillingMode"],
            sse_specification=None,
            tags=[],
            deletion_protection_enabled=False,
            warm_throughput=None,
        )
        self._written = written
        self._applied: set[str] = set()

    def row(self, key: Key) -> Item | None:
        """An item in the wire's form, for those who watch; not a call of the client."""
        row = self._find({"pk": {"S": key[0]}, "sk": {"S": key[1]}})
        return _wire(row) if row is not None else None

    def get_item(self, *, TableName: str, Key: Item, ConsistentRead: bool) -> Item:
        row = self._find(Key)
        return {"Item": _wire(row)} if row is not None else {}

    def batch_get_item(self, *, RequestItems: Mapping[str, Any]) -> Item:
        answers = {}
        for name, request in RequestItems.items():
            rows = [self._find(key) for key in request["Keys"]]
            answers[name] = [_wire(row) for row in rows if row is not None]
        return {"Responses": answers, "UnprocessedKeys": {}}

    def query(
        self,
        *,
        TableName: str,
        KeyConditionExpression: str,
        ExpressionAttributeNames: dict[str, str],
        ExpressionAttributeValues: dict[str, dict[str, str]],
        IndexName: str | None = None,
        ConsistentRead: bool = False,
        ScanIndexForward: bool = True,
        Limit: int | None = None,
        Select: str | None = None,
        ExclusiveStartKey: Item | None = None,
    ) -> Item:
        hash_keys, range_keys, _ = parse_expression(
            key_condition_expression=KeyConditionExpression,
            expression_attribute_names=ExpressionAttributeNames,
            expression_attribute_values=ExpressionAttributeValues,
            schema=self._backend.get_schema(TableName, IndexName),
        )
        rows, scanned, last = self._backend.query(
            TableName,
            hash_keys[0][1],
            range_keys[-1][1] if range_keys else None,
            range_keys[-1][2] if range_keys else [],
            Limit,  # type: ignore[arg-type]
            ExclusiveStartKey,  # type: ignore[arg-type]
            ScanIndexForward,
            None,
            index_name=IndexName,
            consistent_read=ConsistentRead,
            hash_key_conditions=hash_keys,
            range_key_conditions=range_keys,
        )
        answer: Item = {"Count": len(rows), "ScannedCount": scanned}
        if Select != "COUNT":
            answer["Items"] = [_wire(row) for row in rows]
        if last is not None:
            answer["LastEvaluatedKey"] = {name: value.to_regular_json() for name, value in last.items()}
        return answer

    def update_item(
        self, *, ReturnValues: str, ReturnValuesOnConditionCheckFailure: str, TableName: str, **update: Any
    ) -> Item:
        refused = self._refusal("Update", update)
        if refused is not None:
            error: Any = {"Error": {"Code": "ConditionalCheckFailedException", "Message": REFUSED}, **refused}
            raise self.exceptions.ConditionalCheckFailedException(error, "UpdateItem")
        self._apply("Update", update)
        self._written([_key(update["Key"])])
        row = self._find(update["Key"])
        assert row is not None
        return {"Attributes": _wire(row)}

    def transact_write_items(self, *, TransactItems: Sequence[Mapping[str, Any]], ClientRequestToken: str) -> Item:
        """All writes, or none of them and the reasons. What was applied under a token is not applied again."""
        if ClientRequestToken in self._applied:
            return {}
        writes = [next(iter(entry.items())) for entry in TransactItems]
        refusals = [self._refusal(kind, write) for kind, write in writes]
        if any(refusal is not None for refusal in refusals):
            reasons = [
                {"Code": "None"}
                if refusal is None
                else {"Code": "ConditionalCheckFailed", "Message": REFUSED, **refusal}
                for refusal in refusals
            ]
            codes = ", ".join("None" if refusal is None else "ConditionalCheckFailed" for refusal in refusals)
            raise canceled(reasons, codes)
        for kind, write in writes:
            self._apply(kind, write)
        self._applied.add(ClientRequestToken)
        changes = [(kind, write) for kind, write in writes if kind != "ConditionCheck"]
        self._written([_key(write["Item"] if kind == "Put" else write["Key"]) for kind, write in changes])
        return {}

    def _refusal(self, kind: str, write: Mapping[str, Any]) -> Item | None:
        """None if the write's condition holds, else the item that it met (if any)."""
        row = self._find(write["Item"] if kind == "Put" else write["Key"])
        condition = get_filter_expression(
            write.get("ConditionExpression"),
            write.get("ExpressionAttributeNames"),
            write.get("ExpressionAttributeValues"),
        )
        if condition.expr(row):
            return None
        return {} if row is None else {"Item": _wire(row)}

    def _apply(self, kind: str, write: Mapping[str, Any]) -> None:
        if kind == "Put":
            self._table.put_item(write["Item"])
        elif kind == "Delete":
            self._table.delete_item(DynamoType(write["Key"]["pk"]), DynamoType(write["Key"]["sk"]))
        elif kind == "Update":
            self._update(write)

    def _update(self, write: Mapping[str, Any]) -> None:
        row = self._find(write["Key"])
        if row is None:
            row = self._table.put_item(write["Key"])
        names = write["ExpressionAttributeNames"]
        syntax = UpdateExpressionValidator(
            UpdateExpressionParser.make(write["UpdateExpression"]),
            expression_attribute_names=names,
            expression_attribute_values=write.get("ExpressionAttributeValues", {}),
            item=row,
            table=self._table,
        ).validate()
        syntax.normalize()
        UpdateExpressionExecutor(syntax, row, names).execute()

    def _find(self, key: Mapping[str, Any]) -> Row | None:
        return self._table.get_item(DynamoType(key["pk"]), DynamoType(key["sk"]))


def canceled(reasons: Sequence[Item], codes: str) -> ClientError:
    """A cancelled transaction, with its reasons, one for each write."""
    message = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
    error: Any = {
        "Error": {"Code": "TransactionCanceledException", "Message": message},
        "CancellationReasons": reasons,
    }
    return Exceptions.TransactionCanceledException(error, "TransactWriteItems")


def _key(item: Mapping[str, Any]) -> Key:
    return item["pk"]["S"], item["sk"]["S"]


def _wire(row: Row) -> Item:
    return {name: _plain(value) for name, value in row.attrs.items()}


def _plain(value: DynamoType) -> Item:
    if value.type == "M":
        return {"M": {name: _plain(entry) for name, entry in value.value.items()}}
    if value.type == "L":
        return {"L": [_plain(entry) for entry in value.value]}
    return {value.type: copy.copy(value.value)}
