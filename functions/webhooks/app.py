"""The tries of webhooks that did not arrive at the first, or are sent again; one message of their queue at a time."""

from __future__ import annotations

import json
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from reelqueue.courier import redeliver
from reelqueue.deliveries import webhook_in
from reelqueue.deployment import deployment
from reelqueue.observability import logger

# A batch of one whose message failed is no failure of the function: the message comes back after its own pause.
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(event=event, record_handler=post, processor=processor, context=context)


def post(record: SQSRecord) -> None:
    redeliver(deployment(), webhook_in(json.loads(record.body)), receipt_handle=record.receipt_handle)
