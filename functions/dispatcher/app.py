"""Admit and reclaim when the jobs queue says so (a submission, the end or failure of a render); upkeep every minute."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from reelqueue.deployment import deployment
from reelqueue.dispatch import dispatch, invocation_failed, parse_message
from reelqueue.observability import logger

processor = BatchProcessor(event_type=EventType.SQS)


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse | None:
    if "Records" not in event:
        dispatch(deployment(), upkeep=True)
        return None
    answer = process_partial_response(event=event, record_handler=read, processor=processor, context=context)
    dispatch(deployment(), upkeep=False)
    return answer


def read(record: SQSRecord) -> None:
    """A wake-up says nothing but that it is time to look; the record of a failed invocation frees a slot."""
    failure = parse_message(record.body)
    if failure is not None:
        invocation_failed(deployment(), failure)
