"""The audit: what somebody, or a bug, did to the table behind the protocol's back is put right, and counted."""

from __future__ import annotations

import json

import pytest

from reelqueue import audit, records, recount
from reelqueue.jobs import JobStatus
from reelqueue.line import Ticket
from reelqueue.table import Key
from reelqueue.tally import WIDE_MS
from tests.integration.conftest import Service

pytestmark = pytest.mark.usefixtures("service")


def repairs(text: str) -> list[str]:
    """The kinds of the repairs that were counted in CloudWatch, from the log (embedded metric format)."""
    records_of_log = (json.loads(line) for line in text.splitlines() if line.startswith("{"))
    return [str(record["kind"]) for record in records_of_log if "AuditRepairs" in record]


def remove(service: Service, key: Key) -> None:
    service.store.table.transact([service.store.table.delete(key)])


def status_of(service: Service, job_id: str) -> JobStatus:
    job = service.store.job(job_id)
    assert job is not None
    return job.status


def line(service: Service) -> list[str]:
    return [ticket.job_id for ticket in service.store.line()]


def test_a_table_as_it_should_be_is_left_alone(service: Service, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(8):
        service.submit()
    service.dispatch()
    before = service.store.table._client.scan(TableName="reelqueue")["Items"]
    capsys.readouterr()
    service.dispatch()
    service.dispatch()
    after = service.store.table._client.scan(TableName="reelqueue")["Items"]
    assert [row for row in after if row["pk"]["S"] != "AUDIT"] == [row for row in before if row["pk"]["S"] != "AUDIT"]
    assert repairs(capsys.readouterr().out) == []


def test_a_slot_of_a_job_that_does_not_render_is_free_again(
    service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    service.dispatch()
    stray = {"attempt": 1, "until": service.clock.ms + 10**9}
    service.store.table.update(
        service.store.table.change(records.SLOTS_KEY, names={"job": "stray"}, sets={"#holders.#job": stray})
    )
    service.dispatch()
    assert service.store.slots().active == 0
    assert repairs(capsys.readouterr().out) == ["slots"]


def test_a_rendering_job_without_a_slot_goes_back_into_the_line(
    service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    job_id = service.submit()
    service.dispatch()
    service.store.table.update(service.store.table.change(records.SLOTS_KEY, sets={"holders": {}}))
    assert service.dispatch() == []
    assert service.dispatch() == [(job_id, 2)]
    job = service.store.job(job_id)
    assert job is not None
    assert [lost.reason for lost in job.lost] == [audit.NO_SLOT]
    assert repairs(capsys.readouterr().out) == ["rendering jobs"]


def test_a_waiting_job_without_a_ticket_gets_it_back(service: Service, capsys: pytest.CaptureFixture[str]) -> None:
    service.call("PATCH", "/queue-settings", {"paused": True})
    ids = [service.submit() for _ in range(3)]
    job = service.store.job(ids[1])
    assert job is not None
    remove(service, records.ticket_row_key(job.ticket_key))
    service.dispatch()
    assert line(service) == ids
    service.dispatch()
    assert service.store.queue().length == 3
    assert repairs(capsys.readouterr().out) == ["waiting jobs", "tallies"]


def test_a_ticket_of_nobody_is_taken_out(service: Service, capsys: pytest.CaptureFixture[str]) -> None:
    service.call("PATCH", "/queue-settings", {"paused": True})
    ids = [service.submit() for _ in range(3)]
    for key in records.job_key(ids[1]), records.request_key(ids[1]):
        remove(service, key)
    service.dispatch()
    assert line(service) == [ids[0], ids[2]]
    assert service.store.queue().length == 2
    assert repairs(capsys.readouterr().out) == ["tickets"]


def test_a_wrong_tally_is_counted_anew(service: Service, capsys: pytest.CaptureFixture[str]) -> None:
    service.call("PATCH", "/queue-settings", {"paused": True})
    job_id = service.submit()
    shard = 3
    service.store.table.update(service.store.table.change(records.wide_key(shard), sets={"b1": 77}))
    assert service.store.queue().length == 78
    for _ in range(3):
        service.dispatch()
    assert service.store.queue().length == 1
    assert service.call("GET", f"/job-status/{job_id}").body["queue"]["position"] == 1
    assert repairs(capsys.readouterr().out) == ["tallies"]


def test_empty_tallies_are_cleared_away(service: Service, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(4):
        job_id = service.submit()
        service.call("POST", f"/jobs/{job_id}/cancel")
        service.clock.sleep(3600)
    service.dispatch()
    rows = service.store.table._client.scan(TableName="reelqueue")["Items"]
    assert not [row for row in rows if row["pk"]["S"].startswith("TWIN")]
    tallies = [row for row in rows if row["pk"]["S"].startswith("TALLY")]
    assert not [row for row in tallies if row["sk"]["S"] != "WIDE"]
    assert not [name for row in tallies for name in row if name.startswith("b")]
    assert repairs(capsys.readouterr().out) == []


def test_a_long_line_is_looked_through_in_parts(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "PAGE", 3)
    service.call("PATCH", "/queue-settings", {"paused": True})
    ids = [service.submit() for _ in range(8)]
    jobs = [service.store.job(job_id) for job_id in ids]
    for job in jobs[1], jobs[6]:
        assert job is not None
        remove(service, records.ticket_row_key(job.ticket_key))
    for _ in range(6):
        service.dispatch()
    assert line(service) == ids


def test_a_job_that_moves_between_two_reads_is_not_repaired(
    service: Service, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The audit read the slots, then the render ended: its repairs demand again what they saw."""
    job_id = service.submit()
    service.dispatch()
    stale = service.store.slots()
    job = service.store.job(job_id)
    assert job is not None
    service.store.finish(job, job.cancelled(service.clock()))
    monkeypatch.setattr(service.store, "slots", lambda: stale)
    assert audit._holders(service.store) == ([], None)
    assert repairs(capsys.readouterr().out) == []


def test_a_bucket_that_another_audit_cleared_meanwhile_is_left_alone(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After two changes the new row has the version that the old one had, whatever the changes were."""
    store = service.store
    job = store.job(service.submit())
    assert job is not None
    store.cancel(job)
    service.clock.sleep(3 * WIDE_MS / 1000)

    def turn() -> int:
        return int(store.table.update(store.table.change(records.AUDIT_KEY, adds={"turn": 1}))["turn"])

    def line_that_moves(**between: str) -> list[Ticket]:
        patch.undo()
        recount.repair(store, 0, turn())
        store.table.transact(store.writes.entering(job))
        [ticket] = store.line()
        store.table.transact(store.writes.leaving(ticket.key))
        return [ticket]

    with monkeypatch.context() as patch:
        patch.setattr(store, "line", line_that_moves)
        assert recount.repair(store, 0, turn()) == ([], 0)
    assert list(store.line()) == []
    assert store.queue().length == 0
