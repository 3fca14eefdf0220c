"""What can go wrong, each with one code, one HTTP status and one sentence.

    ReelqueueError
    +-- InvalidRequest        400  INVALID_JSON        the body is not JSON, a parameter is not of its form
    |   +-- InvalidBody       422  INVALID_REQUEST     a rule is broken (INVALID_SCENE: in scenes only)
    |   +-- BodyTooLarge      413  BODY_TOO_LARGE
    +-- Forbidden             403  FORBIDDEN
    +-- NotFound              404  NOT_FOUND           no such route
    |   +-- JobNotFound       404  JOB_NOT_FOUND       no such job, or another caller's
    |   +-- VideoNotReady     404  VIDEO_NOT_READY     the job exists, its video does not (yet)
    +-- Conflict              409  CONFLICT            the job's state does not allow it
    |   +-- IdempotencyConflict 409 IDEMPOTENCY_CONFLICT the key was used with another body
    +-- TooManyRequests       429
    |   +-- RateLimited       429  RATE_LIMITED
    |   +-- LineFull          429  LINE_FULL
    +-- InternalError         500  INTERNAL_ERROR
    +-- DependencyDown        503  DEPENDENCY_DOWN     an AWS service did not answer
    +-- JobExpired            why a waiting job was cancelled (JOB_EXPIRED); never an HTTP answer
    +-- RenderError           why a render failed; never an HTTP answer, stands in the job's ``error``
        +-- AssetError             ASSET_UNAVAILABLE / ASSET_INVALID, names the scene and the element
        |   +-- VoiceError         VOICE_FAILED / VOICE_TOO_LONG, names the scene
        +-- RenderTimeout          RENDER_TIMEOUT
        |   +-- OverItsTime                            longer than its caller allowed
        |   +-- NoHeadway                              no invocation is long enough to get any further
        +-- RenderLost             RENDER_LOST         three attempts crashed
        +-- OutOfMemory            OUT_OF_MEMORY       even with one process

Unauthorized callers (401) never reach a handler: API Gateway answers for the
authorizer, in the same shape, from the gateway responses of ``template.yaml``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

MAX_QUOTED = 60
"""How many characters of what a caller wrote an error repeats."""


@dataclass(frozen=True)
class Detail:
    """One mistake: where (a JSON Pointer, RFC 6901, into the request body) and what to do about it."""

    pointer: str
    message: str

    def as_dict(self) -> dict[str, str]:
        return {"pointer": self.pointer, "message": self.message}


class ReelqueueError(Exception):
    """Base of all errors that a client may see. ``message`` says what is wrong and how to mend it."""

    code = "INTERNAL_ERROR"
    status = 500

    def __init__(
        self,
        message: str,
        *,
        details: tuple[Detail, ...] = (),
        retry_after_seconds: int | None = None,
        headers: Mapping[str, str] | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.details = details
        retry_after = {} if retry_after_seconds is None else {"Retry-After": str(retry_after_seconds)}
        self.headers = {**retry_after, **(headers or {})}
        if code is not None:
            self.code = code

    def as_dict(self) -> dict[str, object]:
        """The error as it stands in a job (``error``) and, with a request id, in an answer."""
        return {
            "code": self.code,
            "message": self.message,
            "details": [detail.as_dict() for detail in self.details],
        }


class InvalidRequest(ReelqueueError):
    code, status = "INVALID_JSON", 400


class InvalidBody(InvalidRequest):
    """Every mistake of a body at once; the message repeats the first."""

    code, status = "INVALID_REQUEST", 422

    def __init__(self, details: tuple[Detail, ...]) -> None:
        first = details[0]
        more = f" (and {len(details) - 1} more, see details)" if len(details) > 1 else ""
        in_scenes = all(detail.pointer.startswith("/scenes/") for detail in details)
        super().__init__(
            f"{readable(first.pointer)}: {first.message}{more}",
            details=details,
            code="INVALID_SCENE" if in_scenes else None,
        )


class BodyTooLarge(InvalidRequest):
    code, status = "BODY_TOO_LARGE", 413


class Forbidden(ReelqueueError):
    code, status = "FORBIDDEN", 403


class NotFound(ReelqueueError):
    code, status = "NOT_FOUND", 404


class JobNotFound(NotFound):
    code = "JOB_NOT_FOUND"

    def __init__(self, job_id: str) -> None:
        super().__init__(f"There is no job {job_id[:64]!r} of yours. Job ids come from POST /generate-video-async.")


class VideoNotReady(NotFound):
    code = "VIDEO_NOT_READY"


class Conflict(ReelqueueError):
    code, status = "CONFLICT", 409


class IdempotencyConflict(Conflict):
    code = "IDEMPOTENCY_CONFLICT"


class TooManyRequests(ReelqueueError):
    status = 429


class RateLimited(TooManyRequests):
    code = "RATE_LIMITED"


class LineFull(TooManyRequests):
    code = "LINE_FULL"


class InternalError(ReelqueueError):
    code, status = "INTERNAL_ERROR", 500


class DependencyDown(ReelqueueError):
    code, status = "DEPENDENCY_DOWN", 503


class JobExpired(ReelqueueError):
    code = "JOB_EXPIRED"


class RenderError(ReelqueueError):
    code = "RENDER_FAILED"


class AssetError(RenderError):
    """A file that a scene names cannot be used. The detail's pointer leads to its ``src``."""

    code = "ASSET_INVALID"

    def __init__(self, pointer: str, message: str, *, code: str | None = None) -> None:
        super().__init__(f"{readable(pointer)}: {message}", details=(Detail(pointer, message),), code=code)


