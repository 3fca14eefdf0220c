"""What the API answers, as types: the part of the OpenAPI document that no model of the request language holds.

Typed dictionaries, because an answer leaves out what it has nothing to say of, and never says null. That the
functions answer just this is held by the fuzzing tests, which take these schemas strictly: no other field may come.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from reelqueue.deliveries import State
from reelqueue.jobs import JobStatus

JobId = Annotated[str, Field(description="Letters and digits.", pattern="^[0-9a-f]+$", examples=["8c1f0b5e2d9a4f37"])]
Time = Annotated[
    str,
    Field(
        description="ISO 8601, UTC, with milliseconds.",
        json_schema_extra={"format": "date-time"},
        examples=["2025-11-14T18:30:00.000Z"],
    ),
]
Count = Annotated[int, Field(ge=0)]
Link = Annotated[str, Field(json_schema_extra={"format": "uri"})]
Status = Annotated[JobStatus, Field(description="Where the job is.")]


class Queue(TypedDict):
    """The queue at this moment, of all callers."""

    activeRenders: Annotated[Count, Field(description="Renders that hold a slot.")]
    maxConcurrent: Annotated[int, Field(ge=1, description="How many may hold one.")]
    queueLength: Annotated[Count, Field(description="Jobs that wait.")]


class PlaceInQueue(Queue):
    """The queue as the job met it, with its place."""

    position: Annotated[int, Field(ge=1, description="1 is the next.")]


class JobQueue(Queue):
    """The queue at this moment; with the job's place while it waits."""

    position: NotRequired[Annotated[int, Field(ge=1, description="1 is the next.")]]
    estimatedStartAt: NotRequired[Annotated[Time, Field(description="Guessed from the recent mean of render times.")]]


class Accepted(TypedDict):
    """A job that waits in line."""

    success: Literal[True]
    jobId: JobId
    status: Literal["queued"]
    message: str
    queue: PlaceInQueue


class Detail(TypedDict):
    """One mistake."""

    pointer: Annotated[str, Field(description="A JSON Pointer (RFC 6901) into the body as it was sent.")]
    message: Annotated[str, Field(description="What is wrong there, and how to mend it.")]


class JobError(TypedDict):
    """Why a job has no video."""

    code: str
    message: str
    details: list[Detail]


class Refusal(JobError):
    """An error as an answer carries it."""

    requestId: Annotated[str, Field(description="Under this id the log has it.")]


class Error(TypedDict):
    """Every error, whoever raised it, has this shape."""

    success: Literal[False]
    error: Refusal


class LostAttempt(TypedDict):
    """An attempt whose render crashed."""

    attempt: Count
    startedAt: NotRequired[Time]
    endedAt: Time
    reason: str


class Job(TypedDict):
    """A job. What does not apply to its status is left out."""

    jobId: JobId
    status: Status
    progress: Annotated[int, Field(ge=0, le=100, description="Percent.")]
    message: Annotated[str, Field(description="One line for people.")]
    createdAt: Time
    startedAt: NotRequired[Time]
    finishedAt: NotRequired[Time]
    attempt: Annotated[Count, Field(description="How often a render of it began.")]
    metadata: NotRequired[Annotated[dict[str, Any], Field(description="As the request had it.")]]
    error: NotRequired[JobError]
    lostAttempts: NotRequired[list[LostAttempt]]
    duration: NotRequired[Annotated[float, Field(ge=0, description="Seconds.")]]
    width: NotRequired[Annotated[int, Field(ge=1, description="Pixels.")]]
    height: NotRequired[Annotated[int, Field(ge=1, description="Pixels.")]]
    bytes: NotRequired[Annotated[Count, Field(description="Size of the video.")]]
    renderSeconds: NotRequired[Annotated[float, Field(ge=0)]]
    costUsd: NotRequired[Annotated[float, Field(ge=0, description="What its renders cost in AWS.")]]


class Webhook(TypedDict):
    """An event of the job, and what became of it."""

    event: Literal["job.processing", "job.completed", "job.failed", "job.cancelled"]
    webhookId: Annotated[str, Field(description="The same on every try.")]
    state: Annotated[State, Field(description="Whether its receiver has it.")]
    attempts: Count
    lastStatus: NotRequired[Annotated[int, Field(description="HTTP status of the last answer.")]]
    lastError: NotRequired[Annotated[str, Field(description="What was wrong with the last try.")]]
    lastAttemptAt: NotRequired[Time]
    nextAttemptAt: NotRequired[Time]


class Redelivered(TypedDict):
    """The events that are sent again."""

    success: Literal[True]
    jobId: JobId
    message: str
    webhooks: list[Webhook]


class JobAnswer(Job):
    """A job, with the queue around it."""

    queue: JobQueue
    webhooks: Annotated[list[Webhook], Field(description="The job's last 20 events, the oldest first.")]
    videoUrl: NotRequired[Annotated[Link, Field(description="Works for an hour at most; ask again for a fresh one.")]]
    posterUrl: NotRequired[Annotated[Link, Field(description="As videoUrl.")]]
    captionsUrl: NotRequired[Annotated[Link, Field(description="As videoUrl; of a video with captions.")]]


class WaitingJob(TypedDict):
    """A job in line."""

    jobId: JobId
    queuedAt: Time


class QueueAnswer(Queue):
    """The queue, and of the first 100 waiting jobs those that the caller may see."""

    availableSlots: Count
    paused: NotRequired[Annotated[Literal[True], Field(description="There while the queue is paused.")]]
    queuedJobs: list[WaitingJob]


class Jobs(TypedDict):
    """A page of the caller's jobs, newest first."""

    jobs: list[Job]
    cursor: NotRequired[Annotated[str, Field(description="Leads to the next page; missing on the last.")]]


class Cancelled(TypedDict):
    """A job that is cancelled, or whose render is about to stop."""

    success: Literal[True]
    jobId: JobId
    status: Literal["cancelled", "processing"]
    message: str


class UploadForm(TypedDict):
    """Where and how to post a file, as multipart/form-data."""

    url: Link
    fields: Annotated[dict[str, str], Field(description="Post all of them, and the file last.")]


class Upload(TypedDict):
    """A form to upload a file with."""

    success: Literal[True]
    src: Annotated[str, Field(description="What scenes call the file.", examples=["asset:photo.jpg"])]
    upload: UploadForm
    expiresInSeconds: Annotated[int, Field(ge=1)]


class QueueChanged(Queue):
    """The queue as it is set now."""

    success: Literal[True]
    availableSlots: Count
    paused: bool
