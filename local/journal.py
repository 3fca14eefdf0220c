"""What outlives the emulator: every write of the table and every message of a queue, in a file before it is answered.

ministack 1.5.33 writes the objects of its buckets to disk as they come (``S3_PERSIST``); all the rest it writes only
while it shuts down in order (``PERSIST_STATE``), so a ``kill -9`` would lose it. Hence these two journals. A line goes
to the operating system in one write before the caller has its answer: it survives the death of the process, though
not that of the machine. Everything else of the stack comes from the template again at each start.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

_KEY = ("pk", "sk")
_ROWS = {"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"}
_READS = {"GetItem", "BatchGetItem", "TransactGetItems", "Query", "Scan"}
_MESSAGES = {"SendMessage", "SendMessageBatch"}
_BATCH = 25
_SPARE_LINES = 10

Json = dict[str, Any]
Rows = dict[tuple[str, str], Json]
"""The rows of all tables, as DynamoDB writes them: (table, key as JSON) -> row."""
Answer = tuple[int, Any, Any]
Handler = Callable[[str, str, Mapping[str, str], bytes, Any], Awaitable[Answer]]
"""How ministack calls the module of a service: method, path, headers, body, query."""


def keep(folder: Path) -> None:
    """Journal the emulator's tables and queues in a folder. To be called in its process, before it serves."""
    from ministack.services import dynamodb, sqs

    dynamodb.handle_request = TableJournal(folder / "table.jsonl", dynamodb.handle_request).handle
    sqs.handle_request = MessageJournal(folder / "messages.jsonl", sqs.handle_request, sqs.get_state).handle


def read_lines(file: Path) -> Iterator[Any]:
    """Each line of a journal, in the order in which they were written; none if there is no journal.

    Of the table a line is one write: ``[[table, key, row or None], ...]``.
    """
    with contextlib.suppress(FileNotFoundError), file.open(encoding="utf-8") as lines:
        for line in lines:
            # A line without its end was being written when the process was killed: nobody has had an answer to it.
            if line.endswith("\n"):
                yield json.loads(line)


def read_rows(file: Path) -> Rows:
    """The rows as the last write of each left them; none if there is no journal."""
    rows: Rows = {}
    for line in read_lines(file):
        for table, key, row in line:
            rows[table, json.dumps(key, sort_keys=True)] = row
    return {place: row for place, row in rows.items() if row is not None}


def read_messages(file: Path) -> list[Json]:
    """The messages that nobody may have taken yet: ``[{"queue", "body"}]``. Some may have been taken all the same."""
    return list(read_lines(file))


class TableJournal:
    """Writes down how each row stands after each write, and puts all rows back before the first request for any.

    The first request, and not the start: the table itself is made by the template.
    """

    def __init__(self, file: Path, handler: Handler) -> None:
        self._file = file
        self._handler = handler
        self._restored = False

    async def handle(self, method: str, path: str, headers: Mapping[str, str], body: bytes, query: Any) -> Answer:
        action = headers.get("x-amz-target", "").rpartition(".")[2]
        if not self._restored and action in _ROWS | _READS:
            await self._restore()
        answer = await self._handler(method, path, headers, body, query)
        if action in _ROWS and answer[0] == 200:
            places = _places(action, json.loads(body))
            images = [[table, key, await self._row(table, key)] for table, key in places]
            _append(self._file, images)
        return answer

    async def _restore(self) -> None:
        rows = read_rows(self._file)
        puts = [(table, row) for (table, _), row in rows.items()]
        for start in range(0, len(puts), _BATCH):
            request: dict[str, list[Json]] = {}
            for table, row in puts[start : start + _BATCH]:
                request.setdefault(table, []).append({"PutRequest": {"Item": row}})
            await self._call("BatchWriteItem", {"RequestItems": request})
        # The journal begins anew with what is left of it: it does not grow from start to start.
        _replace(self._file, ([[table, json.loads(key), row]] for (table, key), row in rows.items()))
        self._restored = True

    async def _row(self, table: str, key: Json) -> Json | None:
        answer = await self._call("GetItem", {"TableName": table, "Key": key, "ConsistentRead": True})
        row: Json | None = answer.get("Item")
        return row

    async def _call(self, action: str, request: Json) -> Json:
        headers = {"x-amz-target": f"DynamoDB_20120810.{action}"}
        status, _, body = await self._handler("POST", "/", headers, json.dumps(request).encode(), {})
        answer: Json = json.loads(body)
        if status != 200 or answer.get("UnprocessedItems"):
            raise RuntimeError(f"the journal's {action} was answered with {status}: {answer}")
        return answer


class MessageJournal:
    """Writes down each message that is sent. What was taken is left out when the file is written anew, now and then:
    a message that comes again after a restart does no harm, one that is lost might.

    ``state`` gives ministack's queues with their messages.
    """

    def __init__(self, file: Path, handler: Handler, state: Callable[[], Any]) -> None:
        self._file = file
        self._handler = handler
        self._state = state
        self._lines = self._outstanding = 0

    async def handle(self, method: str, path: str, headers: Mapping[str, str], body: bytes, query: Any) -> Answer:
        answer = await self._handler(method, path, headers, body, query)
        action = headers.get("x-amz-target", "").rpartition(".")[2]
        if action in _MESSAGES and answer[0] == 200:
            self._sent(json.loads(body))
        return answer

    def _sent(self, request: Json) -> None:
        queue = request["QueueUrl"].rpartition("/")[2]
        for entry in request.get("Entries", [request]):
            _append(self._file, {"queue": queue, "body": entry["MessageBody"]})
            self._lines += 1
        if self._lines > 2 * self._outstanding + _SPARE_LINES:
            queues = self._state()["queues"].all_values()
            waiting = [{"queue": at["name"], "body": sent["body"]} for at in queues for sent in at["messages"]]
            _replace(self._file, waiting)
            self._lines = self._outstanding = len(waiting)


def _places(action: str, request: Json) -> list[tuple[str, Json]]:
    """The table and the key of each row that a request writes."""
    found: list[tuple[str, Json]] = []
    if action == "TransactWriteItems":
        writes = [write for entry in request["TransactItems"] for write in entry.values()]
        found = [(write["TableName"], write.get("Item") or write["Key"]) for write in writes]
    elif action == "BatchWriteItem":
        for table, entries in request["RequestItems"].items():
            writes = [write for entry in entries for write in entry.values()]
            found += [(table, write.get("Item") or write["Key"]) for write in writes]
    else:
        found = [(request["TableName"], request.get("Item") or request["Key"])]
    return [(table, {name: row[name] for name in _KEY}) for table, row in found]


def _append(file: Path, line: object) -> None:
    with file.open("ab", buffering=0) as journal:
        journal.write(json.dumps(line).encode() + b"\n")


def _replace(file: Path, lines: Iterable[object]) -> None:
    new = file.with_suffix(".new")
    with new.open("w", encoding="utf-8") as journal:
        journal.writelines(json.dumps(line) + "\n" for line in lines)
    new.replace(file)
