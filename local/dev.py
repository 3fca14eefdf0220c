"""``make dev``: the local stack until Ctrl-C, with the console lines of all functions.

Settings, as environment variables or after ``make dev``: ``PORT`` of the API (4566), ``RECEIVER_PORT`` of the webhook
receiver (4567), ``MAX_CONCURRENT`` renders at the same time (5), ``STATE`` the folder of the state (.local),
``RENDER=image`` to render in containers of the image that ``make image`` built, ``FRESH=1`` to begin empty. Otherwise
each start goes on where the last one ended: jobs, line, videos and assets are there again, and what was waiting or
rendering goes on by itself.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import FrameType

from local.console import Console
from local.containers import IMAGE, NoContainers
from local.deploy import DeployFailed
from local.launch import StartFailed
from local.page import PAGE
from local.ports import PortTaken
from local.stack import DEFAULT_PORT, DEFAULT_RECEIVER_PORT, PROJECT, AlreadyRunning, LocalStack

_FAILURES = (PortTaken, AlreadyRunning, StartFailed, DeployFailed, NoContainers)


def main(environ: Mapping[str, str] = os.environ) -> int:
    """Run until a signal ends it. The exit code: 0 after Ctrl-C or SIGTERM, 1 when it could not start or broke."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        port = _number(environ, "PORT", DEFAULT_PORT)
        receiver_port = _number(environ, "RECEIVER_PORT", DEFAULT_RECEIVER_PORT)
        limit = _number(environ, "MAX_CONCURRENT", 5)
        fresh = _switch(environ, "FRESH")
        image = render_image(environ)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    started = time.monotonic()
    print("Starting the local stack ...", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        try:
            stack = LocalStack.start(
                Path(environ.get("STATE") or PROJECT / ".local"),
                keep=not fresh,
                port=port,
                receiver_port=receiver_port,
                parameters={"MaxConcurrentRenders": str(limit)},
                render_image=image,
            )
        except _FAILURES as error:
            print(error, file=sys.stderr)
            return 1
        with stack:
            print(_where(stack, time.monotonic() - started), flush=True)
            stack.receiver.say = _say
            groups = [value for name, value in stack.resources.items() if name.endswith("Logs")]
            with Console(stack.aws, groups, _say):
                stack.wait()
        print(f"The emulator ended; its log is {stack.log}", file=sys.stderr)
        return 1
    print("\nStopped.", flush=True)
    return 0


def render_image(environ: Mapping[str, str]) -> str | None:
    """The image that ``RENDER`` asks for; None for the source tree."""
    raw = environ.get("RENDER") or "source"
    if raw not in ("source", "image"):
        raise ValueError(f"RENDER must be source or image, not {raw!r}")
    return IMAGE if raw == "image" else None


def _where(stack: LocalStack, seconds: float) -> str:
    at = stack.description
    return f"""Ready after {seconds:.1f} s. Ctrl-C stops it.

  API        {at.apiUrl}
  try        curl -u {at.username}:{at.password} {at.apiUrl}/queue-status
  read, try  {at.awsEndpointUrl}{PAGE}
  webhooks   {at.receiverUrl}   (what came: {at.receiverUrl.removesuffix("/webhook")}/received)
  AWS        {at.awsEndpointUrl}   table {at.tableName}, bucket {at.bucketName}
  all this   {stack.file}
"""


def _number(environ: Mapping[str, str], name: str, default: int) -> int:
    raw = environ.get(name) or str(default)
    if not raw.isdigit() or int(raw) == 0:
        raise ValueError(f"{name} must be a positive number, not {raw!r}")
    return int(raw)


def _switch(environ: Mapping[str, str], name: str) -> bool:
    raw = environ.get(name) or "0"
    if raw not in ("0", "1"):
        raise ValueError(f"{name} must be 0 or 1, not {raw!r}")
    return raw == "1"


def _say(line: str) -> None:
    # One write for the whole line: several threads speak here.
    sys.stdout.write(f"{time.strftime('%H:%M:%S')} {line}\n")
    sys.stdout.flush()


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