class VoiceError(AssetError):
    """A text cannot be spoken, or not in the time that its scene has. The detail's pointer leads to its ``voice``."""

    code = "VOICE_FAILED"


FILES_AT_FAULT = frozenset({AssetError.code, "ASSET_UNAVAILABLE", "VOICE_TOO_LONG"})
"""The codes of jobs that failed by what their callers sent, and by nothing that an operator could mend."""


class RenderTimeout(RenderError):
    code = "RENDER_TIMEOUT"


class OverItsTime(RenderTimeout):
    def __init__(self, seconds: int) -> None:
        super().__init__(f"The render took longer than {seconds} s; shorten the video or raise timeoutSeconds.")


class NoHeadway(RenderTimeout):
    def __init__(self, seconds: int) -> None:
        super().__init__(
            f"The render got no further within {seconds} s, all the time that its function has for it; raise the "
            "deployment's RenderTimeout or RenderMemory, or ask for a shorter video, simpler scenes, fewer pixels."
        )


class RenderLost(RenderError):
    code = "RENDER_LOST"


class OutOfMemory(RenderError):
    code = "OUT_OF_MEMORY"

    def __init__(self) -> None:
        super().__init__(
            "The render ran out of memory, with only one process at work; raise the deployment's RenderMemory, "
            "or ask for a smaller resolution or smaller pictures."
        )


def readable(pointer: str) -> str:
    """A JSON Pointer as a person would write the place.

    >>> readable("/scenes/2/elements/0/src")
    'scenes[2].elements[0].src'
    """
    if not pointer:
        return "body"
    text = ""
    for token in pointer.split("/")[1:]:
        token = visible(token.replace("~1", "/").replace("~0", "~"))
        text += f"[{token}]" if token.isdigit() else f".{token}" if text else token
    return text


def visible(text: str) -> str:
    r"""A text of a caller's as it is quoted: short, and what cannot be seen or turns its surroundings by its number.

    >>> visible("a\u202eb")
    'a\\u202eb'
    """
    seen = "".join(each if each.isprintable() else f"\\u{ord(each):04x}" for each in text[:MAX_QUOTED])
    return seen + "…" if len(text) > MAX_QUOTED else seen
