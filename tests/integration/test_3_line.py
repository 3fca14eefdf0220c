"""line: the order in which jobs wait, what their callers see of it, and how they leave it."""

from __future__ import annotations

import random

from reelqueue.jobs import MAX_ATTEMPTS, JobStatus
from reelqueue.records import request_key
from tests.integration.conftest import Service, request


def test_first_in_first_out_inside_a_priority(service: Service) -> None:
    normal = [service.submit() for _ in range(3)]
    low = service.submit(request(priority="low"))
    high = service.submit(request(priority="high"))
    assert [ticket.job_id for ticket in service.store.line()] == [high, *normal, low]


def test_a_waiting_job_knows_its_position_and_when_it_will_start(service: Service) -> None:
    ids = [service.submit() for _ in range(7)]
    service.dispatch()
    service.store.table.update(service.store.table.change(("SLOTS", "SLOTS"), sets={"meanRenderMs": 50_000}))
    answer = service.call("GET", f"/job-status/{ids[6]}").body
    estimate = answer["queue"].pop("estimatedStartAt")
    assert answer["queue"] == {"activeRenders": 5, "maxConcurrent": 5, "queueLength": 2, "position": 2}
    assert answer["message"] == "Waiting in line at position 2"
    assert "2025-11-14T18:30:20.000Z" < estimate < "2025-11-14T18:30:21.000Z"


def test_queue_status_is_the_documented_answer(service: Service) -> None:
    ids = [service.submit() for _ in range(8)]
    service.dispatch()
    answer = service.call("GET", "/queue-status")
    waiting = answer.body.pop("queuedJobs")
    assert answer.body == {"activeRenders": 5, "maxConcurrent": 5, "queueLength": 3, "availableSlots": 0}
    assert [job["jobId"] for job in waiting] == ids[5:]
    assert all(job["queuedAt"].startswith("2025-11-14T18:30:00.") and job["queuedAt"].endswith("Z") for job in waiting)


def test_before_anything_ran_the_queue_is_empty(service: Service) -> None:
    assert service.call("GET", "/queue-status").body == {
        "activeRenders": 0,
        "maxConcurrent": 5,
        "queueLength": 0,
        "availableSlots": 5,
        "queuedJobs": [],
    }


def test_callers_see_the_counts_of_all_and_the_jobs_of_their_own(service: Service) -> None:
    service.submit()
    own = service.submit(caller="shop", administrator=False)
    answer = service.call("GET", "/queue-status", caller="shop", administrator=False).body
    assert (answer["queueLength"], [job["jobId"] for job in answer["queuedJobs"]]) == (2, [own])


def test_another_callers_job_does_not_exist(service: Service) -> None:
    job_id = service.submit()
    for method, path in ("GET", "/job-status/"), ("GET", "/videos/"):
        answer = service.call(method, path + job_id, caller="shop", administrator=False)
        assert (answer.status, answer.body["error"]["code"]) == (404, "JOB_NOT_FOUND")
    assert service.call("POST", f"/jobs/{job_id}/cancel", caller="shop", administrator=False).status == 404


def test_jobs_are_listed_newest_first_page_by_page(service: Service) -> None:
    ids = [service.submit() for _ in range(5)]
    service.submit(caller="shop", administrator=False)
    seen, query = [], {"limit": "2"}
    while True:
        page = service.call("GET", "/jobs", query=query).body
        seen.append([job["jobId"] for job in page["jobs"]])
        if "cursor" not in page:
            break
        query["cursor"] = page["cursor"]
    assert seen == [[ids[4], ids[3]], [ids[2], ids[1]], [ids[0]]]


def test_no_job_is_left_out_between_the_pages_of_the_index(service: Service) -> None:
    ids = [service.submit() for _ in range(7)]
    listed = [job.id for _, job in service.store.jobs_of("admin", before=None, page=2)]
    assert listed == ids[::-1]


def test_jobs_are_listed_by_status(service: Service) -> None:
    ids = [service.submit() for _ in range(7)]
    service.dispatch()
    page = service.call("GET", "/jobs", query={"status": "queued"}).body
    assert [job["jobId"] for job in page["jobs"]] == [ids[6], ids[5]]


