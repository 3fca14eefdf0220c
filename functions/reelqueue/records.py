"""The rows of the table: keys, and the way between a row and the value that it stands for.

| pk             | sk                          | holds |
|----------------|-----------------------------|-------|
| SLOTS          | SLOTS                       | limit, paused, holders, deployedLimit, meanRenderMs, <status>Renders |
| LINE           | <virtual ms, 13 digits>#<id>| ticket of a waiting job |
| TALLY#<shard>  | WIDE, NARROW#<bucket>       | how many jobs wait, by time (``tally.py``) |
| TWIN#<bucket>  | the ticket's                | nothing: a place to be counted at |
| JOB#<id>       | JOB                         | all of a job but its request |
| JOB#<id>       | REQUEST                     | the validated request, gzip of JSON |
| JOB#<id>       | WEBHOOKS                    | how each event of a job fares, by its webhook id |
| IDEM#<owner>#<sha256> | IDEM                 | first answer to an Idempotency-Key |
| RATE#<owner>   | RATE                        | token bucket |

The request and the webhooks have rows of their own because a write costs by the size of its row, and progress is
written often.

Three sparse indexes, for finding and never for deciding (index reads are never strongly consistent): a caller's jobs by
age; what is due, and when (webhooks and wake-ups that a job owes, tickets that expire); jobs that have not ended.

``ttl`` (epoch seconds) stands only on rows that nobody needs any longer: finished jobs, idempotency records,
and webhooks of which nothing was heard for as long as a finished job is kept.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import asdict

from reelqueue.costs import Spent
from reelqueue.deliveries import State, Webhook
from reelqueue.jobs import EVENT_PREFIX, Event, Job, JobStatus, LostAttempt, Result
from reelqueue.line import Ticket
from reelqueue.slots import Holder, Slots
from reelqueue.table import Item, Key
from reelqueue.tally import SHARDS, Cell, cell

SLOTS_KEY: Key = ("SLOTS", "SLOTS")
AUDIT_KEY: Key = ("AUDIT", "AUDIT")
LINE = "LINE"
DUE = "DUE"
EXPIRY = "EXPIRY"
OWNER_INDEX = "jobs-by-owner"
DUE_INDEX = "due"
OPEN_INDEX = "open"


def job_key(job_id: str) -> Key:
    return f"JOB#{job_id}", "JOB"


def request_key(job_id: str) -> Key:
    return f"JOB#{job_id}", "REQUEST"


def webhooks_key(job_id: str) -> Key:
    return f"JOB#{job_id}", "WEBHOOKS"


def ticket_row_key(ticket_key: str) -> Key:
    return LINE, ticket_key


def wide_key(shard: int) -> Key:
    return f"TALLY#{shard}", "WIDE"


def narrow_key(shard: int, wide: int) -> Key:
    return f"TALLY#{shard}", f"NARROW#{wide:08d}"


def twins(narrow: int) -> str:
    """The partition in which the tickets of a narrow bucket have their twins."""
    return f"TWIN#{narrow:010d}"


def twin_key(ticket_key: str) -> Key:
    return twins(cell(ticket_key).narrow), ticket_key


def tally_keys(place: Cell | None) -> list[Key]:
    """The rows in which the line is counted; with those that tell the jobs before a place."""
    shards = range(SHARDS)
    narrow = [narrow_key(shard, place.wide) for shard in shards] if place else []
    return [*(wide_key(shard) for shard in shards), *narrow]


def counted(bucket: int) -> str:
    """The attribute that counts a bucket: at the top of its row, where DynamoDB can add to what is not there yet."""
    return f"b{bucket}"


def counts_of(item: Item) -> dict[int, int]:
    return {int(name[1:]): count for name, count in item.items() if name[0] == "b"}


def idempotency_key(owner: str, key_hash: str) -> Key:
    return f"IDEM#{owner}#{key_hash}", "IDEM"


def rate_key(owner: str) -> Key:
    return f"RATE#{owner}", "RATE"


def row(key: Key, item: Item) -> Item:
    return {"pk": key[0], "sk": key[1], **item}


def job_row(job: Job) -> Item:
    """A job as its row. ``ownerJobs`` and ``createdKey`` feed the list of a caller's jobs, ``openStatus`` the audit."""
    item: Item = {
        "jobId": job.id,
        "owner": job.owner,
        "ownerJobs": job.owner,
        "createdKey": f"{job.created_at:013d}#{job.id}",
        "status": str(job.status),
        "openStatus": None if job.status.final else str(job.status),
        "attempt": job.attempt,
        "startedAttempt": job.started_attempt,
        "leg": job.leg,
        "runningSince": job.running_since,
        "headway": job.headway,
        "ticketKey": job.ticket_key,
        "webhookUrl": job.webhook_url,
        "createdAt": job.created_at,
        "queuedAt": job.queued_at,
        "expiresAt": job.expires_at,
        "timeoutSeconds": job.timeout_seconds,
        "startedAt": job.started_at,
        "finishedAt": job.finished_at,
        "progress": job.progress,
        "cancelRequested": job.cancel_requested,
        "metadata": _text(job.metadata),
        "error": _text(job.error),
        "result": asdict(job.result) if job.result else None,
        "lost": [asdict(attempt) for attempt in job.lost],
        "retries": job.retries,
        "spent": asdict(job.spent),
        "due": {event.id: _text(asdict(event)) for event in job.due},
    }
    return row(job_key(job.id), {name: value for name, value in item.items() if value is not None})


