"""request: who may call, and what is answered when a request is not one."""

from __future__ import annotations

import base64
import traceback
from urllib.parse import quote

import boto3
import pytest
from aws_lambda_powertools.utilities import parameters
from botocore.exceptions import ClientError, EndpointConnectionError

import authorizer.app
from reelqueue.deployment import SecretUnusable
from tests.integration.conftest import CONTEXT, Service, request


def basic(credentials: str) -> str:
    return "Basic " + base64.b64encode(credentials.encode()).decode()


ADMIN = basic("admin:changeme")


def test_the_right_password_opens_the_whole_stage(service: Service) -> None:
    policy = service.authorize(ADMIN)
    assert policy["principalId"] == "admin"
    assert policy["context"] == {"administrator": "true"}
    statement = policy["policyDocument"]["Statement"][0]
    assert statement["Effect"] == "Allow"
    assert statement["Resource"].endswith(":api/api/*")


def test_another_caller_is_known_by_name(service: Service) -> None:
    policy = service.authorize(basic("shop:s3cret"))
    assert (policy["principalId"], policy["context"]) == ("shop", {"administrator": "false"})


@pytest.mark.parametrize("header", ["", basic("admin:wrong"), basic("nobody:changeme"), "Bearer changeme"])
def test_everybody_else_is_unauthorized(service: Service, header: str) -> None:
    with pytest.raises(Exception, match=r"^Unauthorized$"):
        service.authorize(header)


def refused(service: Service, capsys: pytest.CaptureFixture[str]) -> str:
    """Ask for entry with the right password; gives back what was said on the way out."""
    with pytest.raises(SecretUnusable) as error:
        service.authorize(ADMIN)
    return "".join((*capsys.readouterr(), *traceback.format_exception(error.value)))


@pytest.mark.parametrize(
    "secret",
    ["changeme", '"changeme"', '["admin", "changeme"]', '{"username": "admin", "changeme": "changeme"}', "{}", ""],
)
def test_a_malformed_secret_lets_nobody_in_and_is_not_told(
    service: Service, secret: str, capsys: pytest.CaptureFixture[str]
) -> None:
    boto3.client("secretsmanager").put_secret_value(SecretId="auth", SecretString=secret or " ")
    assert "changeme" not in refused(service, capsys)


def test_a_secret_that_is_gone_lets_nobody_in(service: Service, capsys: pytest.CaptureFixture[str]) -> None:
    boto3.client("secretsmanager").delete_secret(SecretId="auth", ForceDeleteWithoutRecovery=True)
    assert "ResourceNotFound" in refused(service, capsys)


@pytest.mark.parametrize("code", ["AccessDeniedException", "ThrottlingException", "InternalServiceError"])
def test_a_secret_that_cannot_be_read_lets_nobody_in(
    service: Service, code: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object, **options: object) -> None:
        raise ClientError({"Error": {"Code": code, "Message": "no"}}, "GetSecretValue")

    monkeypatch.setattr(parameters.SecretsProvider, "_get", refuse)
    assert code in refused(service, capsys)


