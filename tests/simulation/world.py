"""The world: the service as it is deployed, on a simulated AWS, driven one step at a time.

The handlers, the store and the render attempt are the real ones. Around them everything is simulated: the table's
engine is moto's, the rest stands in ``services.py`` and ``platform.py``. ``Driver`` decides what happens next.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import importlib.util
import itertools
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, Protocol

import dispatcher.app
import status.app
import submit.app
import webhooks.app
from botocore.exceptions import BotoCoreError, ClientError
from aws_lambda_powertools.utilities.batch.exceptions import BatchProcessingError

from local.overlay import load_template
from reelqueue.deployment import deployment
from reelqueue.errors import RenderError
from reelqueue.observability import logger
from reelqueue.records import SLOTS_KEY
from reelqueue.settings import settings
from reelqueue.table import Key, Table
from reelqueue.webhooks import Sender, signing_key
from render.attempt import Machine, run_attempt
from render.engine import Control, Rendered
from tests.simulation.dynamodb import DynamoDB
from tests.simulation.faults import Fault
from tests.simulation.invariants import FINAL, Invariants
from tests.simulation.mutations import Mutation, MutableTable
from tests.simulation.platform import Plan as PlatformPlan
from tests.simulation.platform import Platform
from tests.simulation.services import Bucket, Functions, OverWire, Queues, Receiver
from tests.simulation.tasks import Killed, Process, Scheduler, Task, Threads
from tests.simulation.timers import Timers
from tests.simulation.wire import Trace, Wire

ENVIRONMENT = {
    "TABLE_NAME": "reelqueue",
    "BUCKET_NAME": "videos",
    "JOBS_QUEUE_URL": "jobs",
    "WEBHOOK_QUEUE_URL": "webhooks",
    "WEBHOOK_DEAD_LETTERS_URL": "dead-letters",
    "RENDER_FUNCTION_NAME": "render",
    "RATE_LIMIT_PER_MINUTE": "60000",
    "ALLOW_PRIVATE_ADDRESSES": "true",
}
EXPECTED = (ClientError, BotoCoreError, BatchProcessingError, MemoryError)
"""What a function may die of, here: the faults of others."""

SIGNING_KEY = signing_key("whsec_" + base64.b64encode(b"0123456789abcdef01234567").decode())


@dataclass(frozen=True)
class Script:
    """How one run of the encoder goes: how long it takes, and whether it ends ``well``, ``badly``, or in a ``crash``."""

    seconds: int
    end: str = "well"


class Plan(PlatformPlan, Protocol):
    def script(self) -> Script:
        """What the next run of the encoder does."""

    def answer(self) -> int:
        """The HTTP status that a receiver answers next."""


@dataclass(frozen=True)
class Options:
    limit: int = 2
    render_timeout_s: int = 300
    expiry_s: int = 86_400
    mutation: Mutation | None = None
    keep_trace: bool = False


class Containers:
    """Modules of handlers, in as many copies as run at the same time: Lambda shares no module between invocations."""

    _free: dict[str, list[Any]] = {}  # noqa: RUF012 - to load a copy takes longer than to use it

    @classmethod
    def invoke(cls, module: ModuleType, event: Mapping[str, Any], process: Process) -> Any:
        """Call a handler. A container whose process was killed is never used again."""
        free = cls._free.setdefault(module.__name__, [module])
        container = free.pop() if free else _copy(module)
        context = SimpleNamespace(
            function_name=process.name,
            memory_limit_in_mb="3008",
            invoked_function_arn=f"arn:aws:lambda:us-east-1:123456789012:function:{process.name}",
            aws_request_id=process.name,
        )
        try:
            answer = container.lambda_handler(event, context)
        except Exception:
            free.append(container)
            raise
        free.append(container)
        return answer


class World:
    """One deployment and all that runs in it. Only one at a time in a process: functions find it by ``deployment()``."""

    def __init__(self, plan: Plan, options: Options) -> None:
        self.plan = plan
        self.options = options
        self.scheduler = Scheduler()
        self.timers = Timers(self.scheduler)
        self.trace = Trace(keep=options.keep_trace)
        self.wire = Wire(self.scheduler, self.timers, self.trace)
        timeouts = {"api": 15, "jobs": 30, "schedule": 30, "webhooks": 30, "render": options.render_timeout_s}
        self.platform = Platform(
            self.scheduler, self.timers, self.trace, plan, {kind: 1000 * s for kind, s in timeouts.items()}
        )
        self.table = DynamoDB(_template(), "reelqueue", self._written)
        self.invariants = Invariants(
            row=self.table.row,
            now=lambda: self.scheduler.now,
            reported=lambda job_id, attempt: (job_id, attempt) in self.platform.failed,
        )
        self._job_numbers = itertools.count(1)
        self._machine = Machine(
            engine=self._engine,
            threads=Threads(self.scheduler),
            workdir=lambda: contextlib.nullcontext(Path("/nowhere")),
        )
        self.platform.handle = {
            "jobs": functools.partial(Containers.invoke, dispatcher.app),
            "schedule": functools.partial(Containers.invoke, dispatcher.app),
            "webhooks": functools.partial(Containers.invoke, webhooks.app),
            "render": self._render,
        }

    def __enter__(self) -> World:
        self._before = dict(os.environ), logger.level
        os.environ.update(
            ENVIRONMENT,
            MAX_CONCURRENT_RENDERS=str(self.options.limit),
            JOB_EXPIRY_SECONDS=str(self.options.expiry_s),
            RENDER_TIMEOUT_SECONDS=str(self.options.render_timeout_s),
        )
        logger.setLevel("CRITICAL")
        for cache in (settings, deployment):
            cache.cache_clear()
        self._deploy()
        self.platform.tick()
        return self

    def __exit__(self, *error: object) -> None:
        for process in self.platform.processes:
            self.scheduler.kill(process)
        environment, level = self._before
        os.environ.clear()
        os.environ.update(environment)
        logger.setLevel(level)
        for cache in (settings, deployment):
            cache.cache_clear()

    # What a driver needs.

    @property
    def next_event(self) -> int | None:
        """When the next thing happens by itself."""
        times = [time for time in (self.timers.next, self.scheduler.next_wake()) if time is not None]
        return min(times, default=None)

    def step(self, task: Task, fault: Fault | None, pace_ms: int) -> None:
        """Let a task go on until its next call; ``fault`` befalls the call that it stands before."""
        self.scheduler.now += pace_ms
        self.scheduler.resume(task, fault)
        if task.done and task.error is not None and not isinstance(task.error, (*EXPECTED, Killed)):
            self.invariants.violations.append(f"unexpected: {task} died of {task.error!r}")
        self.settle()

    def pass_time(self) -> None:
        """Nobody can go on: move the clock to the next event."""
        event = self.next_event
        assert event is not None, "the minute always comes"
        self.scheduler.now = max(self.scheduler.now, event)
        self.settle()

    def settle(self) -> None:
        """Let happen what is due by now."""
        self.platform.reap()
        self.timers.run_due()

    def request(
        self, method: str, path: str, body: object = None, *, headers: Mapping[str, str] | None = None
    ) -> Process:
        """Somebody calls the API, through the function that the template routes it to."""
        event = {
            "resource": path,
            "path": path,
            "httpMethod": method,
            "headers": dict(headers or {}),
            "multiValueHeaders": {name: [value] for name, value in (headers or {}).items()},
            "queryStringParameters": None,
            "multiValueQueryStringParameters": None,
            "requestContext": {
                "requestId": "request",
                "authorizer": {"principalId": "admin", "administrator": "true"},
            },
            "body": None if body is None else json.dumps(body),
            "isBase64Encoded": False,
        }
        module = status.app if method == "GET" else submit.app

        def answered(failure: str | None, answer: Any) -> None:
            if failure is None:
                self._answered(f"{method} {path}", answer["statusCode"], json.loads(answer["body"]))

        self.trace.add(self.scheduler.now, "client", f"{method} {path} {body or ''}")
        return self.platform.start("api", lambda process: Containers.invoke(module, event, process), answered)

    def operate(self, **settings: object) -> None:
        """Somebody changes the limit, pauses or resumes, by hand."""
        row = self.table.row(SLOTS_KEY)
        if row is None:
            return
        self.trace.add(self.scheduler.now, "operator", str(settings))
        sets = Table(self.table, "reelqueue").change(SLOTS_KEY, sets=settings)["Update"]  # type: ignore[arg-type]
        with self.scheduler.acting(Process("operator")):
            self.table.update_item(**sets, ReturnValues="ALL_NEW", ReturnValuesOnConditionCheckFailure="ALL_OLD")

    @property
    def over(self) -> bool:
        """Whether all jobs have ended, nothing is owed to anybody, and nobody is at work."""
        jobs = self.invariants.jobs.values()
        return (
            not self.platform.processes
            and all(job.status in FINAL and not job.due for job in jobs)
            and not self.platform.queues["webhooks"].messages
        )

    # How the parts hang together.

    def _deploy(self) -> None:
        at: Any = deployment()
        at.new_job_id = lambda: f"{next(self._job_numbers):016x}"
        at.renders = Functions(self.wire, self.platform.invoke)
        at.s3 = Bucket(self.wire, lambda key: self.invariants.uploaded(key, self.scheduler.process))
        at._sqs = Queues(self.wire, self.platform.send, self.platform.postpone)
        at.sender = Sender(
            SIGNING_KEY, clock=lambda: self._now() / 1000, allow_private=True, session=Receiver(self.wire, self._take)  # type: ignore[arg-type]
        )
        client: Any = OverWire(self.wire, self.table, self.invariants, lambda: self.scheduler.process)
        at._table = MutableTable(client, "reelqueue", sleep=self.scheduler.sleep)
        at.store.now = at.reader.now = self._now
        if self.options.mutation is not None:
            self.options.mutation.apply(at.store)

    def _now(self) -> int:
        """The time as the process that asks believes it to be."""
        return self.scheduler.now + self.scheduler.process.skew_ms

    def _written(self, keys: Sequence[Key]) -> None:
        self.invariants.written(keys, self.scheduler.process)

    def _take(self, event_id: str, body: Mapping[str, Any]) -> int:
        status_code = self.plan.answer()
        self.invariants.posted(event_id, body, status_code)
        return status_code

    def _answered(self, what: str, status_code: int, body: Mapping[str, Any]) -> None:
        self.trace.add(self.scheduler.now, "client", f"{what}: {status_code}")
        if status_code == 500:
            self.invariants.violations.append(f"unexpected: {what} answered {body}")
        if status_code == 202:
            self.invariants.accepted.add(body["jobId"])

    def _render(self, payload: Mapping[str, Any], process: Process) -> None:
        assert process.deadline is not None
        run_attempt(
            deployment(),
            payload["jobId"],
            payload["attempt"],
            remaining_ms=process.deadline - self.scheduler.now,
            memory_mb=3008,
            machine=self._machine,
        )

    def _engine(self, request: object, directory: Path, *, fetch: object, control: Control) -> Rendered:
        script = self.plan.script()
        for second in range(script.seconds):
            control.check()
            self.scheduler.sleep(1)
            control.advance(100 * second / script.seconds)
        control.check()
        if script.end == "badly":
            raise RenderError("the clip is broken")
        if script.end == "crash":
            raise MemoryError
        control.advance(100)
        return Rendered(directory / "video.mp4", directory / "poster.jpg", 1.0, 320, 180, 1000)


@functools.cache
def _template() -> Mapping[str, Any]:
    template = load_template(Path(__file__).parents[2] / "template.yaml")
    properties: Mapping[str, Any] = template["Resources"]["Table"]["Properties"]
    return properties


def _copy(module: ModuleType) -> ModuleType:
    spec = module.__spec__
    assert spec is not None
    assert spec.loader is not None
    copy = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(copy)
    return copy
