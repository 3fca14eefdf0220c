"""The handlers on an in-process AWS (moto), with the table and the queues as ``template.yaml`` has them."""

from __future__ import annotations

import base64
import functools
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from aws_lambda_powertools.utilities import parameters
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.sqs.models import sqs_backends
from standardwebhooks.webhooks import Webhook

import authorizer.app
import dispatcher.app
import render.app
import status.app
import submit.app
import webhooks.app
from local.overlay import load_template
from reelqueue.deployment import S3_CONFIG, Deployment, deployment
from reelqueue.settings import settings
from tests.integration.rights import Guard, Need, grants

TEMPLATE = load_template(Path(__file__).parents[2] / "template.yaml")
REGION = "us-east-1"
HANDLERS = {
    "AuthorizerRole": authorizer.app,
    "SubmitRole": submit.app,
    "StatusRole": status.app,
    "DispatcherRole": dispatcher.app,
    "RenderRole": render.app,
    "WebhooksRole": webhooks.app,
}
WEBHOOK_SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef01234567").decode()
CONTEXT: Any = SimpleNamespace(
    function_name="render",
    memory_limit_in_mb="3008",
    invoked_function_arn=f"arn:aws:lambda:{REGION}:123456789012:function:test",
    aws_request_id="11111111-2222-3333-4444-555555555555",
    get_remaining_time_in_millis=lambda: 900_000,
)


@dataclass
class Answer:
    status: int
    body: Any
    headers: dict[str, str]


class Clock:
    """Epoch milliseconds that pass when they are told to, and one with each look: no two writes are at once."""

    def __init__(self) -> None:
        self.ms = 1_763_145_000_000

    def __call__(self) -> int:
        self.ms += 1
        return self.ms

    def sleep(self, seconds: float) -> None:
        self.ms += round(1000 * seconds)


class Renders:
    """Notes down which renders are invoked (moto would run them in Docker). ``refuse`` makes Lambda refuse."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self.invoked: list[tuple[str, int]] = []
        self.legs: list[int] = []
        self.refuse = False

    def invoke(self, *, FunctionName: str, InvocationType: str, Payload: str) -> None:
        if self.refuse:
            raise ClientError({"Error": {"Code": "TooManyRequestsException", "Message": "slow down"}}, "Invoke")
        assert (FunctionName, InvocationType) == ("render", "Event")
        self._guard.demand("Invoke", Need("lambda:InvokeFunction", "RenderFunction"))
        payload = json.loads(Payload)
        self.invoked.append((payload["jobId"], payload["attempt"]))
        self.legs.append(payload["leg"])


class Service:
    """The service as a client and an operator meet it: its routes, its dispatcher, its queues."""

    def __init__(self, at: Deployment, queues: dict[str, str], guard: Guard) -> None:
        self.at = at
        self.guard = guard
        self.store = at.store
        self.clock = Clock()
        self.renders = at.renders = Renders(guard)  # type: ignore[assignment]
        at.store.now = at.reader.now = self.clock
        self._queues = queues
        self._sqs = boto3.client("sqs")

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        caller: str = "admin",
        administrator: bool = True,
    ) -> Answer:
        """One API call, through the function that ``template.yaml`` routes it to."""
        event = {
            "resource": path,
            "path": path,
            "httpMethod": method,
            "headers": headers or {},
            "multiValueHeaders": {name: [value] for name, value in (headers or {}).items()},
            "queryStringParameters": query,
            "multiValueQueryStringParameters": {name: [value] for name, value in (query or {}).items()} or None,
            "requestContext": {
                "requestId": "request-1",
                "authorizer": {"principalId": caller, "administrator": "true" if administrator else "false"},
            },
            "body": body if body is None or isinstance(body, str) else json.dumps(body),
            "isBase64Encoded": False,
        }
        app = status.app if method == "GET" else submit.app
        answer = app.lambda_handler(event, CONTEXT)
        headers_out = {name: ", ".join(values) for name, values in answer["multiValueHeaders"].items()}
        is_json = headers_out.get("Content-Type") == "application/json"
        return Answer(answer["statusCode"], json.loads(answer["body"]) if is_json else answer["body"], headers_out)

    def submit(self, body: object | None = None, **options: Any) -> str:
        """Submit a job that is accepted; gives back its id."""
        answer = self.call("POST", "/generate-video-async", body or request(), **options)
        assert answer.status == 202, answer.body
        return str(answer.body["jobId"])

    def authorize(self, header: str) -> dict[str, Any]:
        arn = f"arn:aws:execute-api:{REGION}:123456789012:api/api/GET/queue-status"
        return authorizer.app.lambda_handler({"type": "TOKEN", "authorizationToken": header, "methodArn": arn}, CONTEXT)

    def dispatch(self, *messages: object) -> list[tuple[str, int]]:
        """Run the dispatcher on messages of its queue, without any on its schedule; gives back what it invoked."""
        before = len(self.renders.invoked)
        event = {
            "Records": [
                {"messageId": str(number), "body": json.dumps(message), "eventSource": "aws:sqs"}
                for number, message in enumerate(messages)
            ]
        }
        dispatcher.app.lambda_handler(event if messages else {"wake": "schedule"}, CONTEXT)
        return self.renders.invoked[before:]

    def messages(self, queue: str, *, at_least: int = 0) -> list[Any]:
        """Take what lies in a queue; with ``at_least``, also what is delayed: as many there must be.

        moto delays by the clock on the wall, and nobody waits for that.
        """
        url = self._queues[queue]
        found: list[Any] = []
        if at_least:
            for delayed in sqs_backends[url.split("/")[-2]][REGION].queues[url.rsplit("/", 1)[-1]]._messages:
                delayed.delayed_until = 0
        while batch := self._sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1 if len(found) < at_least else 0
        ).get("Messages"):
            for message in batch:
                found.append(json.loads(message["Body"]))
                self._sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return found


@dataclass
class Receiver:
    """A client's server: verifies each message, keeps it, and answers with ``status``, after ``before_answer``."""

    url: str = ""
    status: int = 204
    retry_after: str | None = None
    before_answer: Callable[[], object] = lambda: None
    signatures: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    messages: list[Any] = field(default_factory=list)


