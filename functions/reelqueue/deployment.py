"""The parts of AWS that a function talks to, made once per process from its settings.

Handlers ask for ``deployment()``; everything below gets its parts as parameters.
"""

from __future__ import annotations

import functools
import json
import time
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools.utilities import parameters
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError, TransformParameterError
from botocore.config import Config

from reelqueue.addresses import Gate
from reelqueue.deliveries import Webhook
from reelqueue.jobs import Event, Job, Result, new_job_id
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
S3_CONFIG = _CONFIG.merge(Config(signature_version="s3v4", read_timeout=60))


_LONGEST_DELAY = 900
"""Seconds that SQS can hold a new message back."""


class SecretUnusable(Exception):
    """A secret cannot be read, or is not of its form. The message holds nothing of it."""


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
        return boto3.client("s3", config=S3_CONFIG)

    @functools.cached_property
    def polly(self) -> PollyClient:
        return boto3.client("polly", config=_CONFIG.merge(Config(read_timeout=60)))

    @functools.cached_property
    def sender(self) -> Sender:
        return Sender(self.signing_keys, clock=time.time, session=guarded_session(Dialer(self.gate)))

    def signing_keys(self) -> list[bytes]:
        """The keys that webhooks are signed with: the present one and, while clients change over, the one before.

        Raises:
            SecretUnusable: the secret cannot be read, or is none.
        """
        secret = self.secret(self.settings.webhook_secret_arn)
        try:
            return [signing_key(str(secret[name])) for name in ("secret", "previousSecret") if secret.get(name)]
        except ValueError:
            # Without its cause: nothing of the secret may reach a log.
            raise SecretUnusable("the webhook secret holds something that is no key") from None

    @property
    def gate(self) -> Gate:
        """Which addresses may be called that clients name."""
        return Gate(self.settings.allow_private_addresses, self.settings.allowed_ports)

    @staticmethod
    def secret(arn: str) -> dict[str, Any]:
        """A JSON secret, read again at most every five minutes, so that a rotated one is noticed.

        Raises:
            SecretUnusable: it cannot be read, or is no JSON object.
        """
        try:
            value = parameters.get_secret(arn, transform="json", max_age=300)
        except GetParameterError as error:
            raise SecretUnusable(f"the secret {arn} cannot be read: {error}") from error
        except TransformParameterError:
            value = None
        if not isinstance(value, dict):
            raise SecretUnusable(f"the secret {arn} is not a JSON object")
        return value

    def wake(self, why: str) -> None:
        """Tell the dispatcher to look at the line. A lost message costs at most a minute: the schedule looks too."""
        self.sqs.send_message(QueueUrl=self.settings.jobs_queue_url, MessageBody=json.dumps({"wake": why}))

    def hand_over(self, webhook: Webhook) -> None:
        """Put a webhook into the webhook queue; from there it is retried until it arrives."""
        wait = min(_LONGEST_DELAY, -(-webhook.wait_ms(self.store.now()) // 1000))
        self.sqs.send_message(
            QueueUrl=self.settings.webhook_queue_url,
            MessageBody=json.dumps(webhook.message(), ensure_ascii=False),
            DelaySeconds=wait,
        )

    def bury(self, webhook: Webhook, reason: str) -> None:
        """Put a webhook that nobody would take into the dead-letter queue, for a person to look at."""
        self.sqs.send_message(
            QueueUrl=self.settings.webhook_dead_letters_url,
            MessageBody=json.dumps({**webhook.message(), "reason": reason}, ensure_ascii=False),
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
