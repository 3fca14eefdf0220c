"""The state machine of a job, and what clients see of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reelqueue.costs import Spent
from reelqueue.errors import AssetError, Conflict, OverItsTime
from reelqueue.jobs import MAX_ATTEMPTS, Job, JobStatus, Result, iso, new_job_id

SUBMITTED = 1_763_145_000_000
RESULT = Result("videos/a/1/video.mp4", "videos/a/1/poster.jpg", 4.0, 1920, 1080, 1_000_000, 7.5, 0.0004)


@pytest.fixture
def waiting() -> Job:
    return Job(
        id="abc123",
        owner="admin",
        status=JobStatus.QUEUED,
        ticket_key=f"{SUBMITTED}#abc123",
        webhook_url="https://app.example.com/hook",
        created_at=SUBMITTED,
        queued_at=SUBMITTED,
        expires_at=SUBMITTED + 3_600_000,
        metadata={"orderId": "ord_42"},
    )


@pytest.fixture
def rendering(waiting: Job) -> Job:
    return waiting.admitted().started(SUBMITTED + 1000)


def test_admission_begins_a_new_attempt(waiting: Job) -> None:
    admitted = waiting.admitted()
    assert (admitted.status, admitted.attempt, admitted.due) == (JobStatus.PROCESSING, 1, ())


def test_start_and_end_each_owe_one_webhook(rendering: Job) -> None:
    ended = rendering.completed(RESULT, SUBMITTED + 9000)
    assert [event.type for event in ended.due] == ["job.processing", "job.completed"]
    assert [event.id for event in ended.due] == ["msg_abc123_1_processing", "msg_abc123_1_completed"]


def test_an_event_shows_the_job_as_it_was_then(rendering: Job) -> None:
    ended = rendering.completed(RESULT, SUBMITTED + 9000)
    assert [event.data["status"] for event in ended.due] == ["processing", "completed"]
    assert [event.data["progress"] for event in ended.due] == [0, 100]


def test_a_lost_attempt_goes_back_to_its_old_place(rendering: Job) -> None:
    again = rendering.reclaimed("signal: killed", SUBMITTED + 5000)
    assert (again.status, again.ticket_key, again.attempt) == (JobStatus.QUEUED, rendering.ticket_key, 1)
    assert again.lost[0].reason == "signal: killed"


def test_a_job_that_is_lost_too_often_fails_and_says_why(waiting: Job) -> None:
    job = waiting
    for _ in range(MAX_ATTEMPTS):
        assert job.status is JobStatus.QUEUED
        job = job.admitted().started(SUBMITTED).reclaimed("out of memory", SUBMITTED + 5000)
    assert job.status is JobStatus.FAILED
    assert job.error is not None
    assert job.error["code"] == "RENDER_LOST"
    assert "out of memory" in str(job.error["message"])


def test_an_attempt_that_was_never_invoked_is_not_held_against_the_job(waiting: Job) -> None:
    job = waiting
    for _ in range(MAX_ATTEMPTS + 1):
        job = job.admitted().reclaimed("no capacity", SUBMITTED, counted=False)
    assert (job.status, job.attempt) == (JobStatus.QUEUED, MAX_ATTEMPTS + 1)
    assert [lost.reason for lost in job.lost] == ["no capacity"]


def test_a_lost_job_whose_caller_wants_it_cancelled_does_not_come_back(rendering: Job) -> None:
    job = replace(rendering, cancel_requested=True).reclaimed("signal: killed", SUBMITTED + 5000)
    assert job.status is JobStatus.CANCELLED


@pytest.mark.parametrize("status", [JobStatus.COMPLETED, JobStatus.FAILED])
def test_what_has_ended_cannot_be_cancelled(rendering: Job, status: JobStatus) -> None:
    with pytest.raises(Conflict, match=status.value):
        replace(rendering, status=status).cancellable()


def test_busy_time_counts_every_attempt(rendering: Job) -> None:
    second = rendering.reclaimed("lost", SUBMITTED + 5000).admitted().started(SUBMITTED + 20_000)
    assert second.busy_ms(SUBMITTED + 27_000) == 4000 + 7000


def test_the_answer_holds_only_what_applies(waiting: Job) -> None:
    assert waiting.answer() == {
        "jobId": "abc123",
        "status": "queued",
        "progress": 0,
        "message": "Waiting in line",
        "createdAt": "2025-11-14T18:30:00.000Z",
        "attempt": 0,
        "metadata": {"orderId": "ord_42"},
    }


def test_a_completed_job_tells_all_of_its_video(rendering: Job) -> None:
    answer = rendering.completed(RESULT, SUBMITTED + 9000).answer()
    expected = {"duration": 4.0, "width": 1920, "height": 1080, "bytes": 1_000_000, "renderSeconds": 7.5}
    assert answer.items() >= (expected | {"costUsd": 0.0004, "finishedAt": "2025-11-14T18:30:09.000Z"}).items()


def test_a_failed_job_names_the_element(rendering: Job) -> None:
    job = rendering.failed(AssetError("/scenes/2/elements/0/src", "is not an image"), SUBMITTED)
    assert job.answer()["error"] == {
        "code": "ASSET_INVALID",
        "message": "scenes[2].elements[0].src: is not an image",
        "details": [{"pointer": "/scenes/2/elements/0/src", "message": "is not an image"}],
    }


def test_progress_is_a_message_for_people(rendering: Job) -> None:
    assert replace(rendering, progress=45).message == "Rendering: 45%"
    assert "longer than 30 s" in rendering.failed(OverItsTime(30), SUBMITTED).message


def test_times_are_iso_8601_with_milliseconds() -> None:
    assert iso(1_763_145_000_042) == "2025-11-14T18:30:00.042Z"


def test_job_ids_are_not_guessable() -> None:
    assert len({new_job_id() for _ in range(1000)}) == 1000


def test_a_hand_over_changes_nothing_that_clients_see(rendering: Job) -> None:
    rendering = replace(rendering, progress=40)
    handed = rendering.handed_over(SUBMITTED + 9000, progress=30, headway=7, gets=20, puts=7)
    second = handed.started(SUBMITTED + 12_000)
    assert (handed.leg, handed.headway, handed.running_since) == (2, 7, None)
    assert second.answer() == rendering.answer()
    assert second.due == rendering.due


def test_what_all_legs_used_is_counted_and_the_time_between_them_is_not(rendering: Job) -> None:
    handed = rendering.handed_over(SUBMITTED + 9000, progress=30, headway=7, gets=20, puts=7)
    last = handed.started(SUBMITTED + 12_000).at_rest(SUBMITTED + 15_000, gets=20, puts=13)
    assert last.spent == Spent(ms=8000 + 3000, invocations=2, gets=40, puts=20)


def test_a_time_out_counts_over_all_legs(rendering: Job) -> None:
    job = replace(rendering, timeout_seconds=10).handed_over(SUBMITTED + 9000, progress=30, headway=7, gets=20, puts=7)
    second = job.started(SUBMITTED + 9500)
    assert not second.over_its_time(SUBMITTED + 10_999)
    assert second.over_its_time(SUBMITTED + 11_000)


def test_the_attempt_after_one_that_had_handed_over_begins_with_its_first_leg(rendering: Job) -> None:
    second = rendering.handed_over(SUBMITTED + 9000, progress=30, headway=7, gets=20, puts=7).started(SUBMITTED + 9500)
    again = second.reclaimed("signal: killed", SUBMITTED + 10_500).admitted()
    assert (again.attempt, again.leg, again.headway, again.running_since) == (2, 1, 0, None)
    assert again.lost[0].started_at == SUBMITTED + 1000
    assert again.spent.ms == 8000 + 1000