def test_a_service_that_does_not_answer_lets_nobody_in(
    service: Service, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def hang(*arguments: object, **options: object) -> None:
        raise EndpointConnectionError(endpoint_url="https://secretsmanager")

    monkeypatch.setattr(parameters.SecretsProvider, "_get", hang)
    assert "secretsmanager" in refused(service, capsys)


@pytest.mark.parametrize("event", [{}, {"authorizationToken": ""}, {"authorizationToken": "Basic"}])
def test_a_request_without_a_password_is_unauthorized(service: Service, event: dict[str, str]) -> None:
    with pytest.raises(Exception, match=r"^Unauthorized$"):
        authorizer.app.lambda_handler(event, CONTEXT)


@pytest.mark.parametrize(
    ("body", "status", "code", "place"),
    [
        ("{", 400, "INVALID_JSON", "must be a JSON object"),
        ("[" * 100_000, 400, "INVALID_JSON", "must be a JSON object"),
        ('{"a": NaN}', 400, "INVALID_JSON", "NaN"),
        ('{"webhookUrl": "\\ud800"}', 400, "INVALID_JSON", "must be a JSON object"),
        ("null", 422, "INVALID_REQUEST", "body"),
        (request(scenes=[]), 422, "INVALID_REQUEST", "scenes"),
        (request(sceness=[]), 422, "INVALID_REQUEST", "sceness"),
        (request(scenes=[{"text": "Hi", "length": 3}]), 422, "INVALID_SCENE", "scenes[0].length"),
        ({}, 422, "INVALID_REQUEST", "webhookUrl"),
        ("x" * (256 * 1024 + 1), 413, "BODY_TOO_LARGE", "256 KB"),
    ],
)
def test_a_bad_body_is_refused_by_name_and_nothing_is_written(
    service: Service, body: object, status: int, code: str, place: str
) -> None:
    answer = service.call("POST", "/generate-video-async", body)
    assert (answer.status, answer.body["success"], answer.body["error"]["code"]) == (status, False, code)
    assert place in answer.body["error"]["message"]
    assert answer.body["error"]["requestId"] == "request-1"
    assert service.store.queue().length == 0


def test_all_mistakes_come_at_once_with_their_pointers(service: Service) -> None:
    answer = service.call(
        "POST", "/generate-video-async", request(theme="rainy", scenes=[{"text": 3}, {"duration": -1}])
    )
    pointers = {detail["pointer"] for detail in answer.body["error"]["details"]}
    assert pointers >= {"/theme", "/scenes/0/text", "/scenes/1/duration"}


def test_an_unknown_route_has_the_error_shape(service: Service) -> None:
    answer = service.call("GET", "/nothing")
    assert (answer.status, answer.body["error"]["code"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize("job_id", ["nosuchjob", "x" * 3000, "ж" * 1500, "a/../b"])
def test_whatever_is_no_id_of_a_job_is_an_unknown_job(service: Service, job_id: str) -> None:
    for method, path in (("GET", "/job-status/{}"), ("GET", "/videos/{}"), ("POST", "/jobs/{}/webhooks/redeliver")):
        answer = service.call(method, path.format(quote(job_id, safe="")))
        assert (answer.status, answer.body["error"]["code"]) == (404, "JOB_NOT_FOUND")


@pytest.mark.parametrize("limit", ["", "0", "101", "-1", "1.5", "٣", "9" * 5000])
def test_a_page_has_a_size_of_plain_digits(service: Service, limit: str) -> None:
    answer = service.call("GET", "/jobs", query={"limit": limit})
    assert (answer.status, answer.body["error"]["code"]) == (400, "INVALID_JSON")
    assert answer.body["error"]["message"].startswith("limit must be a number from 1 to 100")
    assert len(answer.body["error"]["message"]) < 200


@pytest.mark.parametrize("name", ["stauts", "", "Limit", "x" * 5000])
def test_a_misspelt_parameter_is_named(service: Service, name: str) -> None:
    answer = service.call("GET", "/jobs", query={name: "failed"})
    assert (answer.status, answer.body["error"]["code"]) == (400, "INVALID_JSON")
    assert answer.body["error"]["message"].startswith(f"There is no parameter '{name[:60]}")
    assert answer.body["error"]["message"].endswith("there are status, limit, cursor.")
    assert len(answer.body["error"]["message"]) < 200


def test_the_api_describes_itself(service: Service) -> None:
    answer = service.call("GET", "/openapi.json", administrator=False)
    assert answer.status == 200
    assert "/generate-video-async" in answer.body["paths"]


def test_a_dead_dependency_is_a_503_that_may_be_tried_again(service: Service) -> None:
    service.store.table._client.delete_table(TableName="reelqueue")
    answer = service.call("POST", "/generate-video-async", request())
    assert (answer.status, answer.body["error"]["code"]) == (503, "DEPENDENCY_DOWN")
    assert answer.headers["Retry-After"] == "5"


def test_a_bug_is_a_500_in_the_error_shape_and_tells_nothing(service: Service) -> None:
    service.store.now = lambda: 1 // 0
    answer = service.call("POST", "/generate-video-async", request())
    assert (answer.status, answer.body["error"]["code"]) == (500, "INTERNAL_ERROR")
    assert "division" not in answer.body["error"]["message"]


def test_a_request_around_the_authorizer_is_forbidden(service: Service) -> None:
    answer = service.call("GET", "/queue-status", caller="")
    assert (answer.status, answer.body["error"]["code"]) == (403, "FORBIDDEN")


def test_the_upload_form_leads_to_the_callers_own_folder(service: Service) -> None:
    answer = service.call("POST", "/assets", {"name": "photo.jpg"}, caller="shop")
    assert (answer.status, answer.body["src"]) == (200, "asset:photo.jpg")
    assert answer.body["upload"]["fields"]["key"] == "assets/shop/photo.jpg"
    assert answer.body["upload"]["url"].startswith("https://")


@pytest.mark.parametrize("body", [{}, {"name": "../photo.jpg"}, {"name": ""}, {"name": 3}, []])
def test_an_asset_needs_a_plain_file_name(service: Service, body: object) -> None:
    answer = service.call("POST", "/assets", body)
    assert (answer.status, answer.body["error"]["details"][0]["pointer"]) == (422, "/name")
