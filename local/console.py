"""The console lines of all functions, as they come: what an operator of a deployed stack reads in CloudWatch Logs."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from local.aws import Aws

if TYPE_CHECKING:
    from mypy_boto3_logs.type_defs import FilteredLogEventTypeDef

_POLL_SECONDS = 0.5
_LEAVE_SECONDS = 5.0
_SLACK_SECONDS = 10.0
"""An event is stamped before it can be read."""
_PLATFORM = ("START RequestId", "END RequestId", "REPORT RequestId", "INIT_START")
_OF_A_CONTAINER = "(rapid)"
"""How Lambda's runtime interface emulator begins what it says of itself, after the time."""
_METRICS = "_aws"
"""The field that makes a line of JSON a line of metrics (CloudWatch's embedded metric format)."""
_EXPECTED = "Exception: Unauthorized"
"""How the authorizer says 401 to API Gateway; its stack trace tells nobody anything."""


def console_lines(messages: Iterable[str]) -> list[str]:
    """What of one invocation's log is for a person.

    The lines that begin with a picture, warnings and errors, and what is no structured record at all (a stack trace).
    """
    lines: list[str] = []
    loose: list[str] = []
    for message in messages:
        record = _record(message)
        if record is not None:
            lines += _of_record(record)
        elif not message.startswith(_PLATFORM) and _OF_A_CONTAINER not in message and message.strip():
            loose.append(message)
    return lines if _EXPECTED in loose else lines + loose


def _record(message: str) -> dict[str, Any] | None:
    try:
        record = json.loads(message)
    except json.JSONDecodeError:
        return None
    return record if isinstance(record, dict) and record.keys() & {"level", _METRICS} else None


def _of_record(record: Mapping[str, Any]) -> list[str]:
    if _METRICS in record:
        return []
    text = str(record.get("message", ""))
    if record["level"] in ("WARNING", "ERROR", "CRITICAL"):
        detail = f" ({record['exception_name']})" if "exception_name" in record else ""
        return [f"⚠️ {record['level'].lower()}: {text}{detail}"]
    return [text] if text and not text[0].isascii() else []


class Console:
    """Follows log groups in a thread and gives each line for a person to ``say``.

    The emulator writes the log of an invocation at its end, at once, into a stream of its own: a stream that was seen
    is done with.
    """

    def __init__(self, aws: Aws, groups: Iterable[str], say: Callable[[str], None]) -> None:
        self._aws = aws
        self._groups = sorted(groups)
        self._say = say
        self._looked_at = time.time()
        self._seen: set[str] = set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="console", daemon=True)

    def __enter__(self) -> Console:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        # It may be waiting for an emulator that has more to do than to answer, which is about to be ended.
        self._thread.join(_LEAVE_SECONDS)

    def _follow(self) -> None:
        while not self._stop.wait(_POLL_SECONDS):
            try:
                lines = self._new_lines()
            except (BotoCoreError, ClientError):
                if self._stop.is_set():
                    return  # the emulator was ended meanwhile
                raise
            for line in lines:
                self._say(line)

    def _new_lines(self) -> list[str]:
        """The lines since the last look, in order of time; an invocation's log stays together."""
        since = int((self._looked_at - _SLACK_SECONDS) * 1000)
        self._looked_at = time.time()
        invocations: dict[str, list[FilteredLogEventTypeDef]] = {}
        for group in self._groups:
            pages = self._aws.logs.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=since)
            for event in (event for page in pages for event in page["events"]):
                if event["logStreamName"] not in self._seen:
                    invocations.setdefault(event["logStreamName"], []).append(event)
        self._seen |= invocations.keys()
        ordered = sorted(invocations.values(), key=lambda events: events[0]["timestamp"])
        return [line for events in ordered for line in console_lines(event["message"] for event in events)]
