"""Each route of the API: what it takes, what it answers, and which of the API's errors it may answer.

That no route of template.yaml is missing here is held by tests/unit/test_openapi.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST

from reelqueue.jobs import JobStatus
from reelqueue.views import MAX_PAGE
from reference import answers

Json = dict[str, Any]

RATE_HEADERS = ("RateLimit", "RateLimit-Policy")


@dataclass(frozen=True)
class Answer:
    """What a call that worked answers: a type of ``reference.answers``, or nothing, or content of another kind."""

    status: int
    says: str
    model: Any = None
    example: Any = None
    content: Json | None = None
    headers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Operation:
    """One method of one path. ``refusals`` are the codes besides those that every route may answer."""

    method: str
    path: str
    name: str
    group: str
    summary: str
    answer: Answer
    says: str = ""
    parameters: tuple[str, ...] = ()
    body: str | None = None
    body_required: bool = True
    examples: dict[str, Json] = field(default_factory=dict)
    refusals: tuple[str, ...] = ()


_QUEUE = {"activeRenders": 5, "maxConcurrent": 5, "queueLength": 2}
_ID = "8c1f0b5e2d9a4f37"
_ACCEPTED = {
    "success": True,
    "jobId": _ID,
    "status": "queued",
    "message": "Video generation started. You will receive updates via webhook.",
    "queue": {"position": 3, **_QUEUE},
}
_JOB = {
    "jobId": _ID,
    "status": "processing",
    "progress": 45,
    "message": "Rendering: 45%",
    "createdAt": "2025-11-14T18:30:00.000Z",
    "startedAt": "2025-11-14T18:30:02.150Z",
    "attempt": 1,
}
_WEBHOOK = {
    "event": "job.processing",
    "webhookId": f"msg_{_ID}_1_processing",
    "state": "delivered",
    "attempts": 1,
    "lastStatus": 204,
    "lastAttemptAt": "2025-11-14T18:30:02.290Z",
}
_VIDEO = {
    "webhookUrl": "https://your-app.com/webhook",
    "theme": "winter",
    "scenes": [{"text": "Hello", "duration": 3}],
}
_PICTURES = {
    "webhookUrl": "https://your-app.com/webhook",
    "theme": {"extends": "minimal", "colors": {"accent": "#FF6600"}},
    "output": {"aspectRatio": "9:16", "resolution": "720p", "quality": "draft"},
    "soundtrack": {"src": "asset:music.m4a", "fadeOut": 2},
    "metadata": {"orderId": "ord_42"},
    "scenes": [
        {"image": "https://cdn.example.com/1.jpg", "text": "Day one"},
        {
            "duration": 5,
            "background": {"type": "gradient", "colors": ["#0B1020", "primary"], "angle": 45},
            "elements": [{"type": "text", "text": "Up to 50 % off", "style": "title"}],
            "transition": {"type": "wipeleft", "duration": 0.5},
        },
    ],
}
_METRICS = """# HELP reelqueue_queue_length Jobs that wait.
# TYPE reelqueue_queue_length gauge
reelqueue_queue_length 2.0
# EOF
"""

OPERATIONS = (
    Operation(
        "post",
        "/generate-video-async",
        "generateVideoAsync",
        "Jobs",
        "Accept a job",
        Answer(202, "The job waits in line.", answers.Accepted, _ACCEPTED, headers=RATE_HEADERS),
        says="Answers at once. The video comes by webhook, or from the status of the job.",
        parameters=("IdempotencyKey",),
        body="VideoRequest",
        examples={"oneTitle": _VIDEO, "pictures": _PICTURES},
        refusals=(
            "INVALID_JSON",
            "INVALID_REQUEST",
            "INVALID_SCENE",
            "IDEMPOTENCY_CONFLICT",
            "RATE_LIMITED",
            "LINE_FULL",
        ),
    ),
    Operation(
        "get",
        "/job-status/{jobId}",
        "jobStatus",
        "Jobs",
        "One job",
        Answer(200, "The job.", answers.JobAnswer, {**_JOB, "queue": _QUEUE, "webhooks": [_WEBHOOK]}),
        parameters=("JobId",),
        refusals=("JOB_NOT_FOUND",),
    ),
    Operation(
        "get",
        "/jobs",
        "listJobs",
        "Jobs",
        "Your own jobs, newest first",
        Answer(200, "A page of jobs.", answers.Jobs, {"jobs": [_JOB]}),
        parameters=("StatusFilter", "Limit", "Cursor"),
        refusals=("INVALID_JSON",),
    ),
    Operation(
        "post",
        "/jobs/{jobId}/cancel",
        "cancelJob",
        "Jobs",
        "Cancel a job",
        Answer(
            200,
            "The job is cancelled, or its render stops within two seconds.",
            answers.Cancelled,
            {"success": True, "jobId": _ID, "status": "cancelled", "message": "Cancelled"},
        ),
        says="A waiting job is cancelled at once, a rendering one within two seconds. Cancelling again does nothing.",
        parameters=("JobId",),
        refusals=("JOB_NOT_FOUND", "CONFLICT"),
    ),
    Operation(
        "post",
        "/jobs/{jobId}/retry",
        "retryJob",
        "Jobs",
        "Try a failed or cancelled job again",
        Answer(202, "The job waits in line again.", answers.Accepted, _ACCEPTED, headers=RATE_HEADERS),
        parameters=("JobId",),
        refusals=("JOB_NOT_FOUND", "CONFLICT", "RATE_LIMITED", "LINE_FULL"),
    ),
    Operation(
        "post",
        "/jobs/{jobId}/webhooks/redeliver",
        "redeliverWebhooks",
        "Jobs",
        "Send the webhooks of a job again",
        Answer(
            202,
            "They are in the webhook queue again.",
            answers.Redelivered,
            {"success": True, "jobId": _ID, "message": "The webhooks are sent again.", "webhooks": [_WEBHOOK]},
            headers=RATE_HEADERS,
        ),
        says="All of its events, or the one that the body names; with the ids that they had.",
        parameters=("JobId",),
        body="Redelivery",
        body_required=False,
        examples={"one": {"event": "job.completed"}, "all": {}},
        refusals=("INVALID_JSON", "INVALID_REQUEST", "JOB_NOT_FOUND", "CONFLICT", "RATE_LIMITED"),
    ),
    Operation(
        "get",
        "/videos/{jobId}",
        "video",
        "Jobs",
        "A fresh link to the video",
        Answer(302, "The video is at this address, for an hour at most.", headers=("Location", "Cache-Control")),
        parameters=("JobId",),
        refusals=("JOB_NOT_FOUND", "VIDEO_NOT_READY"),
    ),
    Operation(
        "post",
        "/assets",
        "uploadAsset",
        "Assets",
        "A form to upload a file with",
        Answer(
            200,
            "Post all fields and, last, the file, as multipart/form-data to the url.",
            answers.Upload,
            {
                "success": True,
                "src": "asset:photo.jpg",
                "upload": {"url": "https://bucket.s3.amazonaws.com/", "fields": {"key": "assets/admin/photo.jpg"}},
                "expiresInSeconds": 3600,
            },
        ),
        body="AssetRequest",
        examples={"picture": {"name": "photo.jpg"}},
        refusals=("INVALID_JSON", "INVALID_REQUEST"),
    ),
    Operation(
        "get",
        "/queue-status",
        "queueStatus",
        "Queue",
        "The queue",
        Answer(
            200,
            "The queue as a whole.",
            answers.QueueAnswer,
            {
                **_QUEUE,
                "availableSlots": 0,
                "queuedJobs": [{"jobId": _ID, "queuedAt": "2025-11-14T18:30:00.000Z"}],
            },
        ),
    ),
    Operation(
        "patch",
        "/queue-settings",
        "changeQueue",
        "Queue",
        "Set the limit, pause, resume (administrators)",
        Answer(
            200,
            "The queue as it is set now.",
            answers.QueueChanged,
            {"success": True, **_QUEUE, "maxConcurrent": 8, "availableSlots": 3, "paused": False},
        ),
        body="QueueSettings",
        examples={"limit": {"maxConcurrent": 8}, "pause": {"paused": True}},
        refusals=("INVALID_JSON", "INVALID_REQUEST"),
    ),
    Operation(
        "get",
        "/metrics",
        "metrics",
        "Queue",
        "How the queue stands, for Prometheus and Grafana",
        Answer(
            200,
            "OpenMetrics text.",
            content={CONTENT_TYPE_LATEST: {"schema": {"type": "string"}, "example": _METRICS}},
            headers=("Cache-Control",),
        ),
    ),
    Operation(
        "get",
        "/openapi.json",
        "openapi",
        "About",
        "This document",
        Answer(200, "An OpenAPI document.", content={"application/json": {"schema": {"type": "object"}}}),
    ),
)

PARAMETERS: dict[str, Json] = {
    "JobId": {
        "name": "jobId",
        "in": "path",
        "required": True,
        "description": "From the answer to the submission.",
        "schema": {"type": "string", "minLength": 1},
        "example": _ID,
    },
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": (
            "Makes it safe to send a request again: for 24 hours the same key and body get the first answer, "
            "another body gets 409. Printable characters."
        ),
        "schema": {"type": "string", "minLength": 1, "maxLength": 255},
        "example": "order-42",
    },
    "StatusFilter": {
        "name": "status",
        "in": "query",
        "description": "Only jobs with this status.",
        "schema": {"type": "string", "enum": [str(status) for status in JobStatus]},
    },
    "Limit": {
        "name": "limit",
        "in": "query",
        "description": "Jobs on a page.",
        "schema": {"type": "integer", "minimum": 1, "maximum": MAX_PAGE, "default": 20},
    },
    "Cursor": {
        "name": "cursor",
        "in": "query",
        "description": "The cursor of the page before.",
        "schema": {"type": "string"},
    },
}

HEADERS: dict[str, Json] = {
    "Retry-After": {"description": "Seconds to wait.", "required": True, "schema": {"type": "integer", "minimum": 1}},
    "WWW-Authenticate": {
        "description": "How to say who is calling (RFC 7617).",
        "required": True,
        "schema": {"type": "string"},
        "example": 'Basic realm="Reelqueue", charset="UTF-8"',
    },
    "Location": {
        "description": "A presigned address of the video.",
        "required": True,
        "schema": {"type": "string", "format": "uri"},
    },
    "Cache-Control": {"description": "Not to be kept.", "required": True, "schema": {"const": "no-store"}},
    "RateLimit": {
        "description": "How many jobs may follow at once (r), and when it may be all again (t seconds).",
        "required": True,
        "schema": {"type": "string"},
        "example": '"submit";r=119;t=1',
    },
    "RateLimit-Policy": {
        "description": "How many jobs a caller may submit (q) within w seconds.",
        "required": True,
        "schema": {"type": "string"},
        "example": '"submit";q=120;w=60',
    },
}
