"""The console of the local stack: what a person reads of a function's log."""

from __future__ import annotations

import json
import socket
import time

import pytest

from local.aws import Aws
from local.console import Console, console_lines
from reelqueue import metrics


def record(level: str, message: str) -> str:
    return json.dumps({"level": level, "message": message})


def test_the_lines_of_jobs_and_what_is_wrong_are_shown() -> None:
    log = ["START RequestId: 1", record("INFO", "✅ Job a completed"), record("INFO", "segments"), "END RequestId: 1"]
    assert console_lines([*log, record("ERROR", "no")]) == ["✅ Job a completed", "⚠️ error: no"]


def test_what_is_no_record_is_a_stack_trace() -> None:
    assert console_lines(["Traceback", "KeyError: 1"]) == ["Traceback", "KeyError: 1"]
    assert console_lines(["[ERROR] Exception: Unauthorized", "Exception: Unauthorized"]) == []


def test_metrics_are_not_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    metrics.count(metrics.JOBS_ACCEPTED)
    metrics.count(metrics.JOBS_FAILED, code="RENDER_LOST")
    assert console_lines(capsys.readouterr().out.splitlines()) == []


def test_what_the_emulator_of_a_container_says_of_itself_is_not_for_people() -> None:
    log = [
        "26 Nov 2026 12:15:55,608 [INFO] (rapid) INIT START(type: on-demand, phase: init)",
        "REPORT RequestId: 1\tDuration: 305.15 ms",
    ]
    assert console_lines(log) == []


def test_the_console_is_left_though_the_emulator_does_not_answer() -> None:
    """A socket that is listened to by nobody: what is asked there waits, as it does where an emulator is overworked."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        asked = time.monotonic()
        with Console(Aws(f"http://127.0.0.1:{mute.getsockname()[1]}"), ["/aws/lambda/a"], lambda line: None):
            connection, _ = mute.accept()
        connection.close()
    assert time.monotonic() - asked < 20
