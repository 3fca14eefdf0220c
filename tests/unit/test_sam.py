"""The files for ``sam local``: what has to be there first, and what is in them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from local.sam import NotReady, declaring, write


def test_without_a_build_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NotReady, match="make build"):
        write(tmp_path, tmp_path)


@pytest.mark.parametrize("description", [None, {"awsEndpointUrl": "http://127.0.0.1:4566"}])
def test_without_a_local_stack_in_reach_of_containers_it_says_what_to_do(
    description: dict[str, str] | None, tmp_path: Path
) -> None:
    (tmp_path / "template.yaml").write_text("Resources: {}")
    if description:
        (tmp_path / "stack.json").write_text(json.dumps(description))
    with pytest.raises(NotReady, match="make dev RENDER=image"):
        write(tmp_path, tmp_path)


def test_every_variable_is_declared_and_the_code_is_found_from_elsewhere() -> None:
    function = {"CodeUri": "SubmitFunction", "Environment": {"Variables": {"TABLE_NAME": {"Ref": "Table"}}}}
    template = {"Resources": {"SubmitFunction": {"Type": "AWS::Serverless::Function", "Properties": function}}}

    declared = declaring(template, Path("/built"), {"SubmitFunction": {"AWS_ENDPOINT_URL": "x", "TABLE_NAME": "t"}})

    properties = declared["Resources"]["SubmitFunction"]["Properties"]
    assert properties["CodeUri"] == "/built/SubmitFunction"
    assert properties["Environment"]["Variables"] == {"TABLE_NAME": "", "AWS_ENDPOINT_URL": ""}
