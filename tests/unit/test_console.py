"""What of a function's log a person reads."""

from __future__ import annotations

import json

from local.console import console_lines


def record(level: str, message: str) -> str:
    return json.dumps({"level": level, "message": message})


def test_lines_for_a_person_and_warnings_are_shown_and_other_records_are_not() -> None:
    log = [record("INFO", "🎬 Starting"), record("INFO", "segments"), record("WARNING", "webhook goes to the queue")]
    assert console_lines(log) == ["🎬 Starting", "⚠️ warning: webhook goes to the queue"]


def test_what_the_platform_says_of_itself_is_not_shown() -> None:
    log = [
        "START RequestId: 1 Version: $LATEST",
        "26 Nov 2026 12:15:55,608 [INFO] (rapid) INIT START(type: on-demand, phase: init)",
        "REPORT RequestId: 1\tDuration: 305.15 ms",
    ]
    assert console_lines(log) == []


def test_a_stack_trace_is_shown() -> None:
    assert console_lines(["Traceback (most recent call last):", "KeyError: 'jobId'"]) == [
        "Traceback (most recent call last):",
        "KeyError: 'jobId'",
    ]