def test_a_wrong_parameter_of_the_list_is_named(service: Service) -> None:
    for name, value in ("status", "done"), ("limit", "0"), ("limit", "many"), ("cursor", "%%%"), ("cursor", "bm8="):
        answer = service.call("GET", "/jobs", query={name: value})
        assert (answer.status, name in answer.body["error"]["message"]) == (400, True)


def test_a_waiting_job_is_cancelled_at_once(service: Service) -> None:
    job_id = service.submit()
    answer = service.call("POST", f"/jobs/{job_id}/cancel")
    assert (answer.status, answer.body["status"]) == (200, "cancelled")
    assert service.store.queue().length == 0
    assert service.dispatch() == []
    assert [event["type"] for event in service.messages("webhooks")] == ["job.cancelled"]


def test_cancelling_twice_is_once(service: Service) -> None:
    job_id = service.submit()
    answers = [service.call("POST", f"/jobs/{job_id}/cancel") for _ in range(2)]
    assert [answer.status for answer in answers] == [200, 200]
    assert len(service.messages("webhooks")) == 1


def failed(service: Service, **fields: object) -> str:
    """A job whose render was lost three times."""
    job_id = service.submit(request(**fields))
    service.dispatch()
    for attempt in range(1, MAX_ATTEMPTS + 1):
        service.store.reclaim(job_id, attempt, "killed")
        service.dispatch()
    return job_id


def test_a_failed_job_is_retried_at_a_new_place_with_all_attempts_before_it(service: Service) -> None:
    job_id = failed(service)
    service.call("PATCH", "/queue-settings", {"paused": True})
    service.submit()
    answer = service.call("POST", f"/jobs/{job_id}/retry")
    assert (answer.status, answer.body["jobId"], answer.body["status"]) == (202, job_id, "queued")
    assert (answer.body["queue"]["position"], answer.body["queue"]["queueLength"]) == (2, 1)
    status = service.call("GET", f"/job-status/{job_id}").body
    assert (status["status"], status["queue"]["position"], status["attempt"]) == ("queued", 2, 3)
    assert not {"error", "finishedAt", "startedAt", "lostAttempts"} & status.keys()
    service.call("PATCH", "/queue-settings", {"paused": False})
    assert (job_id, 4) in service.dispatch()
    for attempt in (4, 5):
        service.store.reclaim(job_id, attempt, "killed")
        service.dispatch()
    assert service.call("GET", f"/job-status/{job_id}").body["status"] == "processing"


def test_a_retried_job_is_kept_like_any_other(service: Service) -> None:
    job_id = failed(service)
    service.call("POST", f"/jobs/{job_id}/retry")
    rows = service.store.table._client.scan(TableName="reelqueue")["Items"]
    assert not [row["sk"]["S"] for row in rows if "ttl" in row]
    assert service.store.job_and_request(job_id) is not None


def test_a_retried_job_keeps_its_priority_and_its_patience(service: Service) -> None:
    job_id = service.submit(request(priority="high", expiresInSeconds=60))
    service.call("POST", f"/jobs/{job_id}/cancel")
    service.clock.sleep(3600)
    normal = service.submit()
    service.call("POST", f"/jobs/{job_id}/retry")
    tickets = list(service.store.line())
    assert [ticket.job_id for ticket in tickets] == [job_id, normal]
    assert 59_000 < tickets[0].expires_at - service.clock.ms <= 60_000


def test_the_webhooks_of_a_retried_job_are_new_ones(service: Service) -> None:
    job_id = service.submit()
    service.call("POST", f"/jobs/{job_id}/cancel")
    service.call("POST", f"/jobs/{job_id}/retry")
    service.call("POST", f"/jobs/{job_id}/cancel")
    ids = [event["id"] for event in service.messages("webhooks")]
    assert len(set(ids)) == len(ids) == 2