def job_of(item: Item) -> Job:
    return Job(
        id=item["jobId"],
        owner=item["owner"],
        status=JobStatus(item["status"]),
        ticket_key=item["ticketKey"],
        webhook_url=item["webhookUrl"],
        created_at=item["createdAt"],
        queued_at=item["queuedAt"],
        expires_at=item["expiresAt"],
        attempt=item["attempt"],
        timeout_seconds=item.get("timeoutSeconds"),
        metadata=json.loads(item["metadata"]) if "metadata" in item else None,
        started_attempt=item["startedAttempt"],
        leg=item["leg"],
        running_since=item.get("runningSince"),
        headway=item["headway"],
        started_at=item.get("startedAt"),
        finished_at=item.get("finishedAt"),
        progress=item["progress"],
        cancel_requested=item["cancelRequested"],
        result=Result(**item["result"]) if "result" in item else None,
        error=json.loads(item["error"]) if "error" in item else None,
        lost=tuple(
            LostAttempt(**{"started_at": None, **attempt})  # an absent time is not stored
            for attempt in item["lost"]
        ),
        retries=item["retries"],
        spent=Spent(**item["spent"]),
        due=tuple(Event(**json.loads(text)) for text in item["due"].values()),
    )


def webhook_entry(webhook: Webhook) -> Item:
    """A webhook as its row has it under its id. The metadata of its event stands in the job's own row already."""
    data = {name: value for name, value in webhook.event.data.items() if name != "metadata"}
    return {
        "type": webhook.event.type,
        "at": webhook.event.at,
        "data": _text(data),
        "since": webhook.since,
        "state": str(webhook.state),
        "attempts": webhook.attempts,
        "lastAttemptAt": webhook.last_attempt_at,
        "lastStatus": webhook.last_status,
        "lastError": webhook.last_error,
        "nextAttemptAt": webhook.next_attempt_at,
    }


def webhooks_of(job: Job, item: Item | None) -> list[Webhook]:
    """The webhooks of a job, the oldest event first."""
    metadata = {} if job.metadata is None else {"metadata": job.metadata}
    found = [
        Webhook(
            Event(event_id, entry["type"], entry["at"], job.id, {**json.loads(entry["data"]), **metadata}),
            since=entry["since"],
            state=State(entry["state"]),
            attempts=entry["attempts"],
            last_attempt_at=entry.get("lastAttemptAt"),
            last_status=entry.get("lastStatus"),
            last_error=entry.get("lastError"),
            next_attempt_at=entry.get("nextAttemptAt"),
        )
        for event_id, entry in webhook_entries(item or {})
    ]
    return sorted(found, key=lambda webhook: webhook.event.at)


def webhook_entries(item: Item) -> list[tuple[str, Item]]:
    """The webhooks of a row as they stand there, by their ids, the oldest first."""
    entries = [(name, entry) for name, entry in item.items() if name.startswith(EVENT_PREFIX)]
    return sorted(entries, key=lambda named: named[1]["at"])


def ticket_row(ticket: Ticket) -> Item:
    return row(
        ticket_row_key(ticket.key),
        {
            "jobId": ticket.job_id,
            "owner": ticket.owner,
            "queuedAt": ticket.queued_at,
            "expiresAt": ticket.expires_at,
            "attempt": ticket.attempt,
            "duePartition": EXPIRY,
            "dueAt": due_at(ticket.expires_at),
        },
    )


def ticket_of(item: Item) -> Ticket:
    return Ticket(
        key=item["sk"],
        job_id=item["jobId"],
        owner=item["owner"],
        queued_at=item["queuedAt"],
        expires_at=item["expiresAt"],
        attempt=item["attempt"],
    )


def slots_of(item: Item | None, default_limit: int) -> Slots:
    """The semaphore; before the dispatcher has run for the first time there is none, and nothing is active."""
    if item is None:
        return Slots(limit=default_limit)
    return Slots(
        limit=item["limit"],
        paused=item["paused"],
        holders={job_id: Holder(**holder) for job_id, holder in item["holders"].items()},
        deployed_limit=item["deployedLimit"],
        mean_render_ms=item.get("meanRenderMs"),
        ended={status: item.get(ended(status), 0) for status in JobStatus if status.final},
    )


def ended(status: JobStatus) -> str:
    """The attribute of the slots that counts the renders which ended so."""
    return f"{status}Renders"


def due_at(ms: int) -> str:
    """A time as the index of what is due sorts it."""
    return f"{ms:013d}"


def pack(request_json: str) -> bytes:
    return gzip.compress(request_json.encode(), mtime=0)


def unpack(packed: bytes) -> str:
    return gzip.decompress(packed).decode()


def _text(value: object) -> str | None:
    """Free-form JSON is stored as text: DynamoDB's numbers are not JSON's."""
    return None if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
