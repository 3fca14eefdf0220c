"""The table's patience: what it tries again, and what it does not. A stub answers as DynamoDB does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import ANY, Stubber

from reelqueue.table import CONFLICT_TRIES, ConditionFailed, Table

KEY = ("JOB#abc123", "JOB")
AFTER = {"Attributes": {"progress": {"N": "45"}}}


@pytest.fixture
def client() -> Any:
    return boto3.client("dynamodb", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")


@pytest.fixture
def stub(client: Any) -> Iterator[Stubber]:
    with Stubber(client) as stub:
        yield stub
        stub.assert_no_pending_responses()


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def table(client: Any, pauses: list[float]) -> Table:
    return Table(client, "reelqueue", sleep=pauses.append, jitter=lambda: 0.5)


def cancelled(stub: Stubber, *codes: str) -> None:
    reasons = [{"Code": code} for code in codes]
    stub.add_client_error(
        "transact_write_items", "TransactionCanceledException", modeled_fields={"CancellationReasons": reasons}
    )


def test_a_transaction_that_met_another_one_is_tried_again_under_the_same_token(
    table: Table, stub: Stubber, pauses: list[float], client: Any
) -> None:
    tokens: list[str] = []
    client.meta.events.register(
        "provide-client-params.dynamodb.TransactWriteItems",
        lambda params, **_: tokens.append(params["ClientRequestToken"]),
    )
    cancelled(stub, "None", "TransactionConflict")
    cancelled(stub, "TransactionConflict", "None")
    stub.add_response("transact_write_items", {}, {"TransactItems": ANY, "ClientRequestToken": ANY})
    table.transact([table.put({"pk": "a", "sk": "b"}), table.delete(KEY)])
    assert pauses == sorted(pauses)
    assert len(pauses) == 2
    assert len(tokens) == 3
    assert len(set(tokens)) == 1


def test_a_refused_transaction_is_never_tried_again(table: Table, stub: Stubber, pauses: list[float]) -> None:
    cancelled(stub, "TransactionConflict", "ConditionalCheckFailed")
    with pytest.raises(ConditionFailed) as refused:
        table.transact([table.put({"pk": "a", "sk": "b"}), table.delete(KEY)])
    assert refused.value.old == {1: None}
    assert pauses == []


def test_patience_ends(table: Table, stub: Stubber, pauses: list[float]) -> None:
    for _ in range(CONFLICT_TRIES):
        cancelled(stub, "TransactionConflict")
    with pytest.raises(ClientError, match="TransactionCanceledException"):
        table.transact([table.delete(KEY)])
    assert len(pauses) == CONFLICT_TRIES - 1
    assert 3 < sum(pauses) < 6


def test_an_update_that_met_a_transaction_is_tried_again(table: Table, stub: Stubber, pauses: list[float]) -> None:
    stub.add_client_error("update_item", "TransactionConflictException")
    stub.add_response("update_item", AFTER)
    assert table.update(table.change(KEY, sets={"progress": 45})) == {"progress": 45}
    assert len(pauses) == 1


def test_another_fault_of_an_update_is_raised_at_once(table: Table, stub: Stubber, pauses: list[float]) -> None:
    stub.add_client_error("update_item", "ResourceNotFoundException")
    with pytest.raises(ClientError):
        table.update(table.change(KEY, sets={"progress": 45}))
    assert pauses == []
