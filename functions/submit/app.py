"""The write side of the API: submit, cancel, upload of assets."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from reelqueue import assets, intake
from reelqueue.deployment import deployment
from reelqueue.http import caller, json_body, resolver
from reelqueue.observability import logger

app = resolver()

Answer = tuple[dict[str, Any], int]


@app.post("/generate-video-async")
def generate_video_async() -> Answer:
    key = app.current_event.headers.get("Idempotency-Key")
    return intake.submit(deployment(), caller(app), json_body(app), key), 202


@app.post("/jobs/<job_id>/cancel")
def cancel(job_id: str) -> Answer:
    return intake.cancel(deployment(), caller(app), job_id), 200


@app.post("/assets")
def upload_asset() -> Answer:
    return assets.upload_form(deployment(), caller(app), json_body(app)), 200


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
