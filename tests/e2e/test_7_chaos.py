"""Chaos: thirty jobs, while everything that works on them is killed with ``kill -9``.

The renders' processes at random moments; the dispatcher's process between an admission and the invocation that should
follow it; and the emulator itself, as if all of AWS had lost its power and come back with its disks. What must be true
of every moment is read from the journal, which holds each row of the table after each single write.
"""

from __future__ import annotations

import time
from collections import Counter

import pytest
import requests

from reelqueue.dispatch import LEASE_OVER
from tests.e2e.chaos import (
    JOBS,
    KILLS,
    LIMIT,
    Chaos,
    completed_events,
    kill_renders,
    kill_the_dispatcher_in_an_admission,
    kill_the_emulator,
    sampled,
    why_lost,
)
from tests.e2e.conftest import alive, wait_until


@pytest.fixture(scope="module")
def chaos(tmp_path_factory: pytest.TempPathFactory) -> Chaos:
    """What there is to see when it is all over."""
    began = time.monotonic()
    chaos = Chaos(tmp_path_factory.mktemp("chaos"))
    print(f"seed {chaos.seed}")
    try:
        with sampled(chaos):
            chaos.client.finish(chaos.submit())
            kill_the_dispatcher_in_an_admission(chaos)
            chaos.submit_until(JOBS // 2)
            kill_renders(chaos, KILLS["before"])
            # Before the emulator is killed: at its next start that would be the reason.
            wait_until(lambda: bool(why_lost(chaos.journal(), chaos.interrupted)))
            chaos.submit_until(JOBS)
            kill_the_emulator(chaos)
            kill_renders(chaos, KILLS["after"])
            wait_until(chaos.all_ended, patience=180)
            wait_until(lambda: completed_events(chaos).keys() == set(chaos.jobs))
        chaos.final = [chaos.client.status(job_id) for job_id in chaos.jobs]
        chaos.queue = chaos.client.queue()
        assert all(requests.get(job["videoUrl"], timeout=30).ok for job in chaos.final)
    finally:
        chaos.stop()
    chaos.seconds = time.monotonic() - began
    attempts = Counter(job["attempt"] for job in chaos.final)
    print(f"{chaos.killed_renders} renders killed; attempts {dict(attempts)}; {chaos.seconds:.0f} s")
    return chaos


def test_every_job_is_completed(chaos: Chaos) -> None:
    assert [job["status"] for job in chaos.final] == ["completed"] * JOBS


def test_each_job_ends_once_and_no_end_is_taken_back(chaos: Chaos) -> None:
    seen: dict[str, list[str]] = {job_id: [] for job_id in chaos.jobs}
    for write in chaos.writes:
        for _, sort_key, row in write:
            if sort_key == "JOB" and row is not None:
                path = seen[row["jobId"]["S"]]
                if not path or path[-1] != row["status"]["S"]:
                    path.append(row["status"]["S"])
    assert {path[-1] for path in seen.values()} == {"completed"}
    assert all(path.count("completed") == 1 for path in seen.values())


def test_each_completion_has_one_webhook_id_and_arrived(chaos: Chaos) -> None:
    ids = completed_events(chaos)
    assert ids.keys() == set(chaos.jobs)
    assert all(len(of_job) == 1 for of_job in ids.values()), ids


def test_the_limit_held_after_every_write_and_in_every_sample(chaos: Chaos) -> None:
    active = [
        len(row["holders"]["M"])
        for write in chaos.writes
        for partition_key, _, row in write
        if partition_key == "SLOTS" and row is not None
    ]
    assert max(active) == LIMIT
    assert chaos.samples
    assert all(sample["activeRenders"] <= sample["maxConcurrent"] == LIMIT for sample in chaos.samples)


def test_all_slots_are_free_in_the_end(chaos: Chaos) -> None:
    assert chaos.queue == {
        "activeRenders": 0,
        "maxConcurrent": LIMIT,
        "queueLength": 0,
        "availableSlots": LIMIT,
        "queuedJobs": [],
    }


def test_the_admission_without_an_invocation_was_taken_back(chaos: Chaos) -> None:
    assert why_lost(chaos.writes, chaos.interrupted)[0] == LEASE_OVER


def test_no_process_is_left(chaos: Chaos) -> None:
    wait_until(lambda: not any(alive(pid) for pid in chaos.processes))
