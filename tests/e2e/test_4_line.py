"""Many jobs at once: never more than the cap render, and first come is first served."""

from __future__ import annotations

import time

from tests.e2e.conftest import CAP, Client

JOBS = 8


def test_the_cap_and_the_order_hold_in_every_sample(client: Client) -> None:
    submitted = [client.submit(scenes=[{"text": f"Number {n}", "duration": 1}]) for n in range(JOBS)]

    samples = [client.queue()]
    deadline = time.monotonic() + 60
    while samples[-1]["activeRenders"] + samples[-1]["queueLength"] > 0:
        assert time.monotonic() < deadline
        samples.append(client.queue())

    assert max(sample["activeRenders"] for sample in samples) == CAP
    for sample in samples:
        waiting = [job["jobId"] for job in sample["queuedJobs"]]
        # Who waits is always the youngest: the others, and only they, have started.
        assert waiting == submitted[JOBS - len(waiting) :]
    assert {client.status(job_id)["status"] for job_id in submitted} == {"completed"}
