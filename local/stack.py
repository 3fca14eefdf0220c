"""The local stack as a value: start it, use it, stop it.

    with LocalStack.start(Path(".local"), port=4566) as stack:
        requests.get(f"{stack.api_url}/queue-status", auth=stack.auth)

What it promises: after ``start`` the API answers; its URL depends on the port alone, so it is the same at every start;
after ``stop``, or after the death of this process in whatever way, no process is left; a start with ``keep`` goes on
where the last one in the same folder ended, whether it was stopped or killed.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType

import requests

from local import containers, overlay
from local.aws import REGION, Aws
from local.deploy import API_ID, deploy
from local.emulator import JOURNAL
from local.kept import Kept
from local.ports import HOST, claim
from local.receiver import Receiver

PROJECT = Path(__file__).resolve().parents[1]
DEFAULT_PORT = 4566
DEFAULT_RECEIVER_PORT = 4567

_STATE = "state"
_START_SECONDS = 60
_STOP_SECONDS = 15


class StartFailed(Exception):
    """The emulator did not come up; the message names the log."""


class AlreadyRunning(Exception):
    """Another local stack uses the same state folder."""


@dataclass(frozen=True)
class Description:
    """What ``stack.json`` holds, in its own names."""

    apiUrl: str
    awsEndpointUrl: str
    username: str
    password: str
    webhookSecret: str
    tableName: str
    bucketName: str
    region: str
    receiverUrl: str


class LocalStack:
    """A running local stack. Made by ``start``."""

    def __init__(
        self,
        root: Path,
        description: Description,
        aws: Aws,
        resources: dict[str, str],
        receiver: Receiver,
        supervisor: subprocess.Popen[bytes],
    ) -> None:
        self.description = description
        self.aws = aws
        self.resources = resources
        self.receiver = receiver
        self.file = root / "stack.json"
        self.log = root / "emulator.log"
        self.supervisor = supervisor
        self._cleanup = contextlib.ExitStack()

    @classmethod
    def start(
        cls,
        root: Path,
        *,
        keep: bool = False,
        port: int | None = None,
        receiver_port: int | None = None,
        parameters: Mapping[str, str] | None = None,
        functions: Path = PROJECT / "functions",
        render_image: str | None = None,
    ) -> LocalStack:
        """Start everything and wait until the API answers.

        Args:
            root: the folder for all state, made when missing; one running stack to a folder.
            keep: go on with the jobs, videos and assets of the last start in this folder; otherwise begin empty.
            port: of the emulator; None takes a free one.
            receiver_port: of the webhook receiver; None takes a free one.
            parameters: of the template, for example ``{"MaxConcurrentRenders": "2"}``.
            functions: the folder with the handlers.
            render_image: render in containers of this image instead of the source tree. All addresses are then those
                of the bridge of the Docker engine, which this machine and its containers reach by the same name.

        Raises:
            PortTaken: one of the ports is in use.
            AlreadyRunning: the state folder is in use.
            StartFailed: the emulator ended, or did not answer in time.
            DeployFailed: the template was not accepted.
            NoContainers: there is no Docker engine, or it has no such image.
        """
        parameters = dict(parameters or {})
        with contextlib.ExitStack() as cleanup:
            host = HOST
            if render_image is not None:
                host = containers.host_address(render_image)
                parameters = {"Architecture": containers.ARCHITECTURE, **parameters}
            port = claim(port, "PORT", host)
            receiver_port = claim(receiver_port, "RECEIVER_PORT", host)
            cleanup.enter_context(_only_user_of(root))
            if not keep:
                shutil.rmtree(root / _STATE, ignore_errors=True)
            kept = Kept.take_over(root / _STATE)
            receiver = cleanup.enter_context(Receiver(receiver_port, overlay.WEBHOOK_SECRET, host=host))
            endpoint_url = f"http://{host}:{port}"
            log = root / "emulator.log"
            supervisor = cleanup.enter_context(_supervisor(root, host, port, log))
            _wait_until(lambda: _answers(f"{endpoint_url}/_ministack/ready", None), supervisor, log)
            aws = Aws(endpoint_url)
            resources = deploy(aws, PROJECT / "template.yaml", functions, parameters, render_image)
            description = Description(
                apiUrl=f"{endpoint_url}/_aws/execute-api/{API_ID}/api",
                awsEndpointUrl=endpoint_url,
                username=overlay.USERNAME,
                password=overlay.PASSWORD,
                webhookSecret=overlay.WEBHOOK_SECRET,
                tableName=resources["Table"],
                bucketName=resources["Bucket"],
                region=REGION,
                receiverUrl=receiver.url,
            )
            stack = cls(root, description, aws, resources, receiver, supervisor)
            _wait_until(lambda: _answers(f"{stack.api_url}/queue-status", stack.auth), supervisor, log)
            # After the API answers: renders that go on at once would only slow its start down.
            kept.give_back(aws, resources)
            stack.file.write_text(json.dumps(asdict(description), indent=2) + "\n", encoding="utf-8")
            cleanup.callback(stack.file.unlink, missing_ok=True)
            stack._cleanup = cleanup.pop_all()
            return stack

    @property
    def api_url(self) -> str:
        """The API with its stage, without a slash at the end."""
        return self.description.apiUrl

    @property
    def auth(self) -> tuple[str, str]:
        """User name and password, as ``requests`` takes them."""
        return (self.description.username, self.description.password)

    def wait(self) -> None:
        """Return when the emulator ends by itself, which it should not."""
        self.supervisor.wait()

    def stop(self) -> None:
        """End every process of the stack and forget its state. Stopping twice is no error."""
        self._cleanup.close()

    def __enter__(self) -> LocalStack:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


@contextlib.contextmanager
def _only_user_of(root: Path) -> Iterator[None]:
    root.mkdir(parents=True, exist_ok=True)
    with (root / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AlreadyRunning(f"A local stack is running already; its state is in {root}") from error
        yield


@contextlib.contextmanager
def _supervisor(root: Path, host: str, port: int, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The emulator below its supervisor, which ends both when its input, held open here, ends."""
    temporary = root / "tmp"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    with log.open("wb") as output:
        supervisor = subprocess.Popen(
            [sys.executable, "-m", "local.supervisor"],
            cwd=PROJECT,
            env=_environment(os.environ, host=host, port=port, temporary=temporary, state=root / _STATE),
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            # A Ctrl-C in the terminal is for the program that started the stack; it then stops the stack in order.
            start_new_session=True,
        )
    try:
        yield supervisor
    finally:
        assert supervisor.stdin is not None
        supervisor.stdin.close()
        supervisor.wait(timeout=_STOP_SECONDS)
        shutil.rmtree(temporary, ignore_errors=True)


