"""Rules for what is kept: the table, the bucket, the secrets."""

from __future__ import annotations

import json
from typing import Any

import pytest

Resources = dict[str, dict[str, Any]]


@pytest.mark.parametrize("name", ["Table", "Bucket"])
def test_what_customers_made_outlives_the_stack(name: str, resources: Resources) -> None:
    assert resources[name]["DeletionPolicy"] == "RetainExceptOnCreate"
    assert resources[name]["UpdateReplacePolicy"] == "Retain"
    # A name of its own would collide with what was retained when the stack is deployed again.
    assert not {"TableName", "BucketName"} & resources[name]["Properties"].keys()


def test_the_table_is_as_the_store_expects_it(resources: Resources) -> None:
    table = resources["Table"]["Properties"]
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["SSESpecification"] == {"SSEEnabled": True}
    assert keys(table) == ["pk", "sk"]
    assert {index["IndexName"]: keys(index) for index in table["GlobalSecondaryIndexes"]} == {
        "jobs-by-owner": ["ownerJobs", "createdKey"],
        "due": ["duePartition", "dueAt"],
        "open": ["openStatus", "ticketKey"],
    }
    assert all(i["Projection"] == {"ProjectionType": "KEYS_ONLY"} for i in table["GlobalSecondaryIndexes"])


def test_the_bucket_is_private_and_encrypted(resources: Resources) -> None:
    bucket = resources["Bucket"]["Properties"]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    rule = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"][0]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert bucket["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    assert "CorsConfiguration" not in bucket


def test_the_bucket_refuses_plain_http(resources: Resources) -> None:
    [statement] = resources["BucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Principal"] == "*"
    assert statement["Action"] == "s3:*"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert statement["Resource"] == [{"Fn::GetAtt": ["Bucket", "Arn"]}, {"Fn::Sub": "${Bucket.Arn}/*"}]


def test_nothing_is_kept_for_ever(resources: Resources) -> None:
    rules = resources["Bucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    assert {rule.get("Prefix"): rule.get("ExpirationInDays") for rule in rules} == {
        "videos/": {"Ref": "VideoRetentionDays"},
        "assets/": {"Ref": "AssetRetentionDays"},
        "segments/": {"Ref": "SegmentRetentionDays"},
        None: None,
    }
    assert rules[-1]["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}


def test_the_password_is_generated(resources: Resources) -> None:
    generate = resources["AuthSecret"]["Properties"]["GenerateSecretString"]
    assert json.loads(generate["SecretStringTemplate"]) == {"username": "admin"}
    assert generate["GenerateStringKey"] == "password"
    assert generate["PasswordLength"] >= 32


def test_the_webhook_secret_is_the_base64_of_enough_bytes(resources: Resources) -> None:
    """Standard Webhooks asks for 24 to 64 bytes; letters and digits are base64, four of them three bytes."""
    generate = resources["WebhookSecret"]["Properties"]["GenerateSecretString"]
    assert generate["GenerateStringKey"] == "secret"
    assert generate["ExcludePunctuation"] is True
    assert not generate.get("IncludeSpace", False)
    assert generate["PasswordLength"] % 4 == 0
    assert 24 <= generate["PasswordLength"] // 4 * 3 <= 64


def keys(table_or_index: dict[str, Any]) -> list[str]:
    assert [key["KeyType"] for key in table_or_index["KeySchema"]] == ["HASH", "RANGE"]
    return [key["AttributeName"] for key in table_or_index["KeySchema"]]