def test_only_what_failed_or_was_cancelled_is_retried(service: Service) -> None:
    waiting, rendering = service.submit(), service.submit()
    service.call("PATCH", "/queue-settings", {"maxConcurrent": 1})
    service.dispatch()
    for job_id in waiting, rendering:
        answer = service.call("POST", f"/jobs/{job_id}/retry")
        assert (answer.status, answer.body["error"]["code"]) == (409, "CONFLICT")
    assert service.call("POST", "/jobs/nothing/retry").status == 404
    assert service.call("POST", f"/jobs/{waiting}/retry", caller="shop", administrator=False).status == 404


def test_a_retry_takes_a_token_and_needs_room_like_a_submission(service: Service) -> None:
    job_id = service.submit()
    service.call("POST", f"/jobs/{job_id}/cancel")
    service.submit()
    service.at.settings.__dict__["max_queue_length"] = 1
    assert service.call("POST", f"/jobs/{job_id}/retry").body["error"]["code"] == "LINE_FULL"
    service.at.settings.__dict__["max_queue_length"] = 9
    service.at.settings.__dict__["rate_limit_per_minute"] = 1
    assert service.call("POST", f"/jobs/{job_id}/retry").body["error"]["code"] == "RATE_LIMITED"
    service.clock.sleep(61)
    assert service.call("POST", f"/jobs/{job_id}/retry").status == 202


def test_a_job_whose_request_is_gone_cannot_be_retried(service: Service) -> None:
    job_id = service.submit()
    service.call("POST", f"/jobs/{job_id}/cancel")
    service.store.table.transact([service.store.table.delete(request_key(job_id))])
    answer = service.call("POST", f"/jobs/{job_id}/retry")
    assert (answer.status, "kept no longer" in answer.body["error"]["message"]) == (409, True)


def test_positions_are_exact_whoever_leaves_the_line(service: Service) -> None:
    """Against the line itself, through random steps over some hours."""
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    service.at.settings.__dict__["rate_limit_per_minute"] = 60_000
    waiting: list[str] = []
    for _ in range(70):
        service.clock.sleep(chance.choice([0, 0.2, 3, 60, 300]))
        if waiting and chance.random() < 0.4:
            job_id = waiting.pop(chance.randrange(len(waiting)))
            assert service.call("POST", f"/jobs/{job_id}/cancel").body["status"] == "cancelled"
        else:
            body = request(priority=chance.choice(["low", "normal", "normal", "high"]))
            answer = service.call("POST", "/generate-video-async", body).body
            line = [ticket.job_id for ticket in service.store.line()]
            assert answer["queue"]["position"] == line.index(answer["jobId"]) + 1
            assert answer["queue"]["queueLength"] == len(line) - 1
            waiting.append(answer["jobId"])
    for place, ticket in enumerate(service.store.line(), start=1):
        queue = service.call("GET", f"/job-status/{ticket.job_id}").body["queue"]
        assert (queue["position"], queue["queueLength"]) == (place, len(waiting))


def test_a_job_that_waited_too_long_is_cancelled_with_the_reason(service: Service) -> None:
    job_id = service.submit(request(expiresInSeconds=60))
    service.clock.sleep(61)
    assert service.dispatch() == []
    answer = service.call("GET", f"/job-status/{job_id}").body
    assert (answer["status"], answer["error"]["code"]) == ("cancelled", "JOB_EXPIRED")
    assert "61 s" in answer["message"]
    assert [event["type"] for event in service.messages("webhooks")] == ["job.cancelled"]


def test_only_rows_of_ended_jobs_have_a_time_to_live(service: Service) -> None:
    waiting, ended = service.submit(), service.submit()
    service.call("POST", f"/jobs/{ended}/cancel")
    rows = service.store.table._client.scan(TableName="reelqueue")["Items"]
    with_ttl = {(row["pk"]["S"], row["sk"]["S"]) for row in rows if "ttl" in row}
    assert with_ttl == {(f"JOB#{ended}", kind) for kind in ("JOB", "REQUEST", "WEBHOOKS")}
    job = service.store.job(waiting)
    assert job is not None
    assert job.status is JobStatus.QUEUED
