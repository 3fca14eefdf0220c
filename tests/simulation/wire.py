"""The line between the service and the world outside: every call crosses here, and here the faults happen.

A task that makes a call first gives the baton back, so that others may go on; whoever gives it the baton again says
what befalls the call. Then, in one piece, the call has its effect or not, and its caller gets an answer or not.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from typing import TypeVar

from botocore.exceptions import ClientError

from tests.simulation.dynamodb import canceled
from tests.simulation.faults import Call, Fault, Kind, client_error
from tests.simulation.tasks import START_MS, Killed, Process, Scheduler
from tests.simulation.timers import Timers

T = TypeVar("T")


class Trace:
    """What happened, a line for each step. Two runs of one seed have the same digest."""

    def __init__(self, *, keep: bool) -> None:
        self.lines: list[str] = []
        self._keep = keep
        self._hash = hashlib.sha256()

    def add(self, now: int, who: object, what: str) -> None:
        line = _line(now, who, what)
        self._hash.update(line.encode())
        if self._keep:
            self.lines.append(line)

    def note(self, now: int, who: object, what: str) -> None:
        """For readers only: it is no step, and not in the digest."""
        if self._keep:
            self.lines.append(_line(now, who, what))

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()


def _line(now: int, who: object, what: str) -> str:
    return f"{(now - START_MS) / 1000:10.3f}  {who!s:<28} {what}"


class Wire:
    """Lets calls pass, or not. Counts them and the faults that befall them."""

    def __init__(self, scheduler: Scheduler, timers: Timers, trace: Trace) -> None:
        self.calls: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self._scheduler = scheduler
        self._timers = timers
        self._trace = trace

    def call(self, call: Call, effect: Callable[[], T]) -> T:
        """Make a call; ``effect`` is what it does, and what it answers."""
        scheduler = self._scheduler
        process = scheduler.process
        fault = self._ask(call, process)
        match fault.kind if fault else None:
            case Kind.CRASH_BEFORE:
                self._crash(process)
            case Kind.LOST:
                raise call.timed_out()
            case Kind.REFUSED:
                raise call.refused()
            case Kind.CONFLICT:
                if call.operation == "UpdateItem":
                    raise client_error("TransactionConflictException", call.operation)
                raise canceled([{"Code": "TransactionConflict"}], "TransactionConflict")
            case Kind.LATE:
                assert fault is not None
                self._timers.after(fault.ms, lambda: self._late(call, effect, process))
                raise call.timed_out()
            case Kind.CRASH_AFTER:
                _quietly(effect)
                self._crash(process)
            case Kind.ANSWER_LOST:
                _quietly(effect)
                raise call.timed_out()
            case Kind.IN_PROGRESS:
                _quietly(effect)
                raise client_error("TransactionInProgressException", call.operation)
            case Kind.REPEATED:
                assert fault is not None
                _quietly(effect)
                scheduler.pause(wakes_at=scheduler.now + fault.ms)
                self._trace.add(scheduler.now, scheduler.current, f"again: {call}")
                return effect()
            case Kind.SLOW:
                assert fault is not None
                scheduler.pause(wakes_at=scheduler.now + fault.ms)
                answer = effect()
                scheduler.pause(wakes_at=scheduler.now + fault.ms)
                return answer
        return effect()

    def _ask(self, call: Call, process: Process) -> Fault | None:
        scheduler = self._scheduler
        while True:
            fault: Fault | None = scheduler.pause(call=call, wakes_at=scheduler.now)
            self._trace.add(scheduler.now, scheduler.current, f"{call}{f'  <- {fault.kind}' if fault else ''}")
            self.calls[call.operation] += 1
            if fault is None:
                return None
            self.faults[str(fault.kind)] += 1
            if fault.kind is not Kind.FROZEN:
                return fault
            process.frozen_until = scheduler.now + fault.ms

    def _crash(self, process: Process) -> None:
        process.alive = False
        raise Killed

    def _late(self, call: Call, effect: Callable[[], object], process: Process) -> None:
        self._trace.add(self._scheduler.now, process.name, f"late: {call}")
        with self._scheduler.acting(process):
            _quietly(effect)


def _quietly(effect: Callable[[], object]) -> bool:
    """Have an effect whose answer nobody gets; whether it was had."""
    try:
        effect()
    except ClientError:
        return False
    return True
