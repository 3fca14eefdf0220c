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
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType

from local import containers, overlay
from local.aws import REGION, Aws
from local.deploy import deploy
from local.emulator import JOURNAL
from local.kept import Kept
from local.launch import LOG, answers, emulator, wait_until
from local.ports import HOST, claim
from local.receiver import Receiver

PROJECT = Path(__file__).resolve().parents[1]
DEFAULT_PORT = 4566
DEFAULT_RECEIVER_PORT = 4567

_STATE = "state"


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
        self.log = root / LOG
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
            supervisor = cleanup.enter_context(emulator(root, host, port, _settings(root / _STATE)))
            aws = Aws(endpoint_url)
            resources = deploy(aws, PROJECT / "template.yaml", functions, parameters, render_image)
            description = Description(
                apiUrl=f"{endpoint_url}{overlay.API_PATH}",
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
            wait_until(lambda: answers(f"{stack.api_url}/queue-status", stack.auth), supervisor, root)
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


def _settings(state: Path) -> dict[str, str]:
    """Where the emulator keeps what is there again at the next start."""
    return {JOURNAL: str(state.resolve()), "S3_PERSIST": "1", "S3_DATA_DIR": str(state.resolve() / "objects")}