def request(**fields: object) -> dict[str, object]:
    """The smallest request that is accepted."""
    return {
        "webhookUrl": "http://127.0.0.1:9/webhook",
        "theme": "winter",
        "scenes": [{"text": "Hello", "duration": 1}],
        "output": {"width": 320, "height": 180, "fps": 10, "quality": "draft"},
        **fields,
    }


def _guarded(monkeypatch: pytest.MonkeyPatch, guard: Guard) -> None:
    """Every call to AWS is judged by the rights of the function that makes it; and there is one at a time.

    A render has threads beside it, and moto is not safe with them (measured: 12 of 15 races went wrong).
    """
    # Of the kind that its holder may take again: who listens to a call may make one.
    lock, call = threading.RLock(), BaseClient._make_api_call  # type: ignore[attr-defined]

    def one(client: BaseClient, operation: str, params: dict[str, Any]) -> Any:
        with lock:
            service = client.meta.service_model.service_name
            return guard.call(service, operation, params, lambda: call(client, operation, params))

    monkeypatch.setattr(BaseClient, "_make_api_call", one)
    for role, module in HANDLERS.items():
        monkeypatch.setattr(module, "lambda_handler", guard.handler(role, module.lambda_handler))
    # Nothing is called to sign a URL, but whoever has it acts with the rights of the function.
    s3 = type(_made_once("s3", config=S3_CONFIG))
    link, form = s3.generate_presigned_url, s3.generate_presigned_post

    def linked(client: Any, operation: str, *, Params: dict[str, str], **options: Any) -> Any:
        action = {"get_object": "GetObject"}[operation]
        guard.demand(operation, Need(f"s3:{action}", f"{guard.names[Params['Bucket']]}/{Params['Key']}"))
        return link(client, operation, Params=Params, **options)

    def formed(client: Any, bucket: str, key: str, **options: Any) -> Any:
        guard.demand("post", Need("s3:PutObject", f"{guard.names[bucket]}/{key}"))
        return form(client, bucket, key, **options)

    monkeypatch.setattr(s3, "generate_presigned_url", linked)
    monkeypatch.setattr(s3, "generate_presigned_post", formed)


_made_once = functools.cache(boto3.client)
"""Making the clients takes longer than most of the tests; they hold no state."""


