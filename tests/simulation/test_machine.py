"""The same world, driven by Hypothesis: what it finds, it shrinks to the few steps that matter."""

from __future__ import annotations

from collections import deque

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from tests.simulation.encoder import Script
from tests.simulation.faults import Fault, Kind
from tests.simulation.mutations import MUTATIONS, Mutation
from tests.simulation.schedule import CALM_MS
from tests.simulation.tasks import Task
from tests.simulation.world import Options, World

PACE_MS = 5
DURATIONS = st.sampled_from((100, 5_000, 20_000, 130_000, 400_000))


class Wishes:
    """A plan in which all goes well, but for what was wished for next."""

    def __init__(self) -> None:
        self.next_deliveries: deque[list[int]] = deque()
        self.next_drops: deque[bool] = deque()
        self.next_skews: deque[int] = deque()
        self.next_scripts: deque[Script] = deque()
        self.next_answers: deque[int] = deque()
        self.overtimes: deque[int] = deque()

    def deliveries(self, what: str) -> list[int]:
        wished = self.next_deliveries.popleft() if self.next_deliveries else [20]
        return wished or ([20] if what == "webhooks" else [])

    def skew(self) -> int:
        return self.next_skews.popleft() if self.next_skews else 0

    def dropped(self) -> bool:
        return self.next_drops.popleft() if self.next_drops else False

    def overtime(self) -> int:
        return self.overtimes.popleft() if self.overtimes else 0

    def script(self) -> Script:
        return self.next_scripts.popleft() if self.next_scripts else Script(seconds=2)

    def answer(self) -> int:
        return self.next_answers.popleft() if self.next_answers else 200

    def forget(self) -> None:
        for wishes in vars(self).values():
            wishes.clear()


class Line(RuleBasedStateMachine):
    """Each rule is a step of the adversary; in the end all goes well, and all must come to its end."""

    mutation: Mutation | None = None

    def __init__(self) -> None:
        super().__init__()
        self.plan = Wishes()
        self.world = World(self.plan, Options(limit=1, render_timeout_s=120, mutation=self.mutation)).__enter__()

    # Clients and operators.

    @rule(priority=st.sampled_from(("normal", "high")), timeout=st.sampled_from((None, 2)))
    def submit(self, priority: str, timeout: int | None) -> None:
        body = {"webhookUrl": "http://127.0.0.1:9/webhook", "scenes": [{"text": "Hello", "duration": 1}]}
        more = {"priority": priority, "timeoutSeconds": timeout, "cache": False}
        self._request("POST", "/generate-video-async", body | more)

    @precondition(lambda self: self.world.table.jobs)
    @rule(number=st.integers(0, 5), what=st.sampled_from(("cancel", "retry", "webhooks/redeliver")))
    def change_a_job(self, number: int, what: str) -> None:
        jobs = list(self.world.table.jobs)
        self._request("POST", f"/jobs/{jobs[number % len(jobs)]}/{what}")

    @rule(body=st.sampled_from(({"maxConcurrent": 1}, {"maxConcurrent": 2}, {"paused": True}, {"paused": False})))
    def change_the_queue(self, body: dict[str, object]) -> None:
        self._request("PATCH", "/queue-settings", body)

    # Time.

    @rule(picks=st.lists(st.integers(0, 5), min_size=5, max_size=30))
    def go_on(self, picks: list[int]) -> None:
        for pick in picks:
            self._go_on(pick)

    @rule()
    def wait_a_minute(self) -> None:
        end = self.world.scheduler.now + 60_000
        while self.world.scheduler.now < end:
            self._go_on(0)

    # Faults.

    @rule(pick=st.integers(0, 5), kind=st.sampled_from(Kind), ms=DURATIONS)
    def hit(self, pick: int, kind: Kind, ms: int) -> None:
        """A fault befalls the call that a task stands before, if that can happen to it."""
        tasks = [task for task in self.world.scheduler.runnable() if task.call and kind in task.call.kinds]
        if tasks:
            self.world.step(tasks[pick % len(tasks)], Fault(kind, ms), PACE_MS)

    @rule(delays=st.lists(st.sampled_from((1, 30_000)), max_size=2))
    def next_delivery(self, delays: list[int]) -> None:
        self.plan.next_deliveries.append(delays)

    @rule(drops=st.lists(st.booleans(), min_size=1, max_size=2))
    def next_invocation(self, drops: list[bool]) -> None:
        self.plan.next_drops.extend(drops)

    @rule(skew=st.sampled_from((-5_000, 5_000)), overtime=st.sampled_from((0, 600_000)))
    def next_function(self, skew: int, overtime: int) -> None:
        self.plan.next_skews.append(skew)
        self.plan.overtimes.append(overtime)

    @rule(seconds=st.sampled_from((1, 20, 200)), end=st.sampled_from(("well", "badly", "crash")))
    def next_render(self, seconds: int, end: str) -> None:
        self.plan.next_scripts.append(Script(seconds, end))

    @rule()
    def next_webhook_is_refused(self) -> None:
        self.plan.next_answers.append(500)

    @rule()
    def next_receiver_is_gone(self) -> None:
        self.plan.next_answers.append(410)

    # What must hold.

    @invariant()
    def nothing_is_broken(self) -> None:
        assert self.world.invariants.violations == []

    def teardown(self) -> None:
        try:
            self._end()
        finally:
            self.world.__exit__()

    def _end(self) -> None:
        world = self.world
        if world.invariants.violations:
            return
        self.plan.forget()
        for process in world.platform.processes:
            process.frozen_until = 0
        world.invariants.calm()
        end = world.scheduler.now + CALM_MS
        resume = world.request("PATCH", "/queue-settings", {"paused": False})
        while not world.over and world.scheduler.now < end and not world.invariants.violations:
            if world.table.paused and not resume.alive:
                resume = world.request("PATCH", "/queue-settings", {"paused": False})
            self._go_on(0)
            world.invariants.look(calm=True)
        world.invariants.over()
        assert world.invariants.violations == []

    def _request(self, method: str, path: str, body: object = None) -> None:
        self.world.request(method, path, body)

    def _go_on(self, pick: int) -> None:
        tasks: list[Task] = self.world.scheduler.runnable()
        if tasks:
            self.world.step(tasks[pick % len(tasks)], None, PACE_MS)
        else:
            self.world.pass_time()


TestLine = Line.TestCase
TestLine.settings = settings(
    max_examples=30,
    stateful_step_count=40,
    deadline=None,
    database=None,
    report_multiple_bugs=False,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)


def test_what_it_finds_is_shrunk() -> None:
    """An admission that leaves the ticket in the line shows with one job; nothing else need happen."""

    class LeftBehind(Line):
        mutation = MUTATIONS[2]

    with pytest.raises(AssertionError, match="invariant 2") as found:
        run_state_machine_as_test(LeftBehind, settings=TestLine.settings)
    checks = ("state.nothing_is_broken", "state.teardown")
    steps = [note for note in found.value.__notes__ if note.startswith("state.") and not note.startswith(checks)]
    assert len(steps) <= 2, steps
