"""Rules for the API: who may call, what exists, and what API Gateway itself answers."""

from __future__ import annotations

import json
from typing import Any

import pytest

import status.app
import submit.app

Resources = dict[str, dict[str, Any]]

GATEWAY_RESPONSES = [
    ("UNAUTHORIZED", 401, "UNAUTHORIZED"),
    ("ACCESS_DENIED", 403, "FORBIDDEN"),
    ("MISSING_AUTHENTICATION_TOKEN", 404, "NOT_FOUND"),
    ("REQUEST_TOO_LARGE", 413, "BODY_TOO_LARGE"),
    ("THROTTLED", 429, "RATE_LIMITED"),
    ("DEFAULT_4XX", None, "INVALID_REQUEST"),
    ("DEFAULT_5XX", None, "INTERNAL_ERROR"),
]


@pytest.fixture(scope="module")
def gateway_responses(resources: Resources) -> dict[str, Any]:
    responses: dict[str, Any] = resources["Api"]["Properties"]["GatewayResponses"]
    return responses


def test_all_kinds_of_gateway_errors_are_covered(gateway_responses: dict[str, Any]) -> None:
    assert list(gateway_responses) == [kind for kind, _, _ in GATEWAY_RESPONSES]


@pytest.mark.parametrize(("kind", "http_status", "code"), GATEWAY_RESPONSES)
def test_gateway_errors_have_the_shape_of_all_errors(
    kind: str, http_status: int | None, code: str, gateway_responses: dict[str, Any]
) -> None:
    response = gateway_responses[kind]
    assert response.get("StatusCode") == http_status
    body = json.loads(response["ResponseTemplates"]["application/json"])
    assert list(body) == ["success", "error"]
    assert body["success"] is False
    assert list(body["error"]) == ["code", "message", "details", "requestId"]
    assert body["error"]["code"] == code
    assert body["error"]["details"] == []
    assert body["error"]["requestId"] == "$context.requestId"
    # What API Gateway would put in as a message may hold quotes, and then the body were no JSON.
    assert "$context.error.message" not in json.dumps(body)


def test_an_unknown_caller_is_asked_for_basic_auth(gateway_responses: dict[str, Any]) -> None:
    headers = gateway_responses["UNAUTHORIZED"]["ResponseParameters"]["Headers"]
    assert headers["WWW-Authenticate"].startswith("'Basic realm=")


def test_a_throttled_caller_is_told_when_to_come_back(gateway_responses: dict[str, Any]) -> None:
    assert gateway_responses["THROTTLED"]["ResponseParameters"]["Headers"] == {"Retry-After": "'1'"}


def test_every_route_asks_the_authorizer(expanded: Resources) -> None:
    body = expanded["Api"]["Properties"]["Body"]
    for path, methods in body["paths"].items():
        for method, operation in methods.items():
            assert operation["security"] == [{"BasicAuth": []}], (method, path)
    authorizer = body["components"]["securitySchemes"]["BasicAuth"]
    assert authorizer["in"] == "header"
    assert authorizer["name"] == "Authorization"
    assert authorizer["x-amazon-apigateway-authorizer"]["type"] == "token"


def test_the_stage_is_api(resources: Resources) -> None:
    assert resources["Api"]["Properties"]["StageName"] == "api"


@pytest.mark.parametrize(("function", "app"), [("SubmitFunction", submit.app.app), ("StatusFunction", status.app.app)])
def test_the_routes_are_those_that_the_handler_answers(function: str, app: Any, resources: Resources) -> None:
    described = {
        (path.replace("{job_id}", "{jobId}"), method)
        for path, item in app.get_openapi_schema().paths.items()
        for method in item.model_dump(exclude_none=True)
    }
    events = resources[function]["Properties"]["Events"].values()
    assert {(e["Properties"]["Path"], e["Properties"]["Method"]) for e in events} == described


def test_no_origin_is_allowed_by_wildcard(template_text: str) -> None:
    assert "Cors" not in template_text
    assert "Access-Control" not in template_text
