"""The world: the service as it is deployed, on a simulated AWS, driven one step at a time.

The handlers, the store and the render attempt are the real ones. Around them everything is simulated: the table's
engine is moto's, the rest stands in ``services.py`` and ``platform.py``. Whoever drives it decides what happens next.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import itertools
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from aws_lambda_powertools.utilities.batch.exceptions import BatchProcessingError
from botocore.exceptions import BotoCoreError, ClientError

import dispatcher.app
import status.app
import submit.app
import webhooks.app
from local.overlay import load_template
from reelqueue.audit import REPAIRED
from reelqueue.deployment import deployment
from reelqueue.table import Key
from reelqueue.webhooks import Sender, signing_key
from render.attempt import Invocation, Machine, run_leg
from render.engine.crew import Crew
from tests.simulation.containers import Containers
from tests.simulation.dynamodb import DynamoDB
from tests.simulation.encoder import Encoder, Script
from tests.simulation.faults import Fault
from tests.simulation.invariants import FINAL, Invariants
from tests.simulation.mirror import Mirror
from tests.simulation.mutations import MutableTable, Mutation
from tests.simulation.platform import Plan as PlatformPlan
from tests.simulation.platform import Platform
from tests.simulation.services import Bucket, Functions, OverWire, Queues, Receiver
from tests.simulation.surroundings import surroundings
from tests.simulation.tasks import Killed, Process, Scheduler, Task, Threads
from tests.simulation.timers import Timers
from tests.simulation.wire import Trace, Wire

EXPECTED = (ClientError, BotoCoreError, BatchProcessingError, MemoryError)
"""What a function may die of, here: the faults of others."""

SIGNING_KEY = signing_key("whsec_" + base64.b64encode(b"0123456789abcdef01234567").decode())


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


class World:
    """One deployment and all that runs in it. In a process one at a time: functions find it by ``deployment()``."""

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
        self.database = DynamoDB(table_properties(), "reelqueue", self._written)
        self.table = Mirror(self.database.row)
        self.invariants = Invariants(
            self.table,
            now=lambda: self.scheduler.now,
            reported=lambda job_id, attempt, leg: (job_id, attempt, leg) in self.platform.failed,
        )
        self._job_numbers = itertools.count(1)
        self._machine = Machine(
            engine=Encoder(plan.script, self.scheduler.sleep),
            # Never started, so of no processes.
            crew=lambda control, folder: contextlib.nullcontext(Crew(control, folder)),
            threads=Threads(self.scheduler),
            workdir=lambda: contextlib.nullcontext(Path("/nowhere")),
        )
        self.platform.handle = {
            "jobs": functools.partial(Containers.invoke, dispatcher.app),
            "schedule": functools.partial(Containers.invoke, dispatcher.app),
            "webhooks": functools.partial(Containers.invoke, webhooks.app),
            "render": self._render,
        }
        self._open = contextlib.ExitStack()

    def __enter__(self) -> World:
        variables = {
            "MAX_CONCURRENT_RENDERS": str(self.options.limit),
            "JOB_EXPIRY_SECONDS": str(self.options.expiry_s),
        }
        level = logging.INFO if self.options.keep_trace else logging.ERROR
        self._open.enter_context(surroundings(variables, self._logged, level))
        self._deploy()
        self.platform.tick()
        return self

    def __exit__(self, *error: object) -> None:
        for process in self.platform.processes:
            self.scheduler.kill(process)
        self._open.close()

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

    def redeploy(self, limit: int) -> None:
        """The stack is deployed with another parameter; the next dispatcher notices."""
        at = deployment()
        self.trace.add(self.scheduler.now, "operator", f"deploys with MaxConcurrentRenders={limit}")
        at.settings = replace(at.settings, max_concurrent_renders=limit)

    @property
    def over(self) -> bool:
        """Whether all jobs have ended, nothing is owed to anybody, and nobody is at work."""
        jobs = self.table.jobs.values()
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
        at.sqs = Queues(self.wire, self.platform.send, self.platform.postpone)
        at.sender = Sender(
            lambda: [SIGNING_KEY],
            clock=lambda: self._now() / 1000,
            session=Receiver(self.wire, self._take),  # type: ignore[arg-type]
        )
        client: Any = OverWire(self.wire, self.database, self.invariants, lambda: self.scheduler.process)
        at._table = MutableTable(client, "reelqueue", sleep=self.scheduler.sleep)
        at.store.now = at.reader.now = self._now
        if self.options.mutation is not None:
            self.options.mutation.apply(at.store)

    def _now(self) -> int:
        """The time as the process that asks believes it to be."""
        return self.scheduler.now + self.scheduler.process.skew_ms

    def _written(self, keys: Sequence[Key]) -> None:
        self.invariants.written(keys, self.scheduler.process)

    def _logged(self, record: logging.LogRecord) -> None:
        self.trace.note(self.scheduler.now, self.scheduler.current, f"    says: {record.getMessage()}")
        if record.getMessage() == REPAIRED:
            self.invariants.repaired(f"{record.__dict__['kind']} {record.__dict__['what']}")

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
        process.renders = payload["jobId"], payload["attempt"], payload["leg"]
        invocation = Invocation("render", process.deadline - self.scheduler.now, memory_mb=3008)
        run_leg(deployment(), *process.renders, invocation, self._machine)


@functools.cache
def table_properties() -> Mapping[str, Any]:
    """The table as ``template.yaml`` has it."""
    template = load_template(Path(__file__).parents[2] / "template.yaml")
    properties: Mapping[str, Any] = template["Resources"]["Table"]["Properties"]
    return properties
