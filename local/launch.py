"""The emulator as a process of its own: started, waited for, and ended whatever happens to who started it."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import requests

from local import containers
from local.aws import REGION

LOG = "emulator.log"
"""The file in the folder of the emulator's state with all that it and the functions say."""

_PROJECT = Path(__file__).resolve().parents[1]
_START_SECONDS = 60
_STOP_SECONDS = 15


class StartFailed(Exception):
    """The emulator did not come up; the message names the log."""


@contextlib.contextmanager
def emulator(root: Path, host: str, port: int, settings: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """The emulator, answering at ``host`` and ``port``, with more settings of its own; gives its supervisor.

    The supervisor ends the emulator, its functions and their containers when its input, held open here, ends.

    Raises:
        StartFailed: it ended, or did not answer in time.
    """
    temporary = root / "tmp"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    with (root / LOG).open("wb") as output:
        supervisor = subprocess.Popen(
            [sys.executable, "-m", "local.supervisor"],
            cwd=_PROJECT,
            env={**_environment(os.environ, host=host, port=port, temporary=temporary), **settings},
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            # A Ctrl-C in the terminal is for the program that started the stack; it then stops the stack in order.
            start_new_session=True,
        )
    try:
        wait_until(lambda: answers(f"http://{host}:{port}/_ministack/ready", None), supervisor, root)
        yield supervisor
    finally:
        assert supervisor.stdin is not None
        supervisor.stdin.close()
        supervisor.wait(timeout=_STOP_SECONDS)
        shutil.rmtree(temporary, ignore_errors=True)


def _environment(machine: Mapping[str, str], *, host: str, port: int, temporary: Path) -> dict[str, str]:
    """The emulator's environment, which the functions inherit: nothing of the person's own AWS configuration."""
    inherited = {key: value for key, value in machine.items() if not key.startswith("AWS_")}
    return inherited | {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": host,
        "MINISTACK_HOST": host,
        "MINISTACK_HOSTNAME": host,
        "MINISTACK_REGION": REGION,
        # For functions in containers too: the emulator would call itself host.docker.internal there, which this machine
        # does not know, and the links that a render signs go out to clients.
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "LAMBDA_DOCKER_FLAGS": containers.FLAGS,
        "TMPDIR": str(temporary.resolve()),
        # Every function acts with the rights of its own role, and no others: what the template forgot fails here too.
        "AUTH": "true",
        # The template's own limits are what counts, not the memory of this machine.
        "LAMBDA_ACCOUNT_CONCURRENCY": "1000",
        # Listeners of services that are not used here.
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "PYTHONUNBUFFERED": "1",
    }


def wait_until(ready: Callable[[], bool], supervisor: subprocess.Popen[bytes], root: Path) -> None:
    """Return as soon as ``ready`` holds.

    Raises:
        StartFailed: the emulator ended, or it took too long.
    """
    deadline = time.monotonic() + _START_SECONDS
    while not ready():
        if supervisor.poll() is not None:
            raise StartFailed(f"The emulator ended; its log is {root / LOG}")
        if time.monotonic() > deadline:
            raise StartFailed(f"The local stack did not answer within {_START_SECONDS} s; its log is {root / LOG}")
        time.sleep(0.1)


def answers(url: str, auth: tuple[str, str] | None) -> bool:
    """Whether a GET is answered with 200."""
    try:
        return requests.get(url, auth=auth, timeout=10).status_code == 200
    except (requests.ConnectionError, requests.Timeout):
        return False