def failure(job_id: str, attempt: int, leg: int = 1, **fields: object) -> dict[str, Any]:
    """What Lambda sends to the failure destination when a render's process ended."""
    return {
        "version": "1.0",
        "requestContext": {"condition": "RetriesExhausted", "approximateInvokeCount": 1},
        "requestPayload": {"jobId": job_id, "attempt": attempt, "leg": leg},
        "responsePayload": {"errorType": "Runtime.ExitError", "errorMessage": "exit status 1"},
        **fields,
    }


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setattr(boto3, "client", _made_once)
    with mock_aws():
        table = TEMPLATE["Resources"]["Table"]["Properties"]
        boto3.client("dynamodb").create_table(
            TableName="reelqueue",
            BillingMode=table["BillingMode"],
            AttributeDefinitions=table["AttributeDefinitions"],
            KeySchema=table["KeySchema"],
            GlobalSecondaryIndexes=table["GlobalSecondaryIndexes"],
        )
        boto3.client("s3").create_bucket(Bucket="reelqueue-videos")
        sqs, secrets = boto3.client("sqs"), boto3.client("secretsmanager")
        jobs_queue = sqs.create_queue(QueueName="jobs")["QueueUrl"]
        webhook_queue = sqs.create_queue(QueueName="webhooks")["QueueUrl"]
        dead_letters = sqs.create_queue(QueueName="dead-letters")["QueueUrl"]
        jobs_dead_letters = sqs.create_queue(QueueName="jobs-dead-letters")["QueueUrl"]
        auth = {
            "username": "admin",
            "password": "changeme",
            "callers": [{"username": "shop", "password": "s3cret"}],
        }
        auth_arn = secrets.create_secret(Name="auth", SecretString=json.dumps(auth))["ARN"]
        key_arn = secrets.create_secret(Name="key", SecretString=json.dumps({"secret": WEBHOOK_SECRET}))["ARN"]
        environment = {
            "TABLE_NAME": "reelqueue",
            "BUCKET_NAME": "reelqueue-videos",
            "JOBS_QUEUE_URL": jobs_queue,
            "WEBHOOK_QUEUE_URL": webhook_queue,
            "WEBHOOK_DEAD_LETTERS_URL": dead_letters,
            "JOBS_DEAD_LETTERS_URL": jobs_dead_letters,
            "RENDER_FUNCTION_NAME": "render",
            "AUTH_SECRET_ARN": auth_arn,
            "WEBHOOK_SECRET_ARN": key_arn,
            "RATE_LIMIT_PER_MINUTE": "1000",
            "ALLOW_PRIVATE_ADDRESSES": "true",
            "VOICE_ENGINE": "espeak",
            "POWERTOOLS_SERVICE_NAME": "reelqueue",
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        for cache in (settings, deployment):
            cache.cache_clear()
        parameters.clear_caches()  # type: ignore[no-untyped-call]
        queues = {"jobs": jobs_queue, "webhooks": webhook_queue, "dead letters": dead_letters}
        queues["jobs dead letters"] = jobs_dead_letters
        names = {
            "reelqueue": "Table",
            "reelqueue-videos": "Bucket",
            jobs_queue: "JobsQueue",
            webhook_queue: "WebhookQueue",
            dead_letters: "WebhookDeadLetters",
            jobs_dead_letters: "JobsDeadLetters",
            auth_arn: "AuthSecret",
            key_arn: "WebhookSecret",
        }
        guard = Guard(grants(TEMPLATE["Resources"]), names)
        _guarded(monkeypatch, guard)
        yield Service(deployment(), queues, guard)
        assert guard.refused == []
    for cache in (settings, deployment):
        cache.cache_clear()
    parameters.clear_caches()  # type: ignore[no-untyped-call]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            receiver.messages.append(Webhook(WEBHOOK_SECRET).verify(body, dict(self.headers)))
            receiver.ids.append(self.headers["webhook-id"])
            receiver.signatures.append(self.headers["webhook-signature"])
            receiver.before_answer()
            self.send_response(receiver.status)
            if receiver.retry_after is not None:
                self.send_header("retry-after", receiver.retry_after)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_port}/webhook"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield receiver
    server.shutdown()
    thread.join()
    server.server_close()
