"""Render one leg of one attempt of a job; invoked asynchronously with ``{"jobId", "attempt", "leg"}``.

The first leg is invoked by the dispatcher, each other one by the leg before it.
"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from reelqueue.deployment import deployment
from reelqueue.metrics import RENDER_TIME_LEFT, record
from reelqueue.observability import logger
from render.attempt import Invocation, run_leg


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> None:
    invocation = Invocation(
        context.function_name, context.get_remaining_time_in_millis(), int(context.memory_limit_in_mb)
    )
    run_leg(deployment(), event["jobId"], event["attempt"], event["leg"], invocation)
    record({RENDER_TIME_LEFT: context.get_remaining_time_in_millis() / 1000})
