"""Lambda, SQS and the schedule: who is invoked when, how often, with what, and what becomes of it.

A message or an invocation is delivered as often and as late as the plan says: twice, an hour later, never. Messages to
the dispatcher may be lost for good, since the design says that nothing hangs on them; those of the webhook queue may
only be late, since SQS keeps what it has taken.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from tests.simulation.tasks import Killed, Process, Scheduler, Task
from tests.simulation.timers import Timers
from tests.simulation.wire import Trace

VISIBILITY_MS = 180_000
EVENT_AGE_MS = 120_000
MINUTE_MS = 60_000


class Plan(Protocol):
    """What happens to deliveries and functions; all times in milliseconds."""

    def deliveries(self, what: str) -> list[int]:
        """The delay of each delivery of one message: of ``jobs``, ``webhooks``, ``invoke`` or ``schedule``."""

    def dropped(self) -> bool:
        """Whether Lambda gives up a delivery of an invocation, and reports it, though another one may run."""

    def skew(self) -> int:
        """How wrong the clock of a new process is."""

    def overtime(self) -> int:
        """How long a function goes on after Lambda should have ended it."""


@dataclass(eq=False)
class Message:
    receipt: str
    body: str
    visible_at: int


@dataclass(eq=False)
class Queue:
    """A queue and the function that its messages go to."""

    name: str
    batch: int
    concurrency: int
    messages: list[Message] = field(default_factory=list)
    running: int = 0


Ended = Callable[[str | None, Any], None]
"""Told how a process ended: why it failed (None: it did not), and what it returned."""


class Platform:
    """Runs processes. ``handle`` maps a queue's name, ``schedule`` and ``render`` to the body of an invocation."""

    def __init__(
        self, scheduler: Scheduler, timers: Timers, trace: Trace, plan: Plan, timeouts_ms: Mapping[str, int]
    ) -> None:
        self.plan = plan
        self.handle: dict[str, Callable[[Any, Process], object]] = {}
        self.failed: set[tuple[str, int, int]] = set()
        self.unexpected: list[str] = []
        self.queues = {
            "jobs": Queue("jobs", batch=10, concurrency=2),
            "webhooks": Queue("webhooks", batch=1, concurrency=5),
            "dead-letters": Queue("dead-letters", batch=0, concurrency=0),
        }
        self._scheduler = scheduler
        self._timers = timers
        self._trace = trace
        self._timeouts_ms = timeouts_ms
        self._running: list[tuple[Process, Task, Ended]] = []
        self._number = 0

    @property
    def processes(self) -> list[Process]:
        return [process for process, _, _ in self._running]

    def start(
        self, kind: str, body: Callable[[Process], object], ended: Ended = lambda failure, value: None
    ) -> Process:
        """Invoke a function."""
        self._number += 1
        timeout = self._timeouts_ms[kind]
        process = Process(f"{kind}#{self._number}", skew_ms=self.plan.skew(), deadline=self._scheduler.now + timeout)
        main = self._scheduler.spawn(process, "main", lambda: body(process))
        self._running.append((process, main, ended))
        self._timers.after(timeout + self.plan.overtime(), lambda: self._time_out(process))
        self._trace.add(self._scheduler.now, process, f"starts, clock {process.skew_ms:+d} ms")
        return process

    def reap(self) -> None:
        """Tell of the processes that have ended since, and end what is left of them."""
        for entry in list(self._running):
            process, main, ended = entry
            if process.alive and not main.done:
                continue
            self._running.remove(entry)
            crashed = not process.alive or isinstance(main.error, Killed)
            self._scheduler.kill(process)
            failure = process.end if crashed else None
            if not crashed and main.error is not None:
                failure = f"{type(main.error).__name__}: {main.error}"
            self._trace.add(self._scheduler.now, process, f"ends: {failure or 'well'}"[:160])
            ended(failure, main.value)

    # SQS.

    def send(self, queue: str, body: str, delay_ms: int = 0) -> None:
        for late in self.plan.deliveries(queue):
            self._number += 1
            message = Message(f"m{self._number}", body, self._scheduler.now + delay_ms + late)
            self.queues[queue].messages.append(message)
            self._poll_at(queue, message)

    def postpone(self, queue: str, receipt: str, ms: int) -> None:
        for message in self.queues[queue].messages:
            if message.receipt == receipt:
                message.visible_at = self._scheduler.now + ms
                self._poll_at(queue, message)

    def _poll_at(self, queue: str, message: Message) -> None:
        self._timers.after(max(0, message.visible_at - self._scheduler.now), lambda: self._poll(self.queues[queue]))

    def _poll(self, queue: Queue) -> None:
        now = self._scheduler.now
        batch = [message for message in queue.messages if message.visible_at <= now][: queue.batch]
        if not batch or queue.running >= queue.concurrency:
            return
        for message in batch:
            message.visible_at = now + VISIBILITY_MS
            self._poll_at(queue.name, message)
        queue.running += 1
        records = [
            {"messageId": message.receipt, "receiptHandle": message.receipt, "body": message.body}
            | {"eventSource": "aws:sqs", "attributes": {}}
            for message in batch
        ]

        def ended(failure: str | None, value: Any) -> None:
            queue.running -= 1
            if failure is None:
                kept = {entry["itemIdentifier"] for entry in value["batchItemFailures"]}
                done = {message.receipt for message in batch} - kept
                queue.messages = [message for message in queue.messages if message.receipt not in done]
            self._poll(queue)

        handle = self.handle[queue.name]
        self.start(queue.name, lambda process: handle({"Records": records}, process), ended)

    # The schedule.

    def tick(self) -> None:
        """The minute is over; the next one begins."""
        self._timers.after(MINUTE_MS, self.tick)
        handle = self.handle["schedule"]
        for late in self.plan.deliveries("schedule"):
            self._timers.after(
                late, lambda: self.start("schedule", lambda process: handle({"wake": "schedule"}, process))
            )

    # Lambda.

    def invoke(self, payload: Mapping[str, Any]) -> None:
        """Invoke a render, asynchronously: Lambda takes the event, and tries once."""
        deliveries = self.plan.deliveries("invoke")
        for late in deliveries:
            if self.plan.dropped():
                self._timers.after(late, lambda: self._report(payload, "EventAgeExceeded", None))
            else:
                self._timers.after(late, lambda: self._render(payload))
        if not deliveries:
            self._timers.after(EVENT_AGE_MS, lambda: self._report(payload, "EventAgeExceeded", None))

    def redeliver(self, payload: Mapping[str, Any]) -> None:
        """An invocation that was delivered long ago comes once more."""
        self._render(payload)

    def _render(self, payload: Mapping[str, Any]) -> None:
        def ended(failure: str | None, value: Any) -> None:
            if failure is not None:
                self._report(payload, "RetriesExhausted", failure)

        self.start("render", lambda process: self.handle["render"](payload, process), ended)

    def _report(self, payload: Mapping[str, Any], condition: str, failure: str | None) -> None:
        """The record of a failed invocation, as Lambda sends it to the jobs queue."""
        self.failed.add((payload["jobId"], payload["attempt"], payload["leg"]))
        record = {
            "requestContext": {"condition": condition},
            "requestPayload": payload,
            **({"responsePayload": {"errorMessage": failure}} if failure else {}),
        }
        self.send("jobs", json.dumps(record))

    def _time_out(self, process: Process) -> None:
        if process in self.processes:
            process.end = "Task timed out"
            self._scheduler.kill(process)
