"""Watches over a running render: writes its progress, and stops it when it may not or need not go on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from enum import Enum
from types import TracebackType
from typing import Protocol

from botocore.exceptions import BotoCoreError, ClientError

from reelqueue.jobs import Job
from reelqueue.observability import logger
from reelqueue.store import Fenced, Store
from render.engine.control import Control

TICK_SECONDS = 1.0
WRITE_EVERY_TICKS = 2


class StopReason(Enum):
    CANCELLED = "its caller cancelled it"
    FENCED = "the attempt was given up for lost"
    TIMEOUT = "it took longer than its caller allowed"
    SHORT = "its function's time runs short"


class Thread(Protocol):
    def start(self) -> None: ...

    def join(self) -> None: ...


class Event(Protocol):
    def set(self) -> None: ...

    def wait(self, timeout: float | None = None) -> bool: ...


class Threads(Protocol):
    """What is used of ``threading``, so that a simulation can bring threads of its own."""

    @property
    def Thread(self) -> Callable[..., Thread]: ...

    @property
    def Event(self) -> Callable[[], Event]: ...


class Watch:
    """A thread beside the encoder. Each second it asks whether the render may go on; every other time by writing.

    A render that is cancelled, fenced, or over its time is stopped by killing the encoder: it ends within two seconds.
    ``leave_at`` is when this invocation has to leave it, on the clock ``now`` (epoch milliseconds).
    """

    def __init__(
        self,
        store: Store,
        job: Job,
        control: Control,
        *,
        leave_at: int,
        now: Callable[[], int],
        threads: Threads = threading,
    ) -> None:
        self.reason: StopReason | None = None
        self._store = store
        self._job = job
        self._control = control
        self._leave_at = leave_at
        self._now = now
        self._written = job.progress
        self._over = threads.Event()
        self._thread = threads.Thread(target=self._run, name="watch", daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        tick = 0
        while not self._over.wait(TICK_SECONDS):
            tick += 1
            try:
                self.reason = self._look(write=tick % WRITE_EVERY_TICKS == 0)
            except (ClientError, BotoCoreError):
                # A passing fault of the table is no reason to throw a render away; the lease bounds it.
                logger.exception("progress could not be written")
            if self.reason is not None:
                self._control.request_stop()
                return

    def _look(self, *, write: bool) -> StopReason | None:
        now = self._now()
        if self._job.over_its_time(now):
            return StopReason.TIMEOUT
        if now >= self._leave_at:
            return StopReason.SHORT
        percent = percent_of(self._control)
        try:
            if write and percent > self._written:
                cancel = self._store.progress(self._job, percent)
                self._written = percent
            else:
                cancel = self._store.still_mine(self._job)
        except Fenced:
            return StopReason.FENCED
        return StopReason.CANCELLED if cancel else None


def percent_of(control: Control) -> int:
    """The progress of a render that has not ended, in whole percent."""
    return min(99, int(control.progress))
