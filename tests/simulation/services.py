"""The clients that the service talks through: each call crosses the wire, and then has its effect on the world."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from types import SimpleNamespace
from typing import Any

from reelqueue.table import Item
from tests.simulation.dynamodb import DynamoDB, Exceptions
from tests.simulation.faults import Call
from tests.simulation.invariants import Invariants
from tests.simulation.tasks import Process
from tests.simulation.wire import Wire

WRITES = {"Put": "Item", "Update": "Key", "Delete": "Key", "ConditionCheck": "Key"}


class OverWire:
    """DynamoDB's client. It notes down which process has seen the line when.

    A transaction acts on what its caller had read when it was sent, even if it happens only later.
    """

    exceptions = Exceptions

    def __init__(self, wire: Wire, table: DynamoDB, invariants: Invariants, process: Callable[[], Process]) -> None:
        self._wire = wire
        self._table = table
        self._invariants = invariants
        self._process = process

    def get_item(self, **request: Any) -> Item:
        return self._call("GetItem", _name(request["Key"]), lambda: self._table.get_item(**request))

    def batch_get_item(self, **request: Any) -> Item:
        names = [_name(key) for table in request["RequestItems"].values() for key in table["Keys"]]
        # Nobody wants to read the sixteen names of all tallies in a trace.
        rest = [name for name in names if not name.startswith("TALLY#")]
        tallies = ["tallies"] if len(rest) < len(names) else []
        return self._call("BatchGetItem", " ".join(rest + tallies), lambda: self._table.batch_get_item(**request))

    def query(self, **request: Any) -> Item:
        values = " ".join(str(value["S"]) for value in request["ExpressionAttributeValues"].values())

        def effect() -> Item:
            answer = self._table.query(**request)
            if values.startswith("LINE") and "Items" in answer:
                self._invariants.line_read(self._process())
            return answer

        return self._call("Query", values, effect)

    def update_item(self, **request: Any) -> Item:
        return self._call("UpdateItem", _name(request["Key"]), lambda: self._table.update_item(**request), writes=True)

    def transact_write_items(self, **request: Any) -> Item:
        names = []
        for entry in request["TransactItems"]:
            for kind, write in entry.items():
                names.append(f"{kind.lower()} {_name(write[WRITES[kind]])}")
        process = self._process()
        seen = process.line_read

        def effect() -> Item:
            process.acts_on = seen
            return self._table.transact_write_items(**request)

        return self._wire.call(Call("dynamodb", "TransactWriteItems", ", ".join(names), writes=True), effect)

    def _call(self, operation: str, detail: str, effect: Callable[[], Item], *, writes: bool = False) -> Item:
        return self._wire.call(Call("dynamodb", operation, detail, writes), effect)


class Queues:
    """SQS's client. Queue URLs are the names of the queues."""

    def __init__(
        self, wire: Wire, send: Callable[[str, str, int], None], postpone: Callable[[str, str, int], None]
    ) -> None:
        self._wire = wire
        self._send = send
        self._postpone = postpone

    def send_message(self, *, QueueUrl: str, MessageBody: str, DelaySeconds: int = 0) -> None:
        call = Call("sqs", "SendMessage", QueueUrl, writes=True)
        self._wire.call(call, lambda: self._send(QueueUrl, MessageBody, 1000 * DelaySeconds))

    def change_message_visibility(self, *, QueueUrl: str, ReceiptHandle: str, VisibilityTimeout: int) -> None:
        call = Call("sqs", "ChangeMessageVisibility", f"{QueueUrl} {VisibilityTimeout}", writes=True)
        self._wire.call(call, lambda: self._postpone(QueueUrl, ReceiptHandle, 1000 * VisibilityTimeout))


class Functions:
    """Lambda's client."""

    def __init__(self, wire: Wire, invoke: Callable[[Mapping[str, Any]], None]) -> None:
        self._wire = wire
        self._invoke = invoke

    def invoke(self, *, FunctionName: str, InvocationType: str, Payload: str) -> None:
        payload = json.loads(Payload)
        call = Call("lambda", "Invoke", f"{payload['jobId']} {payload['attempt']}.{payload['leg']}", writes=True)
        self._wire.call(call, lambda: self._invoke(payload))


class Bucket:
    """S3's client."""

    def __init__(self, wire: Wire, uploaded: Callable[[str], None]) -> None:
        self._wire = wire
        self._uploaded = uploaded

    def upload_file(self, filename: str, bucket: str, key: str, *, ExtraArgs: Mapping[str, str]) -> None:
        self._wire.call(Call("s3", "PutObject", key, writes=True), lambda: self._uploaded(key))

    @staticmethod
    def generate_presigned_url(operation: str, *, Params: Mapping[str, str], ExpiresIn: int) -> str:
        return f"https://{Params['Bucket']}/{Params['Key']}?{operation}={ExpiresIn}"


class Receiver:
    """The ``requests`` session through which webhooks go; ``take`` says which HTTP status the client answers."""

    def __init__(self, wire: Wire, take: Callable[[str, Mapping[str, Any]], int]) -> None:
        self._wire = wire
        self._take = take

    def post(
        self, url: str, *, data: bytes, headers: Mapping[str, str], **options: Any
    ) -> AbstractContextManager[SimpleNamespace]:
        event_id = headers["webhook-id"]
        call = Call("post", "POST", event_id, writes=True)
        status = self._wire.call(call, lambda: self._took(event_id, data))
        return nullcontext(SimpleNamespace(status_code=status, headers={}))

    def _took(self, event_id: str, data: bytes) -> int:
        return self._take(event_id, json.loads(data))


def _name(key: Mapping[str, Mapping[str, str]]) -> str:
    pk, sk = key["pk"]["S"], key["sk"]["S"]
    return pk if sk in (pk, "JOB") else f"{pk}/{sk}"
