"""Tasks: real threads of which exactly one runs at a time, on a clock that only the driver moves.

A task gives the baton back whenever it is about to talk to the world outside, sleeps, or waits; the driver decides who
gets it next. So a schedule is the sequence of the driver's decisions, and the same decisions give the same run.

Tasks belong to processes, as threads do. A killed process takes all its tasks with it: each is unwound by ``Killed``,
which no ``except Exception`` stops, and whatever its ``finally`` blocks try is cut off in the same way.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

START_MS = 1_763_145_000_000


class Killed(BaseException):
    """The process of this task is gone."""


def _taken() -> threading.Lock:
    """A lock as a baton: who acquires it waits until somebody else releases it."""
    lock = threading.Lock()
    lock.acquire()
    return lock


@dataclass(eq=False)
class Process:
    """One invocation of a function: its tasks, and its clock, which may be wrong. Times are true epoch milliseconds.

    ``renders`` is the job, the attempt and the leg of a render. ``line_read`` says which line it has seen, ``acts_on``
    which one its newest transaction was made for.
    """

    name: str
    skew_ms: int = 0
    deadline: int | None = None
    alive: bool = True
    frozen_until: int = 0
    tasks: list[Task] = field(default_factory=list)
    end: str = "crashed"
    renders: tuple[str, int, int] | None = None
    line_read: int | None = None
    acts_on: int | None = None

    def __str__(self) -> str:
        return self.name


@dataclass(eq=False)
class Task:
    """A thread. ``call`` is what it is about to do, if that is a call; ``ready`` and ``wakes_at`` what it waits for."""

    process: Process
    name: str
    body: Callable[[], object]
    call: Any = None
    ready: Callable[[], bool] | None = None
    wakes_at: int | None = 0
    done: bool = False
    value: Any = None
    error: BaseException | None = None
    answer: Any = None
    worker: Worker | None = None

    def __str__(self) -> str:
        return self.process.name if self.name == "main" else f"{self.process.name}/{self.name}"

    def runnable(self, now: int) -> bool:
        if self.process.frozen_until > now:
            return False
        return (self.wakes_at is not None and self.wakes_at <= now) or (self.ready is not None and self.ready())


class Worker:
    """A thread that runs one task after the other; threads are dear, tasks are many."""

    _idle: list[Worker] = []  # noqa: RUF012 - shared by all schedules of this process, on purpose

    def __init__(self) -> None:
        self.baton = _taken()
        self._task: Task | None = None
        self._back: Callable[[], None] = lambda: None
        threading.Thread(target=self._loop, name="simulated", daemon=True).start()

    @classmethod
    def take(cls) -> Worker:
        return cls._idle.pop() if cls._idle else cls()

    def give(self, task: Task, back: Callable[[], None]) -> None:
        self._task, self._back = task, back

    def _loop(self) -> None:
        while True:
            self.baton.acquire()
            task = self._task
            assert task is not None
            try:
                if not task.process.alive:
                    raise Killed
                task.value = task.body()
            except BaseException as error:  # noqa: BLE001 - whatever it was, the driver judges it
                task.error = error
            task.done, task.worker = True, None
            self._idle.append(self)
            self._back()


class Scheduler:
    """The baton and the clock. ``now`` is the true time, in epoch milliseconds."""

    def __init__(self) -> None:
        self.now = START_MS
        self.tasks: list[Task] = []
        self.current: Task | None = None
        self._acting: Process | None = None
        self._driver = _taken()

    # For the driver.

    def spawn(self, process: Process, name: str, body: Callable[[], object]) -> Task:
        """A new task, ready to run; called by the driver, or by a task of the same process."""
        task = Task(process, name, body, wakes_at=self.now)
        process.tasks.append(task)
        self.tasks.append(task)
        return task

    def runnable(self) -> list[Task]:
        return [task for task in self.tasks if task.runnable(self.now)]

    def next_wake(self) -> int | None:
        """When the first sleeper wakes or thaws; None if all wait for each other."""
        times = [
            max(task.wakes_at if task.wakes_at is not None else 0, task.process.frozen_until)
            for task in self.tasks
            if task.wakes_at is not None or (task.ready is not None and task.ready())
        ]
        return min(times, default=None)

    def resume(self, task: Task, answer: Any = None) -> None:
        """Let a task go on until it gives the baton back. ``answer`` is what its pause returns."""
        task.answer, task.call, task.ready, task.wakes_at = answer, None, None, None
        if task.worker is None:
            task.worker = Worker.take()
            task.worker.give(task, self._driver.release)
        worker = task.worker
        before, self.current = self.current, task
        worker.baton.release()
        self._driver.acquire()
        self.current = before
        if task.done:
            self.tasks.remove(task)

    def kill(self, process: Process) -> None:
        """End a process here and now, with all its tasks."""
        process.alive = False
        for task in [task for task in self.tasks if task.process is process]:
            self.resume(task)

    # For the tasks.

    @property
    def process(self) -> Process:
        """The process that runs right now, or whose call has its effect right now."""
        if self._acting is not None:
            return self._acting
        assert self.current is not None, "the driver is no process"
        return self.current.process

    @contextmanager
    def acting(self, process: Process) -> Iterator[None]:
        """What happens here, happens for a call of this process, which may be long gone."""
        self._acting = process
        try:
            yield
        finally:
            self._acting = None

    def pause(self, *, call: Any = None, ready: Callable[[], bool] | None = None, wakes_at: int | None = None) -> Any:
        """Give the baton back until ``ready`` says so or until a time; gives back the driver's answer."""
        task = self.current
        assert task is not None
        assert task.worker is not None
        if not task.process.alive:
            raise Killed
        task.call, task.ready, task.wakes_at = call, ready, wakes_at
        baton = task.worker.baton
        self._driver.release()
        baton.acquire()
        if not task.process.alive:
            raise Killed
        return task.answer

    def sleep(self, seconds: float) -> None:
        self.pause(wakes_at=self.now + round(1000 * seconds))


class Thread:
    """``threading.Thread`` as a task of the process that makes it."""

    def __init__(
        self,
        scheduler: Scheduler,
        *,
        target: Callable[..., object],
        args: tuple[object, ...] = (),
        name: str = "thread",
        daemon: bool = False,
    ) -> None:
        self._scheduler = scheduler
        self._name = name
        self._body = lambda: target(*args)
        self._task: Task | None = None

    def start(self) -> None:
        self._task = self._scheduler.spawn(self._scheduler.process, self._name, self._body)

    def join(self) -> None:
        task = self._task
        assert task is not None
        self._scheduler.pause(ready=lambda: task.done)


class Event:
    """``threading.Event`` in simulated time."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._set = False

    def set(self) -> None:
        self._set = True

    def wait(self, timeout: float | None = None) -> bool:
        wakes_at = None if timeout is None else self._scheduler.now + round(1000 * timeout)
        self._scheduler.pause(ready=lambda: self._set, wakes_at=wakes_at)
        return self._set


class Threads:
    """What a render uses of ``threading``."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler

    def Thread(self, **options: Any) -> Thread:
        return Thread(self._scheduler, **options)

    def Event(self) -> Event:
        return Event(self._scheduler)