def _environment(machine: Mapping[str, str], *, host: str, port: int, temporary: Path, state: Path) -> dict[str, str]:
    """The emulator's environment, which the functions inherit: nothing of the person's own AWS configuration."""
    inherited = {key: value for key, value in machine.items() if not key.startswith("AWS_")}
    return inherited | {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": host,
        "MINISTACK_HOST": host,
        # For functions in containers too: the emulator would call itself host.docker.internal there, which this machine
        # does not know, and the links that a render signs go out to clients.
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "MINISTACK_HOSTNAME": host,
        "LAMBDA_DOCKER_FLAGS": containers.FLAGS,
        "MINISTACK_REGION": REGION,
        "TMPDIR": str(temporary.resolve()),
        JOURNAL: str(state.resolve()),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(state.resolve() / "objects"),
        # Every function acts with the rights of its own role, and no others: what the template forgot fails here too.
        "AUTH": "true",
        # The template's own limits are what counts, not the memory of this machine.
        "LAMBDA_ACCOUNT_CONCURRENCY": "1000",
        # Listeners of services that are not used here.
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "PYTHONUNBUFFERED": "1",
    }


def _wait_until(ready: Callable[[], bool], supervisor: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not ready():
        if supervisor.poll() is not None:
            raise StartFailed(f"The emulator ended; its log is {log}")
        if time.monotonic() > deadline:
            raise StartFailed(f"The local stack did not answer within {_START_SECONDS} s; its log is {log}")
        time.sleep(0.1)


def _answers(url: str, auth: tuple[str, str] | None) -> bool:
    try:
        return requests.get(url, auth=auth, timeout=10).status_code == 200
    except (requests.ConnectionError, requests.Timeout):
        return False
