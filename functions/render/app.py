"""Render one attempt of one job; invoked asynchronously by the dispatcher with ``{"jobId", "attempt"}``."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from reelqueue.deployment import deployment
from reelqueue.observability import logger
from render.attempt import run_attempt


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> None:
    run_attempt(
        deployment(),
        event["jobId"],
        event["attempt"],
        remaining_ms=context.get_remaining_time_in_millis(),
        memory_mb=int(context.memory_limit_in_mb),
    )
