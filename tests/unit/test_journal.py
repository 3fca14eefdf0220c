"""The journals of the local stack: what was answered is written down, what was not is not."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local.journal import Answer, MessageJournal, TableJournal, read_messages, read_rows

KEY = {"pk": {"S": "a"}, "sk": {"S": "b"}}


class Tables:
    """As much of DynamoDB as a journal needs: rows without conditions, and a switch that refuses writes."""

    def __init__(self) -> None:
        self.rows: dict[str, Any] = {}
        self.refuse = False

    async def handle(self, method: str, path: str, headers: Mapping[str, str], body: bytes, query: object) -> Answer:
        request = json.loads(body)
        match headers["x-amz-target"].rpartition(".")[2]:
            case "GetItem":
                row = self.rows.get(place(request["Key"]))
                return 200, {}, json.dumps({"Item": row} if row else {})
            case "PutItem" if not self.refuse:
                self.rows[place(request["Item"])] = request["Item"]
            case "DeleteItem" if not self.refuse:
                self.rows.pop(place(request["Key"]), None)
            case "BatchWriteItem" if not self.refuse:
                for entry in request["RequestItems"]["T"]:
                    self.rows[place(entry["PutRequest"]["Item"])] = entry["PutRequest"]["Item"]
            case _:
                return 400, {}, "{}"
        return 200, {}, "{}"


def place(key: Mapping[str, Any]) -> str:
    return f"{key['pk']['S']}/{key['sk']['S']}"


def call(journal: TableJournal | MessageJournal, action: str, request: Mapping[str, Any]) -> int:
    headers = {"x-amz-target": f"Service.{action}"}
    return asyncio.run(journal.handle("POST", "/", headers, json.dumps(request).encode(), {}))[0]


def put(journal: TableJournal, value: str) -> int:
    return call(journal, "PutItem", {"TableName": "T", "Item": {**KEY, "value": {"S": value}}})


def test_each_row_comes_back_as_its_last_write_left_it(tmp_path: Path) -> None:
    first = TableJournal(tmp_path / "journal", Tables().handle)
    put(first, "old")
    put(first, "new")

    after = Tables()
    call(TableJournal(tmp_path / "journal", after.handle), "GetItem", {"TableName": "T", "Key": KEY})

    assert after.rows == {"a/b": {**KEY, "value": {"S": "new"}}}


def test_a_deleted_row_stays_deleted(tmp_path: Path) -> None:
    journal = TableJournal(tmp_path / "journal", Tables().handle)
    put(journal, "value")
    call(journal, "DeleteItem", {"TableName": "T", "Key": KEY})
    assert read_rows(tmp_path / "journal") == {}


def test_a_refused_write_is_not_written_down(tmp_path: Path) -> None:
    tables = Tables()
    journal = TableJournal(tmp_path / "journal", tables.handle)
    put(journal, "accepted")
    tables.refuse = True

    assert put(journal, "refused") == 400

    assert [row["value"]["S"] for row in read_rows(tmp_path / "journal").values()] == ["accepted"]


def test_a_line_that_a_kill_cut_short_is_left_out(tmp_path: Path) -> None:
    put(TableJournal(tmp_path / "journal", Tables().handle), "whole")
    with (tmp_path / "journal").open("a") as file:
        file.write('[["T", {"pk": {"S": "a"')
    assert [row["value"]["S"] for row in read_rows(tmp_path / "journal").values()] == ["whole"]


def test_a_journal_does_not_grow_from_start_to_start(tmp_path: Path) -> None:
    for start in range(5):
        put(TableJournal(tmp_path / "journal", Tables().handle), str(start))
    assert len((tmp_path / "journal").read_text().splitlines()) == 2  # what was there, and the last write


def test_messages_that_were_taken_are_forgotten_in_time(tmp_path: Path) -> None:
    waiting = [{"body": "waits"}]

    class Queues:
        def all_values(self) -> list[dict[str, object]]:
            return [{"name": "Q", "messages": waiting}]

    async def send(method: str, path: str, headers: Mapping[str, str], body: bytes, query: object) -> Answer:
        return 200, {}, "{}"

    journal = MessageJournal(tmp_path / "journal", send, lambda: {"queues": Queues()})
    for number in range(100):
        call(journal, "SendMessage", {"QueueUrl": "http://host/0/Q", "MessageBody": f"taken at once {number}"})

    kept = read_messages(tmp_path / "journal")
    assert {"queue": "Q", "body": "waits"} in kept
    assert len(kept) < 20
