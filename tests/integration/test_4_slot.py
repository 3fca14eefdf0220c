"""slot: never more than the limit, in order, and none stays lost."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from reelqueue.jobs import MAX_ATTEMPTS, MEMORY_RAN_OUT, JobStatus
from reelqueue.line import Ticket
from reelqueue.semaphore import deploy_limit
from reelqueue.store import Fenced
from reelqueue.table import ConditionFailed
from tests.integration.conftest import Service, failure, request

WAKE = {"wake": "submitted"}


def status_of(service: Service, job_id: str) -> JobStatus:
    job = service.store.job(job_id)
    assert job is not None
    return job.status


def test_the_head_of_the_line_gets_the_slots_and_no_more_than_there_are(service: Service) -> None:
    ids = [service.submit() for _ in range(7)]
    assert service.dispatch(WAKE) == [(job_id, 1) for job_id in ids[:5]]
    assert service.dispatch(WAKE) == []
    assert set(service.store.slots().holders) == set(ids[:5])


def test_a_job_is_admitted_once_however_often_its_ticket_was_seen(service: Service) -> None:
    service.dispatch()
    service.submit()
    [ticket] = service.store.line()
    service.store.admit(ticket)
    with pytest.raises(ConditionFailed) as refused:
        service.store.admit(ticket)
    assert set(refused.value.old) == {0, 1, 5}  # the slots, the ticket, the job
    assert service.store.slots().active == 1


def test_the_last_slot_goes_to_one_of_two(service: Service) -> None:
    for _ in range(6):
        service.submit()
    service.dispatch()
    [ticket] = service.store.line()
    with pytest.raises(ConditionFailed) as refused:
        service.store.admit(ticket)
    assert set(refused.value.old) == {0}


def test_a_lowered_limit_kills_nothing_and_starts_nothing_until_it_is_reached(service: Service) -> None:
    ids = [service.submit() for _ in range(6)]
    service.dispatch()
    service.at.settings.__dict__["max_concurrent_renders"] = 2
    assert service.dispatch() == []
    assert service.store.slots().active == 5
    for job_id in ids[:3]:
        service.store.reclaim(job_id, 1, "test", counted=False)
        service.call("POST", f"/jobs/{job_id}/cancel")
        assert service.dispatch() == []
    service.store.reclaim(ids[3], 1, "test", counted=False)
    assert service.dispatch() == [(ids[3], 2)]


def test_an_administrator_sets_the_limit_while_renders_run(service: Service) -> None:
    ids = [service.submit() for _ in range(9)]
    service.dispatch()
    lowered = service.call("PATCH", "/queue-settings", {"maxConcurrent": 2})
    assert lowered.body == {
        "success": True,
        "activeRenders": 5,
        "maxConcurrent": 2,
        "queueLength": 4,
        "availableSlots": 0,
        "paused": False,
    }
    assert service.dispatch() == []
    assert service.store.slots().active == 5
    service.messages("jobs")
    service.call("PATCH", "/queue-settings", {"maxConcurrent": 8})
    assert service.messages("jobs") == [{"wake": "queue settings"}]
    assert service.dispatch(WAKE) == [(job_id, 1) for job_id in ids[5:8]]


def test_whichever_limit_was_set_last_counts(service: Service) -> None:
    service.dispatch()
    service.call("PATCH", "/queue-settings", {"maxConcurrent": 2})
    service.dispatch()
    assert service.store.slots().limit == 2  # the deployment said 5, but before
    service.at.settings.__dict__["max_concurrent_renders"] = 6
    service.dispatch()
    assert service.store.slots().limit == 6
    service.call("PATCH", "/queue-settings", {"maxConcurrent": 3})
    service.dispatch()
    assert service.store.slots().limit == 3


def test_a_paused_queue_starts_nothing_until_it_is_resumed(service: Service) -> None:
    service.call("PATCH", "/queue-settings", {"paused": True})
    job_id = service.submit()
    assert service.dispatch(WAKE) == []
    assert service.call("GET", "/queue-status").body["paused"] is True
    assert "estimatedStartAt" not in service.call("GET", f"/job-status/{job_id}").body["queue"]
    service.call("PATCH", "/queue-settings", {"paused": False})
    assert "paused" not in service.call("GET", "/queue-status").body
    assert service.dispatch(WAKE) == [(job_id, 1)]


def test_only_administrators_set_the_queue(service: Service) -> None:
    answer = service.call("PATCH", "/queue-settings", {"paused": True}, caller="shop", administrator=False)
    assert (answer.status, answer.body["error"]["code"]) == (403, "FORBIDDEN")
    assert not service.store.slots().paused


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, ""),
        ([], ""),
        ({"maxConcurrent": 0}, "/maxConcurrent"),
        ({"maxConcurrent": True}, "/maxConcurrent"),
        ({"maxConcurrent": 2.5}, "/maxConcurrent"),
        ({"maxConcurrent": None}, "/maxConcurrent"),
        ({"maxConcurrent": 1001}, "/maxConcurrent"),
        ({"paused": "yes"}, "/paused"),
        ({"limit": 3}, "/limit"),
    ],
)
def test_a_wrong_setting_of_the_queue_is_named(service: Service, body: object, pointer: str) -> None:
    answer = service.call("PATCH", "/queue-settings", body)
    assert (answer.status, answer.body["error"]["details"][0]["pointer"]) == (422, pointer)


def test_a_raised_limit_starts_the_difference_at_once(service: Service) -> None:
    ids = [service.submit() for _ in range(9)]
    service.dispatch()
    service.at.settings.__dict__["max_concurrent_renders"] = 8
    assert service.dispatch() == [(job_id, 1) for job_id in ids[5:8]]


def test_a_killed_render_is_back_in_line_at_its_old_place(service: Service) -> None:
    first = service.submit()
    service.dispatch()
    later = service.submit()
    deploy_limit(service.store, 1)
    assert service.dispatch(failure(first, 1)) == [(first, 2), (later, 1)]
    job = service.store.job(first)
    assert job is not None
    assert [attempt.reason for attempt in job.lost] == ["exit status 1"]


def test_a_render_whose_invocation_was_dropped_is_back_in_line(service: Service) -> None:
    job_id = service.submit()
    service.dispatch()
    record = failure(job_id, 1, requestContext={"condition": "EventAgeExceeded"}, responsePayload=None)
    assert service.dispatch(record) == [(job_id, 2)]


def test_a_dead_letter_of_the_dispatcher_itself_is_a_wake_up_when_it_is_moved_back(service: Service) -> None:
    job_id = service.submit()
    own = failure("", 0) | {"requestPayload": {"wake": "schedule"}}
    assert service.dispatch(own) == [(job_id, 1)]


def test_a_late_failure_record_of_an_older_attempt_changes_nothing(service: Service) -> None:
    job_id = service.submit()
    service.dispatch()
    service.dispatch(failure(job_id, 1))
    assert service.dispatch(failure(job_id, 1)) == []
    assert status_of(service, job_id) is JobStatus.PROCESSING


def test_after_three_lost_attempts_a_job_has_failed(service: Service) -> None:
    job_id = service.submit()
    service.dispatch()
    for attempt in range(1, MAX_ATTEMPTS + 1):
        service.dispatch(failure(job_id, attempt))
    answer = service.call("GET", f"/job-status/{job_id}").body
    assert (answer["status"], answer["error"]["code"]) == ("failed", "RENDER_LOST")
    assert "exit status 1" in answer["error"]["message"]
    assert service.store.slots().active == 0
    assert [event["type"] for event in service.messages("webhooks")] == ["job.failed"]


def test_a_render_that_never_reports_loses_its_slot_when_the_lease_is_over(service: Service) -> None:
    job_id = service.submit()
    service.dispatch()
    service.clock.sleep(170)
    assert service.dispatch() == []
    service.clock.sleep(20)
    assert service.dispatch() == [(job_id, 2)]


def test_a_render_that_hangs_beyond_its_time_out_fails_and_is_not_tried_again(service: Service) -> None:
    job_id = service.submit(request(timeoutSeconds=100))
    service.dispatch()
    job = service.store.job(job_id)
    assert job is not None
    service.store.start(job, service.clock() + 900_000)
    service.clock.sleep(150)
    assert service.dispatch() == []
    assert status_of(service, job_id) is JobStatus.PROCESSING
    service.clock.sleep(20)
    assert service.dispatch() == []
    answer = service.call("GET", f"/job-status/{job_id}").body
    assert (answer["status"], answer["error"]["code"]) == ("failed", "RENDER_TIMEOUT")
    assert "100 s" in answer["message"]
    assert service.store.slots().active == 0


def test_each_lost_attempt_is_kept_with_its_reason(service: Service) -> None:
    job_id = service.submit()
    service.dispatch()
    service.dispatch(failure(job_id, 1))
    service.dispatch(failure(job_id, 2, responsePayload={"errorType": "WorkerDied"}))
    answer = service.call("GET", f"/job-status/{job_id}").body
    assert [(lost["attempt"], lost["reason"]) for lost in answer["lostAttempts"]] == [
        (1, "exit status 1"),
        (2, "WorkerDied"),
    ]


KILLED = {
    "errorType": "Runtime.ExitError",
    "errorMessage": "RequestId: 1 Error: Runtime exited with error: signal: killed",
}
OUT_OF_MEMORY = {"errorType": "Runtime.OutOfMemory", "errorMessage": "RequestId: 1 Error: Runtime exited"}


@pytest.mark.parametrize("response", [KILLED, OUT_OF_MEMORY])
def test_an_attempt_that_was_killed_for_want_of_memory_is_told_apart(
    service: Service, response: dict[str, str]
) -> None:
    job_id = service.submit()
    service.dispatch()
    service.dispatch(failure(job_id, 1, responsePayload=response))
    job = service.store.job(job_id)
    assert job is not None
    assert ([attempt.reason for attempt in job.lost], job.memory_kills) == ([MEMORY_RAN_OUT], 1)


def test_a_job_that_is_killed_for_want_of_memory_again_and_again_says_what_to_do(service: Service) -> None:
    job_id = service.submit()
    service.dispatch()
    for attempt in range(1, MAX_ATTEMPTS + 1):
        service.dispatch(failure(job_id, attempt, responsePayload=OUT_OF_MEMORY))
    answer = service.call("GET", f"/job-status/{job_id}").body
    assert (answer["status"], answer["error"]["code"]) == ("failed", "OUT_OF_MEMORY")
    assert "RenderMemory" in answer["error"]["message"]


def test_a_started_render_holds_its_slot_until_its_function_must_be_over(service: Service) -> None:
    job_id = service.submit()
    service.dispatch()
    job = service.store.job(job_id)
    assert job is not None
    service.store.start(job, service.clock() + 900_000)
    service.clock.sleep(950)
    assert service.dispatch() == []
    service.clock.sleep(20)
    assert service.dispatch() == [(job_id, 2)]


def test_a_lease_that_was_renewed_is_not_taken_back(service: Service) -> None:
    job_id = service.submit()
    service.dispatch()
    stale = service.store.slots().holders[job_id]
    job = service.store.job(job_id)
    assert job is not None
    service.store.start(job, service.clock() + 900_000)
    assert service.store.reclaim(job_id, 1, "lease over", lease=stale) is None
    assert status_of(service, job_id) is JobStatus.PROCESSING


def test_a_fenced_render_can_write_nothing(service: Service) -> None:
    job_id = service.submit()
    service.dispatch()
    job = service.store.job(job_id)
    assert job is not None
    job = service.store.start(job, service.clock() + 900_000)
    service.dispatch(failure(job_id, 1))
    for write in (
        lambda: service.store.start(job, service.clock() + 900_000),
        lambda: service.store.progress(job, 50),
        lambda: service.store.still_mine(job),
        lambda: service.store.finish(job, job.cancelled(service.clock())),
    ):
        with pytest.raises(Fenced):
            write()
    assert service.store.slots().holders[job_id].attempt == 2


def test_a_second_delivery_of_an_invocation_does_not_start(service: Service) -> None:
    job_id = service.submit()
    service.dispatch()
    job = service.store.job(job_id)
    assert job is not None
    service.store.start(job, service.clock() + 900_000)
    with pytest.raises(Fenced):
        service.store.start(job, service.clock() + 900_000)


def test_attempts_that_never_began_are_not_held_against_the_job(service: Service) -> None:
    """Ten minutes without capacity: the render was dropped by Lambda, or nobody ever heard of it again."""
    job_id = service.submit()
    service.dispatch()
    for attempt in range(1, 5):
        record = failure(job_id, attempt, requestContext={"condition": "EventAgeExceeded"}, responsePayload=None)
        assert service.dispatch(record) == [(job_id, attempt + 1)]
    service.clock.sleep(181)
    assert service.dispatch() == [(job_id, 6)]
    answer = service.call("GET", f"/job-status/{job_id}").body
    assert [lost["attempt"] for lost in answer["lostAttempts"]] == [5]


def test_a_refused_invocation_gives_the_slot_back_and_is_tried_again(service: Service) -> None:
    job_id = service.submit()
    service.renders.refuse = True
    with pytest.raises(ClientError):
        service.dispatch()
    assert (service.store.slots().active, status_of(service, job_id)) == (0, JobStatus.QUEUED)
    service.renders.refuse = False
    assert service.dispatch() == [(job_id, 2)]


def test_refused_invocations_keep_nothing_from_expiring(service: Service) -> None:
    job_id = service.submit(request(expiresInSeconds=60))
    service.submit(request(priority="high"))
    service.renders.refuse = True
    service.clock.sleep(61)
    with pytest.raises(ClientError):
        service.dispatch()
    assert status_of(service, job_id) is JobStatus.CANCELLED


def test_an_interrupted_job_gets_its_patience_anew(service: Service) -> None:
    job_id = service.submit(request(expiresInSeconds=60))
    service.dispatch()
    job = service.store.job(job_id)
    assert job is not None
    service.store.start(job, service.clock() + 900_000)
    service.clock.sleep(300)
    assert service.dispatch(failure(job_id, 1)) == [(job_id, 2)]


def test_a_rendering_job_is_marked_and_its_loss_cancels_it(service: Service) -> None:
    job_id = service.submit()
    service.dispatch()
    answer = service.call("POST", f"/jobs/{job_id}/cancel")
    assert (answer.status, answer.body["status"]) == (200, "processing")
    job = service.store.job(job_id)
    assert job is not None
    assert service.store.progress(job, 10)
    assert service.dispatch(failure(job_id, 1)) == []
    assert status_of(service, job_id) is JobStatus.CANCELLED


def test_a_ticket_without_a_job_in_line_is_passed_over(service: Service) -> None:
    service.dispatch()
    stray = Ticket("0000000000001#stray", "stray", "admin", 1, 2 * service.clock.ms)
    row = {"pk": "LINE", "sk": stray.key, "jobId": "stray", "owner": "admin", "queuedAt": 1, "attempt": 0}
    service.store.table.transact([service.store.table.put({**row, "expiresAt": stray.expires_at})])
    job_id = service.submit()
    assert service.dispatch() == [(job_id, 1)]
