"""The write side of the API: submit, cancel, retry, webhooks again, upload of assets, settings of the queue."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from reelqueue import assets, control, intake
from reelqueue.deployment import deployment
from reelqueue.http import answer, caller, json_body, resolver
from reelqueue.observability import logger
from reelqueue.views import own_job

app = resolver()


@app.post("/generate-video-async")
def generate_video_async() -> Response[str]:
    key = app.current_event.headers.get("Idempotency-Key")
    accepted = intake.submit(deployment(), caller(app), json_body(app), key)
    return answer(accepted.answer, 202, {**accepted.headers})


@app.post("/jobs/<job_id>/cancel")
def cancel(job_id: str) -> Response[str]:
    return answer(control.cancel(deployment(), caller(app), job_id), 200)


@app.post("/jobs/<job_id>/retry")
def retry(job_id: str) -> Response[str]:
    at, who = deployment(), caller(app)
    accepted = intake.retry(at, who, own_job(at, who, job_id))
    return answer(accepted.answer, 202, {**accepted.headers})


@app.post("/jobs/<job_id>/webhooks/redeliver")
def redeliver(job_id: str) -> Response[str]:
    body = json_body(app) if app.current_event.body else {}
    accepted = control.redeliver(deployment(), caller(app), job_id, body)
    return answer(accepted.answer, 202, {**accepted.headers})


@app.post("/assets")
def upload_asset() -> Response[str]:
    return answer(assets.upload_form(deployment(), caller(app), json_body(app)), 200)


@app.patch("/queue-settings")
def queue_settings() -> Response[str]:
    return answer(control.change_queue(deployment(), caller(app), json_body(app)), 200)


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
