"""A small share of what ``make fuzz`` does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.stack import LocalStack
from tests.e2e.fuzz import PARAMETERS, fuzz


@pytest.fixture(scope="module")
def paused(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    with LocalStack.start(tmp_path_factory.mktemp("fuzzed"), parameters=PARAMETERS) as running:
        yield running


def test_whatever_is_sent_the_answer_is_one_of_the_document(paused: LocalStack) -> None:
    outcome = fuzz(paused, examples=10, phases="examples,fuzzing")
    assert outcome.clean, outcome.report
    assert outcome.requests >= 150
