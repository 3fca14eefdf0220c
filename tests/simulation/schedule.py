"""One schedule: a world, an adversary with a seed, a while of faults, then a calm in which all must come to its end."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field

from tests.simulation.adversary import Adversary
from tests.simulation.invariants import FINAL
from tests.simulation.mutations import Mutation
from tests.simulation.world import Options, World

MAX_JOBS = 6
CALM_MS = 6 * 3_600_000
"""All has to be over so long after the faults have stopped: three attempts, and a webhook's pauses."""


@dataclass
class Outcome:
    """What became of a schedule. ``violations`` is empty, or the run ended with the first."""

    seed: int
    violations: list[str]
    digest: str
    trace: list[str]
    calls: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    actions: Counter[str] = field(default_factory=Counter)
    jobs: int = 0
    starts: int = 0
    handovers: int = 0
    ends: int = 0
    simulated_ms: int = 0


def run(seed: int, *, mutation: Mutation | None = None, keep_trace: bool = False) -> Outcome:
    """Run the schedule of a seed. The same seed gives the same trace."""
    rng = random.Random(seed)
    # The jitter of the pauses between tries comes from here.
    random.seed(seed)
    adversary = Adversary(rng)
    options = Options(
        limit=rng.randint(1, 3),
        # The shortest one that can be deployed: renders hand over after 15 s.
        render_timeout_s=rng.choice((30, 120) if adversary.mix.stalls else (30, 30, 120, 300, 900)),
        expiry_s=rng.choice((90, 600, 86_400)),
        mutation=mutation,
        keep_trace=keep_trace,
    )
    with World(adversary, options) as world:
        begin = world.scheduler.now
        _disturb(world, adversary, rng)
        if not world.invariants.violations:
            _calm(world, adversary)
        invariants = world.invariants
        return Outcome(
            seed,
            invariants.violations,
            world.trace.digest,
            world.trace.lines,
            world.wire.calls,
            world.wire.faults + adversary.injected,
            adversary.actions,
            len(world.table.jobs),
            invariants.starts,
            invariants.handovers,
            invariants.ends,
            world.scheduler.now - begin,
        )


def _disturb(world: World, adversary: Adversary, rng: random.Random) -> None:
    """A while in which anything may go wrong."""
    left = rng.randint(1, MAX_JOBS)
    steps = 250 if adversary.mix.stalls else rng.choice((60, 120, 250))
    interference = 0.02 if adversary.mix.stalls else rng.choice((0.02, 0.05, 0.15))
    for step in range(steps):
        if world.invariants.violations:
            return
        if left and rng.random() < (0.3 if step < 30 else 0.05):
            left -= 1
            _submit(world, rng)
            adversary.actions["submit"] += 1
        elif rng.random() < interference:
            adversary.actions[_interfere(world, rng)] += 1
        if any(attempt > 1 for attempt in world.table.holders.values()):
            late = adversary.thaw(world.platform.processes, world.scheduler.now)
            if late is not None:
                late.frozen_until = 0
        for job_id, job in world.table.jobs.items():
            if job.status == "processing" and job.leg > 1 and job.running_since is None and adversary.again():
                world.platform.redeliver({"jobId": job_id, "attempt": job.attempt, "leg": job.leg - 1})
        _go_on(world, adversary)


def _go_on(world: World, adversary: Adversary) -> None:
    tasks = world.scheduler.runnable()
    if not tasks:
        world.pass_time()
        return
    task = adversary.pick(tasks)
    world.step(task, adversary.fault(task.call), adversary.pace())


def _calm(world: World, adversary: Adversary) -> None:
    """No more faults: whatever was left undone must be done now, without anybody's help."""
    adversary.calm = True
    for process in world.platform.processes:
        process.frozen_until = 0
    world.invariants.calm()
    resume = world.request("PATCH", "/queue-settings", {"paused": False})
    end = world.scheduler.now + CALM_MS
    while not world.over:
        if world.invariants.violations or world.scheduler.now > end:
            break
        if world.table.paused and not resume.alive:
            # A call that pauses came late, out of the time of faults.
            resume = world.request("PATCH", "/queue-settings", {"paused": False})
        _go_on(world, adversary)
        world.invariants.look(calm=True)
    world.invariants.over()


def _submit(world: World, rng: random.Random) -> None:
    body: dict[str, object] = {
        "webhookUrl": "http://127.0.0.1:9/webhook",
        "scenes": [{"text": "Hello", "duration": 1}],
        "priority": rng.choice(("low", "normal", "normal", "normal", "high")),
        # So each has segments of its own.
        "cache": False,
    }
    if rng.random() < 0.2:
        body["timeoutSeconds"] = rng.choice((2, 10, 60, 300))
    headers = {"Idempotency-Key": f"key-{rng.randint(1, 3)}"} if rng.random() < 0.2 else {}
    world.request("POST", "/generate-video-async", body, headers=headers)


def _interfere(world: World, rng: random.Random) -> str:
    """What clients and operators do at the wrong moment; gives back its name."""
    jobs = world.table.jobs
    what = rng.choice(
        (
            *["cancel", "retry"] * 3,
            *("webhooks/redeliver", "status", "queue", "limit", "pause", "resume", "deploy", "set a clock"),
        )
    )
    fitting = [job_id for job_id, job in jobs.items() if (job.status in FINAL) is (what == "retry")]
    job = rng.choice(fitting or [*jobs] or [None])
    match what:
        case "cancel" | "retry" | "webhooks/redeliver" if job:
            world.request("POST", f"/jobs/{job}/{what}")
        case "status" if job:
            world.request("GET", f"/job-status/{job}")
        case "queue":
            world.request("GET", "/queue-status")
        case "limit":
            world.request("PATCH", "/queue-settings", {"maxConcurrent": rng.randint(1, 4)})
        case "pause" | "resume":
            world.request("PATCH", "/queue-settings", {"paused": what == "pause"})
        case "deploy":
            world.redeploy(rng.randint(1, 4))
        case "set a clock":
            for process in world.platform.processes[-1:]:
                process.skew_ms = rng.randint(-5_000, 5_000)
    return what
