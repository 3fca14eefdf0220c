"""The read side of the API: one job, the queue, a caller's jobs, the finished video, metrics, the API's document."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler import Response, content_types
from aws_lambda_powertools.utilities.typing import LambdaContext

from reelqueue import openmetrics, views
from reelqueue.deployment import deployment
from reelqueue.http import OPENAPI, caller, parameters, resolver
from reelqueue.observability import logger

app = resolver()

Answer = tuple[dict[str, Any], int]


@app.get("/job-status/<job_id>")
def job_status(job_id: str) -> Answer:
    return views.job_status(deployment(), caller(app), job_id), 200


@app.get("/queue-status")
def queue_status() -> Answer:
    return views.queue_status(deployment(), caller(app)), 200


@app.get("/jobs")
def jobs() -> Answer:
    filters = parameters(app, "status", "limit", "cursor")
    page = views.list_jobs(deployment(), caller(app), **filters)
    return page, 200


@app.get("/videos/<job_id>")
def video(job_id: str) -> Response[str]:
    location = views.video_location(deployment(), caller(app), job_id)
    return Response(status_code=302, headers={"Location": location, "Cache-Control": "no-store"}, body="")


@app.get("/metrics")
def metrics() -> Response[str]:
    caller(app)
    text = openmetrics.exposition(deployment())
    return Response(200, openmetrics.CONTENT_TYPE, text, headers={"Cache-Control": "no-store"})


@app.get("/openapi.json")
def openapi() -> Response[str]:
    caller(app)
    return Response(200, content_types.APPLICATION_JSON, OPENAPI.read_text(encoding="utf-8"))


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
