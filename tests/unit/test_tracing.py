"""Traces go on from function to function: boto3 passes the id of the trace that its function belongs to."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from reelqueue.deployment import Deployment
from reelqueue.settings import Settings

TRACE = "Root=1-6b082029-74b6be9fe2c5f78fd569c1b0;Parent=53995c3f42cd8ad8;Sampled=1"


@pytest.mark.parametrize("service", ["lambda", "sqs"])
def test_a_render_and_a_message_belong_to_the_trace_that_they_come_from(
    service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "dispatcher")
    monkeypatch.setenv("_X_AMZN_TRACE_ID", TRACE)
    sent: list[Any] = []

    def answer(request: Any, **_: Any) -> AWSResponse:
        sent.append(request.headers["X-Amzn-Trace-Id"])
        return AWSResponse(request.url, 202, HTTPHeaders(), _Nothing())

    at = Deployment(Settings(jobs_queue_url="https://queues.example.com/123456789012/jobs"))
    client: Any = boto3.client(service)  # type: ignore[call-overload]
    client.meta.events.register("before-send", answer)
    if service == "lambda":
        at.renders = client
        at.invoke_render("render", "abc", 1, 1)
    else:
        at.sqs = client
        at.wake("submitted")
    assert [header.decode() if isinstance(header, bytes) else header for header in sent] == [TRACE]


class _Nothing:
    """The body of an empty answer."""

    def stream(self, **_: Any) -> list[bytes]:
        return [b"{}"]

    def read(self) -> bytes:
        return b"{}"
