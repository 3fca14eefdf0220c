"""line: the order in which jobs wait, what their callers see of it, and how they leave it."""

from __future__ import annotations

from reelqueue.jobs import JobStatus
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
    assert with_ttl == {(f"JOB#{ended}", "JOB"), (f"JOB#{ended}", "REQUEST")}
    job = service.store.job(waiting)
    assert job is not None
    assert job.status is JobStatus.QUEUED
