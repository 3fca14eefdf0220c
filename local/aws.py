"""boto3 clients of the emulator, whatever AWS configuration this machine has for real accounts."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import boto3
import botocore.session
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

REGION = "us-east-1"


class Aws:
    """The services that the local stack, its tests and its benchmarks call themselves."""

    def __init__(self, endpoint_url: str) -> None:
        # Neither the profile nor the files of the person's own AWS configuration may leak in, or be missed.
        core = botocore.session.Session(
            session_vars={
                "profile": (None, None, None, None),
                "config_file": (None, None, os.devnull, None),
                "credentials_file": (None, None, os.devnull, None),
            }
        )
        session = boto3.Session(
            botocore_session=core,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            region_name=REGION,
        )
        config = Config(connect_timeout=5, read_timeout=60, retries={"mode": "standard", "total_max_attempts": 2})
        self.apigateway: APIGatewayClient = session.client("apigateway", endpoint_url=endpoint_url, config=config)
        self.cloudformation: CloudFormationClient = session.client(
            "cloudformation", endpoint_url=endpoint_url, config=config
        )
        self.cloudwatch: CloudWatchClient = session.client("cloudwatch", endpoint_url=endpoint_url, config=config)
        self.dynamodb: DynamoDBClient = session.client("dynamodb", endpoint_url=endpoint_url, config=config)
        self.functions: LambdaClient = session.client("lambda", endpoint_url=endpoint_url, config=config)
        self.logs: CloudWatchLogsClient = session.client("logs", endpoint_url=endpoint_url, config=config)
        self.s3: S3Client = session.client("s3", endpoint_url=endpoint_url, config=config)
        self.secrets: SecretsManagerClient = session.client("secretsmanager", endpoint_url=endpoint_url, config=config)
        self.sns: SNSClient = session.client("sns", endpoint_url=endpoint_url, config=config)
        self.sqs: SQSClient = session.client("sqs", endpoint_url=endpoint_url, config=config)
