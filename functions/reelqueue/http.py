"""The HTTP side that submit and status share: who calls, what the body says, and one shape for every error."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response, content_types
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from botocore.exceptions import BotoCoreError, ClientError

from reelqueue.errors import (
    BodyTooLarge,
    DependencyDown,
    Forbidden,
    InternalError,
    InvalidRequest,
    NotFound,
    ReelqueueError,
    visible,
)
from reelqueue.observability import logger

MAX_BODY_BYTES = 256 * 1024
OPENAPI = Path(__file__).with_name("openapi.json")
"""What the API takes and answers, generated from the code by ``make docs``."""


@dataclass(frozen=True)
class Caller:
    """Who the authorizer says is calling."""

    name: str
    administrator: bool


def resolver() -> APIGatewayRestResolver:
    """A router whose every failure is answered in the error shape of the API."""
    app = APIGatewayRestResolver()

    def refused(error: ReelqueueError) -> Response[str]:
        return _error(app, error)

    def no_such_route(error: NotFoundError) -> Response[str]:
        return _error(app, NotFound(f"There is no {app.current_event.http_method} {app.current_event.path}."))

    def dependency_down(error: ClientError | BotoCoreError) -> Response[str]:
        logger.exception("an AWS service did not answer")
        message = "A service that this API needs did not answer. Try again."
        return _error(app, DependencyDown(message, retry_after_seconds=5))

    def unexpected(error: Exception) -> Response[str]:
        logger.exception("unhandled exception")
        return _error(app, InternalError("Something went wrong on our side; the log has it under this request id."))

    app.not_found(no_such_route)
    app.exception_handler(ReelqueueError)(refused)
    app.exception_handler([ClientError, BotoCoreError])(dependency_down)
    app.exception_handler(Exception)(unexpected)
    return app


def caller(app: APIGatewayRestResolver) -> Caller:
    """The caller, from the authorizer's answer.

    Raises:
        Forbidden: there is none: the route was reached around the authorizer.
    """
    authorizer = app.current_event.request_context.authorizer
    name = authorizer.principal_id if authorizer else None
    if not name:
        raise Forbidden("The request did not come through the authorizer.")
    return Caller(name, administrator=str(authorizer.get("administrator", "false")) == "true")


def json_body(app: APIGatewayRestResolver) -> object:
    """The body of the request.

    Raises:
        BodyTooLarge: it has more than 256 KB.
        InvalidRequest: it is not JSON (RFC 8259), or holds half of a surrogate pair, which no text can hold.
    """
    text = app.current_event.decoded_body or ""
    if len(text.encode(errors="replace")) > MAX_BODY_BYTES:
        raise BodyTooLarge(f"The body is larger than {MAX_BODY_BYTES // 1024} KB; put large content into assets.")
    try:
        body = json.loads(text, parse_constant=_refuse_constant)
        json.dumps(body, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise InvalidRequest(f"The body must be a JSON object: {error}") from error
    return body


def parameters(app: APIGatewayRestResolver, *names: str) -> dict[str, str | None]:
    """The query parameters of these names; None for one that is not there.

    Raises:
        InvalidRequest: there are others. Misspelt, one would filter nothing, and nobody would notice.
    """
    given = app.current_event.query_string_parameters or {}
    for name in sorted(given.keys() - set(names)):
        raise InvalidRequest(f"There is no parameter '{visible(name)}'; there are {', '.join(names)}.")
    return {name: given.get(name) for name in names}


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def answer(body: object, status: int, headers: dict[str, str | list[str]] | None = None) -> Response[str]:
    """A JSON answer."""
    return Response(
        status_code=status,
        content_type=content_types.APPLICATION_JSON,
        body=json.dumps(body, ensure_ascii=False),
        headers=headers,
    )


def _error(app: APIGatewayRestResolver, error: ReelqueueError) -> Response[str]:
    context: Any = app.current_event.request_context
    body = {"success": False, "error": {**error.as_dict(), "requestId": context.request_id}}
    return answer(body, error.status, {**error.headers})
