"""The world tells on the audit: what it repairs in silence on AWS is a violation here."""

from __future__ import annotations

import random

from reelqueue import records
from reelqueue.deployment import deployment
from tests.simulation.adversary import Adversary
from tests.simulation.tasks import Process
from tests.simulation.world import Options, World


def test_a_repair_of_the_audit_is_a_violation() -> None:
    adversary = Adversary(random.Random(1), calm=True)
    with World(adversary, Options()) as world:
        _minutes(world, 2)
        assert world.invariants.violations == []
        stray = {"attempt": 1, "until": world.scheduler.now + 10**9}
        table = deployment().store.table
        write = table.change(records.SLOTS_KEY, names={"job": "stray"}, sets={"#holders.#job": stray})["Update"]
        with world.scheduler.acting(Process("somebody")):
            world.database._apply("Update", write)
        _minutes(world, 2)
        assert world.invariants.violations == ["invariant 2: the audit had to repair slots stray"]


def _minutes(world: World, minutes: int) -> None:
    end = world.scheduler.now + 60_000 * minutes
    while world.scheduler.now < end:
        tasks = world.scheduler.runnable()
        if tasks:
            world.step(tasks[0], None, 5)
        else:
            world.pass_time()
