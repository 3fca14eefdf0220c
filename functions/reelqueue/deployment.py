"""The parts of AWS that a function talks to, made once per process from its settings.

Handlers ask for ``deployment()``; everything below gets its parts as parameters.
"""

from __future__ import annotations

import functools
import json
import time
from typing import TYPE_CHECKING

import boto3
from aws_lambda_powertools.utilities import parameters
from botocore.config import Config

from reelqueue.addresses import Gate
from reelqueue.jobs import Event, Job, Result, event_dict, new_job_id
from reelqueue.outgoing import Dialer, guarded_session
from reelqueue.reader import Reader
from reelqueue.settings import Settings, settings
from reelqueue.store import Store
from reelqueue.table import Table
from reelqueue.webhooks import Sender, signing_key

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_polly import PollyClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

LINK_SECONDS = 3_600
"""How long a presigned URL is asked to work; it ends sooner when the function's session does."""

_CONFIG = Config(connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 4})
_S3_CONFIG = _CONFIG.merge(Config(signature_version="s3v4", read_timeout=60))


class Deployment:
    """The resources of one deployment; each client is made on first use."""

    new_job_id = staticmethod(new_job_id)

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @functools.cached_property
    def reader(self) -> Reader:
        return Reader(self._table, default_limit=self.settings.max_concurrent_renders)

    @functools.cached_property
    def store(self) -> Store:
        return Store(
            self._table,
            default_limit=self.settings.max_concurrent_renders,
            retention_days=self.settings.video_retention_days,
            admission_lease_ms=1000 * self.settings.admission_lease_seconds,
        )

    @functools.cached_property
    def s3(self) -> S3Client:
        return boto3.client("s3", config=_S3_CONFIG)

    @functools.cached_property
    def polly(self) -> PollyClient:
        return boto3.client("polly", config=_CONFIG.merge(Config(read_timeout=60)))

    @functools.cached_property
    def sender(self) -> Sender:
        secret = self.secret(self.settings.webhook_secret_arn)["secret"]
        return Sender(signing_key(str(secret)), clock=time.time, session=guarded_session(Dialer(self.gate)))

    @property
    def gate(self) -> Gate:
        """Which addresses may be called that clients name."""
        return Gate(self.settings.allow_private_addresses, self.settings.allowed_ports)

    @staticmethod
    def secret(arn: str) -> dict[str, object]:
        """A JSON secret, read again at most every five minutes, so that a rotated one is noticed."""
        value = parameters.get_secret(arn, transform="json", max_age=300)
        if not isinstance(value, dict):
            raise TypeError(f"the secret {arn} must be a JSON object")
        return value

    def wake(self, why: str) -> None:
        """Tell the dispatcher to look at the line. A lost message costs at most a minute: the schedule looks too."""
        self.sqs.send_message(QueueUrl=self.settings.jobs_queue_url, MessageBody=json.dumps({"wake": why}))

    def hand_over(self, event: Event, delay_seconds: int = 0) -> None:
        """Put a webhook event into the webhook queue; from there it is retried until it arrives."""
        self.sqs.send_message(
            QueueUrl=self.settings.webhook_queue_url,
            MessageBody=json.dumps(event_dict(event), ensure_ascii=False),
            DelaySeconds=delay_seconds,
        )

    def bury(self, event: Event, reason: str) -> None:
        """Put a webhook event that nobody would take into the dead-letter queue, for a person to look at."""
        self.sqs.send_message(
            QueueUrl=self.settings.webhook_dead_letters_url,
            MessageBody=json.dumps({**event_dict(event), "reason": reason}, ensure_ascii=False),
        )

    def dead_letters(self) -> dict[str, int]:
        """About how many messages lie in each dead-letter queue."""
        urls = {"jobs": self.settings.jobs_dead_letters_url, "webhooks": self.settings.webhook_dead_letters_url}
        found = {}
        for queue, url in urls.items():
            answer = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
            found[queue] = int(answer["Attributes"]["ApproximateNumberOfMessages"])
        return found

    def postpone(self, receipt_handle: str, seconds: int) -> None:
        """Let a message of the webhook queue come back after a pause."""
        self.sqs.change_message_visibility(
            QueueUrl=self.settings.webhook_queue_url, ReceiptHandle=receipt_handle, VisibilityTimeout=seconds
        )

    def invoke_render(self, function_name: str, job_id: str, attempt: int, leg: int) -> None:
        """Start a leg of a render, asynchronously."""
        self.renders.invoke(
            FunctionName=function_name,
            InvocationType="Event",
            Payload=json.dumps({"jobId": job_id, "attempt": attempt, "leg": leg}),
        )

    def link(self, key: str) -> str:
        """A presigned URL of an object in the bucket."""
        return self.s3.generate_presigned_url(
            "get_object", Params={"Bucket": self.settings.bucket_name, "Key": key}, ExpiresIn=LINK_SECONDS
        )

    def links(self, result: Result | None) -> dict[str, str]:
        """The ``videoUrl``, ``posterUrl`` and, if it has captions, ``captionsUrl`` of a finished job, fresh; nothing
        without a result."""
        if result is None:
            return {}
        links = {"videoUrl": self.link(result.video_key), "posterUrl": self.link(result.poster_key)}
        return links | ({"captionsUrl": self.link(result.captions_key)} if result.captions_key else {})

    def live(self, job: Job, event: Event) -> dict[str, object]:
        """What a webhook says of the moment in which it is posted."""
        links = self.links(job.result) if event.type == "job.completed" else {}
        return {"queue": self.reader.queue().answer(), **links}

    @functools.cached_property
    def dynamodb(self) -> DynamoDBClient:
        return boto3.client("dynamodb", config=_CONFIG)

    @functools.cached_property
    def _table(self) -> Table:
        return Table(self.dynamodb, self.settings.table_name)

    @functools.cached_property
    def sqs(self) -> SQSClient:
        return boto3.client("sqs", config=_CONFIG)

    @functools.cached_property
    def renders(self) -> LambdaClient:
        return boto3.client("lambda", config=_CONFIG)


@functools.cache
def deployment() -> Deployment:
    """The deployment of this process."""
    return Deployment(settings())
