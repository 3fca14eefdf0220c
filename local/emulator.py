"""The emulator's process: ministack, configured by the environment that ``local.stack`` gives it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from local.journal import keep
from local.page import with_page
from local.processes import die_with_parent

OPENAPI = Path(__file__).resolve().parents[1] / "functions" / "reelqueue" / "openapi.json"
JOURNAL = "REELQUEUE_JOURNAL"
"""The environment variable with the folder of the journals; without it nothing outlives the process."""

API_CALLS = 8
"""Calls of the API that are worked on at the same time; the others wait for their turn.

A call that finds no idle worker of its function starts one, which takes a processor about a second. A hundred callers
at once would start a hundred on a laptop, and all of them would run into their time-outs.
"""

Application = Callable[[Mapping[str, Any], Any, Any], Awaitable[None]]


def main() -> None:
    die_with_parent()
    from ministack import app as ministack  # reads its configuration at import

    if folder := os.environ.get(JOURNAL):
        keep(Path(folder))
    ministack.app = with_page(in_turn(ministack.app), OPENAPI)
    ministack.main()


def in_turn(application: Application) -> Application:
    """An ASGI application that works on no more than ``API_CALLS`` calls of the API at the same time."""
    turn = asyncio.Semaphore(API_CALLS)

    async def call(scope: Mapping[str, Any], receive: Any, send: Any) -> None:
        if scope.get("path", "").startswith("/_aws/execute-api/"):
            async with turn:
                await application(scope, receive, send)
        else:
            await application(scope, receive, send)

    return call


if __name__ == "__main__":
    main()
