"""``template.yaml`` as data: as it is written, and as SAM expands it."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from samtranslator.translator.transform import transform

from local.overlay import Template, load_template

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def template_text() -> str:
    return (PROJECT / "template.yaml").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def template() -> Template:
    return load_template(PROJECT / "template.yaml")


@pytest.fixture(scope="session")
def resources(template: Template) -> dict[str, dict[str, Any]]:
    written: dict[str, dict[str, Any]] = template["Resources"]
    return written


@pytest.fixture(scope="session")
def functions(resources: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The properties of each function, by its logical id."""
    return {
        name: resource["Properties"]
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Serverless::Function"
    }


@pytest.fixture(scope="session")
def expanded(template: Template) -> dict[str, dict[str, Any]]:
    """The resources that CloudFormation gets to see."""

    class NoManagedPolicies:
        def load(self) -> dict[str, str]:
            return {}

    built = copy.deepcopy(template)
    # Where `sam build` and `sam deploy` put what they have built.
    built["Globals"]["Function"]["CodeUri"] = "s3://bucket/functions.zip"
    built["Resources"]["RenderFunction"]["Properties"]["ImageUri"] = "registry/render:latest"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        result: dict[str, Any] = transform(built, {}, NoManagedPolicies())
    return dict(result["Resources"])
