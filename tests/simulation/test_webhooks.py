"""Webhooks by the clock, while nothing else goes wrong: when each is tried, and what a slow receiver costs."""

from __future__ import annotations

from reelqueue import records
from tests.simulation.faults import Fault, Kind
from tests.simulation.tasks import START_MS
from tests.simulation.test_machine import Wishes
from tests.simulation.world import Options, World

BODY = {"webhookUrl": "http://127.0.0.1:9/webhook", "scenes": [{"text": "Hello", "duration": 1}], "cache": False}
FIRST, SECOND = f"{1:016x}", f"{2:016x}"


class Receiver(Wishes):
    """Down for so many seconds. ``tries`` are the seconds at which it was asked."""

    def __init__(self, down_s: int = 0) -> None:
        super().__init__()
        self.world: World | None = None
        self.down_s = down_s
        self.tries: list[float] = []

    def answer(self) -> int:
        assert self.world is not None
        self.tries.append((self.world.scheduler.now - START_MS) / 1000)
        return 503 if self.tries[-1] < self.down_s else 200


def live(world: World, jobs: int, *, slow_ms: int = 0) -> dict[tuple[str, str], float]:
    """Jobs from their submission until all is said of them; gives back when (in seconds) each reached which status."""
    reached: dict[tuple[str, str], float] = {}
    for _ in range(jobs):
        world.request("POST", "/generate-video-async", BODY)
    while len(world.table.jobs) < jobs or not world.over:
        tasks = world.scheduler.runnable()
        if tasks:
            call = tasks[0].call
            slow = slow_ms and call is not None and call.operation == "POST"
            world.step(tasks[0], Fault(Kind.SLOW, slow_ms) if slow else None, 1)
        else:
            world.pass_time()
        for job_id, job in world.table.jobs.items():
            reached.setdefault((job_id, job.status), (world.scheduler.now - START_MS) / 1000)
    assert world.invariants.violations == []
    return reached


def test_a_receiver_that_is_down_for_five_tries_gets_each_event_on_the_sixth() -> None:
    receiver = Receiver(down_s=15_000)
    with World(receiver, Options(limit=1)) as receiver.world:
        live(receiver.world, 1)
        row = receiver.world.database.row(records.webhooks_key(FIRST))
    assert row is not None
    entries = [row[f"msg_{FIRST}_1_{what}"]["M"] for what in ("processing", "completed")]
    assert [(entry["attempts"]["N"], entry["state"]["S"]) for entry in entries] == [("6", "delivered")] * 2
    assert len(receiver.tries) == 12
    # Two events, a few seconds apart, each by the schedule with up to a tenth more by chance.
    pauses = [0, 5, 300, 1_800, 7_200, 18_000]
    for number, (first, second) in enumerate(zip(receiver.tries[::2], receiver.tries[1::2], strict=True)):
        due = sum(pauses[: number + 1])
        assert due <= first < due * 1.1 + 30
        assert due <= second < due * 1.1 + 30


def test_a_slow_receiver_delays_neither_the_render_nor_the_next_one() -> None:
    times = []
    for slow_ms in (0, 20_000):
        receiver = Receiver()
        with World(receiver, Options(limit=1)) as receiver.world:
            times.append(live(receiver.world, 2, slow_ms=slow_ms))
    quick, slow = times
    for step in (FIRST, "processing"), (FIRST, "completed"), (SECOND, "processing"), (SECOND, "completed"):
        assert abs(slow[step] - quick[step]) < 0.3, step
