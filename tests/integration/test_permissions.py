"""IAM, both ways. That nothing is missing holds in every test here: ``Guard`` refuses what a role may not do. That
nothing is there for nothing is held by this one, which leads every function through all that it does."""

from __future__ import annotations

import base64
import json

import cv2
import numpy
import pytest
from aws_lambda_powertools.utilities import parameters

import render.app
from reelqueue.dispatch import begin
from reelqueue.errors import RenderError
from tests.integration.conftest import CONTEXT, TEMPLATE, Receiver, Service, failure, request
from tests.integration.rights import Need, grants, needs_of_aws
from tests.integration.test_6_webhook import redeliver

RESOURCES = TEMPLATE["Resources"]


def everything(service: Service, receiver: Receiver) -> None:
    """Every route, every kind of message, and every way in which a job may end."""
    service.authorize("Basic " + base64.b64encode(b"admin:changeme").decode())
    ok, picture = cv2.imencode(".jpg", numpy.full((90, 160, 3), 200, numpy.uint8))
    assert ok
    service.at.s3.put_object(Bucket="reelqueue-videos", Key="assets/admin/there.jpg", Body=picture.tobytes())
    receiver.status = 503
    for source in "asset:there.jpg", "asset:nowhere.jpg":
        job_id = service.submit(request(webhookUrl=receiver.url, scenes=[{"image": source, "duration": 1}]))
        service.dispatch({"wake": "submitted"})
        render.app.lambda_handler({"jobId": job_id, "attempt": 1, "leg": 1}, CONTEXT)
        service.call("GET", f"/job-status/{job_id}")
        service.call("GET", f"/videos/{job_id}")
    with service.guard.acting("RenderRole"):
        begin(service.at, "render", job_id, 1, 2)
        # On a laptop another engine speaks, and moto's Polly takes no rate of 24 kHz.
        service.at.polly.synthesize_speech(Text="Hello", VoiceId="Joanna", OutputFormat="ogg_vorbis")
    # One that crashed, and one that crashed after its end: it still owes a wake-up, which the dispatcher sends.
    for ends in False, True:
        job_id = service.submit()
        service.dispatch()
        job = service.store.job(job_id)
        assert job is not None
        if ends:
            job = service.store.start(job, service.clock() + 900_000)
            service.store.finish(job, job.failed(RenderError("no"), service.clock()))
        service.dispatch(failure(job_id, job.attempt))
    # Each function is a process of its own, and reads secrets for itself.
    parameters.clear_caches()  # type: ignore[no-untyped-call]
    for message in service.messages("webhooks", at_least=4):
        redeliver(service, message)
        service.clock.sleep(10**6)
        redeliver(service, message)
    waiting = service.submit()
    for path in f"/job-status/{waiting}", "/queue-status", "/jobs", "/metrics":
        assert service.call("GET", path).status == 200
    for path in f"/jobs/{waiting}/cancel", f"/jobs/{waiting}/retry", f"/jobs/{waiting}/webhooks/redeliver":
        assert service.call("POST", path).status in (200, 202)
    assert service.call("POST", "/assets", {"name": "new.jpg"}).status == 200
    assert service.call("PATCH", "/queue-settings", {"maxConcurrent": 4}).status == 200
    # What only the audit does: a job that holds a slot which nobody gave it, and one that has lost its own.
    stray = service.submit()
    service.dispatch()
    table = service.store.table
    table.update(table.change(("SLOTS", "SLOTS"), names={"job": stray}, removes=["#holders.#job"]))
    service.clock.sleep(10**6)
    service.dispatch()
    service.clock.sleep(10**6)
    service.dispatch()


def test_no_function_has_a_right_that_it_does_not_need(service: Service, receiver: Receiver) -> None:
    everything(service, receiver)
    of_aws = {
        grant
        for role, need in needs_of_aws(RESOURCES)
        for grant in grants(RESOURCES)
        if grant.role == role and grant.covers(need)
    }
    unused = grants(RESOURCES) - service.guard.used - of_aws
    assert sorted(map(str, unused)) == []


def test_what_aws_does_in_the_name_of_a_function_is_allowed() -> None:
    allowed = grants(RESOURCES)
    for role, need in needs_of_aws(RESOURCES):
        assert any(grant.role == role and grant.covers(need) for grant in allowed), (role, need)


@pytest.mark.parametrize(
    ("role", "need"),
    [
        ("StatusRole", Need("dynamodb:UpdateItem", "Table", "JOB#x")),
        ("WebhooksRole", Need("dynamodb:UpdateItem", "Table", "SLOTS")),
        ("RenderRole", Need("dynamodb:UpdateItem", "Table", "LINE")),
        ("WebhooksRole", Need("s3:GetObject", "Bucket/assets/admin/a.jpg")),
        ("SubmitRole", Need("s3:GetObject", "Bucket/videos/x/1/video.mp4")),
        ("SubmitRole", Need("secretsmanager:GetSecretValue", "AuthSecret")),
        ("DispatcherRole", Need("secretsmanager:GetSecretValue", "WebhookSecret")),
        ("RenderRole", Need("s3:PutObject", "Bucket/assets/admin/a.jpg")),
    ],
)
def test_what_a_function_has_no_business_with_is_refused(role: str, need: Need) -> None:
    assert not [grant for grant in grants(RESOURCES) if grant.role == role and grant.covers(need)]


def test_no_secret_is_in_an_environment_variable() -> None:
    """By its name only: its value is read when it is needed."""
    for name, resource in RESOURCES.items():
        if resource["Type"] == "AWS::Serverless::Function":
            variables = json.dumps(resource["Properties"]["Environment"])
            assert "resolve:" not in variables, name
            assert '"Ref": "AuthSecret"' not in variables, name
