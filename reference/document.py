"""The OpenAPI document, made from the routes (``operations``), the answers (``answers``) and the request's models."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from typing import Any

from pydantic import TypeAdapter

from reelqueue import errors
from reference import answers
from reference.operations import HEADERS, OPERATIONS, PARAMETERS, Answer, Operation
from reference.request import other_bodies, request_components, tidied

Json = dict[str, Any]

VERSION = "1.0.0"
_SCHEMAS = "#/components/schemas/"
_ABOUT = """A video generation API with a render queue. Submit a description of a video, get a job id at once, and the
video by webhook. Never more than a set number of videos render at the same time; the others wait in line."""
_GROUPS = {
    "Jobs": "Submit, follow, cancel, retry.",
    "Assets": "Files that scenes name.",
    "Queue": "The line and the slots.",
    "About": "The API itself.",
}
_UNAUTHORIZED = "UNAUTHORIZED"
"""Who this is, API Gateway asks: the code has no exception in ``reelqueue.errors``."""

# What any route may answer: the functions, or API Gateway in front of them.
_ALWAYS = (_UNAUTHORIZED, "FORBIDDEN", "NOT_FOUND", "RATE_LIMITED", "INTERNAL_ERROR", "DEPENDENCY_DOWN")
# What any route with a body may.
_WITH_BODY = ("BODY_TOO_LARGE",)
_RESPONSES = {
    400: "The body is not JSON, or a parameter is not of its form.",
    401: "Unknown user name or password.",
    403: "Known, but not allowed.",
    404: "No such route, no such job of yours, or no video (yet).",
    409: "The state of the job does not allow it, or the key was used with another body.",
    413: "The body is larger than 256 KB.",
    422: "The body breaks rules; details names every one.",
    429: "Too many requests, or the line is full.",
    500: "A fault of the service; the log has it under requestId.",
    503: "An AWS service did not answer.",
}
_HEADERS = {401: ("WWW-Authenticate",), 429: ("Retry-After",), 503: ("Retry-After",)}


def text() -> str:
    """The document as its file holds it."""
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


def document() -> Json:
    """The document as data."""
    paths: dict[str, Json] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Reelqueue", "version": VERSION, "description": _ABOUT},
        "servers": [
            {"url": "/api", "description": "The host that serves this document"},
            {
                "url": "https://{apiId}.execute-api.{region}.amazonaws.com/api",
                "description": "A deployed stack: its output ApiUrl",
                "variables": {"apiId": {"default": "your-api"}, "region": {"default": "us-east-1"}},
            },
        ],
        "security": [{"BasicAuth": []}],
        "tags": [{"name": name, "description": says} for name, says in _GROUPS.items()],
        "paths": paths,
        "components": {
            "securitySchemes": {"BasicAuth": {"type": "http", "scheme": "basic"}},
            "parameters": PARAMETERS,
            "headers": HEADERS,
            "schemas": _schemas(),
        },
    }


def statuses() -> dict[str, int]:
    """The HTTP status of each code that an answer may carry."""
    found = {
        cls.code: cls.status
        for _, cls in inspect.getmembers(errors, inspect.isclass)
        if issubclass(cls, errors.ReelqueueError) and "code" in vars(cls)
    }
    return {**found, "INVALID_SCENE": errors.InvalidBody.status, _UNAUTHORIZED: 401}


def _operation(operation: Operation) -> Json:
    answer = operation.answer
    made: Json = {
        "operationId": operation.name,
        "tags": [operation.group],
        "summary": operation.summary,
        **({"description": operation.says} if operation.says else {}),
    }
    if operation.parameters:
        made["parameters"] = [{"$ref": f"#/components/parameters/{name}"} for name in operation.parameters]
    if operation.body:
        examples = {name: {"value": value} for name, value in operation.examples.items()}
        content = {"schema": {"$ref": _SCHEMAS + operation.body}, "examples": examples}
        made["requestBody"] = {"required": operation.body_required, "content": {"application/json": content}}
    made["responses"] = {str(answer.status): _answer(answer) | _links(operation), **dict(_refusals(operation))}
    return made


def _answer(answer: Answer) -> Json:
    made: Json = {"description": answer.says}
    if answer.headers:
        made["headers"] = _headers(answer.headers)
    if answer.model is not None:
        schema = {"$ref": _SCHEMAS + answer.model.__name__}
        made["content"] = {"application/json": {"schema": schema, "example": answer.example}}
    elif answer.content is not None:
        made["content"] = answer.content
    return made


def _links(operation: Operation) -> Json:
    """What may be asked next of the job that an answer names."""
    if operation.answer.model is not answers.Accepted:
        return {}
    return {
        "links": {
            each.name: {"operationId": each.name, "parameters": {"jobId": "$response.body#/jobId"}}
            for each in OPERATIONS
            if "JobId" in each.parameters
        }
    }


def _refusals(operation: Operation) -> Iterator[tuple[str, Json]]:
    codes = {*operation.refusals, *_ALWAYS, *(_WITH_BODY if operation.body else ())}
    of = statuses()
    for status, says in _RESPONSES.items():
        here = sorted(code for code in codes if of[code] == status)
        if not here:
            continue
        made: Json = {"description": f"{says} {', '.join(here)}"}
        if status in _HEADERS:
            made["headers"] = _headers(_HEADERS[status])
        schema = {
            "allOf": [
                {"$ref": _SCHEMAS + "Error"},
                {"properties": {"error": {"properties": {"code": {"enum": here}}}}},
            ]
        }
        made["content"] = {"application/json": {"schema": schema, "example": _refusal(here[0])}}
        yield str(status), made


def _refusal(code: str) -> Json:
    return {
        "success": False,
        "error": {
            "code": code,
            "message": "...",
            "details": [],
            "requestId": "f0a1c5d2-6f0e-4a55-9d3c-1f6f8a3c7b21",
        },
    }


def _headers(names: tuple[str, ...]) -> Json:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _schemas() -> dict[str, Json]:
    made: dict[str, Json] = {}
    for model in (answers.Error, *(operation.answer.model for operation in OPERATIONS)):
        if model is not None:
            schema = TypeAdapter(model).json_schema(ref_template=_SCHEMAS + "{model}")
            made |= schema.pop("$defs", {})
            made[model.__name__] = schema
    written = {name: tidied(schema) for name, schema in made.items()}
    return dict(sorted((request_components(_SCHEMAS) | other_bodies() | written).items()))
