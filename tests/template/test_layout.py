"""Rules for the template as a text, its parameters, and what it is deployed with."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from cfnlint.api import lint_file

from reelqueue.settings import Settings

PROJECT = Path(__file__).resolve().parents[2]

LIMITS = {
    "MaxConcurrentRenders": Settings.max_concurrent_renders,
    "MaxQueueLength": Settings.max_queue_length,
    "RateLimitPerMinute": Settings.rate_limit_per_minute,
    "JobExpirySeconds": Settings.job_expiry_seconds,
    "AdmissionLeaseSeconds": Settings.admission_lease_seconds,
    "VideoRetentionDays": Settings.video_retention_days,
}


def test_the_sections_are_the_flow_in_its_order_and_who_watches_it(template_text: str) -> None:
    banners = re.findall(r"^  # =+\n  # (\w+): .+\n  # =+\n", template_text, flags=re.MULTILINE)
    assert banners == ["request", "job", "line", "slot", "render", "webhook", "watch"]


def test_private_addresses_cannot_be_allowed_on_aws(template_text: str, sam_config_text: str) -> None:
    for text in (template_text, sam_config_text):
        assert "ALLOW_PRIVATE" not in text
        assert "AllowPrivate" not in text


@pytest.mark.parametrize(("name", "default"), LIMITS.items())
def test_the_limits_are_parameters_with_the_defaults_of_the_code(
    name: str, default: int, template: dict[str, Any]
) -> None:
    assert template["Parameters"][name]["Default"] == default


def test_every_parameter_says_what_it_is_and_has_bounds(template: dict[str, Any]) -> None:
    for name, parameter in template["Parameters"].items():
        assert parameter["Description"], name
        assert "Default" in parameter, name
        bounded = {"MinValue", "MaxValue"} <= parameter.keys() or parameter.keys() & {"AllowedValues", "AllowedPattern"}
        assert bounded, name


def test_every_parameter_stands_in_a_group_of_the_console(template: dict[str, Any]) -> None:
    groups = template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    assert sorted(name for group in groups for name in group["Parameters"]) == sorted(template["Parameters"])


def test_a_render_may_not_take_longer_than_lambda_allows(template: dict[str, Any]) -> None:
    assert template["Parameters"]["RenderTimeout"]["MaxValue"] == 900


def test_the_default_memory_is_what_a_new_account_has(template: dict[str, Any]) -> None:
    assert template["Parameters"]["RenderMemory"]["Default"] == 3008
    assert template["Parameters"]["Architecture"]["AllowedValues"] == ["x86_64", "arm64"]


def test_cfn_lint_finds_nothing() -> None:
    assert lint_file(PROJECT / "template.yaml") == []


@pytest.mark.parametrize("requirements", ["functions/requirements.txt", "functions/render/requirements.txt"])
def test_what_is_deployed_is_what_was_tested(requirements: str) -> None:
    """The pins of the functions are those of the lock file."""
    locked = set(re.findall(r"^([\w.-]+==[\w.+-]+)", (PROJECT / "requirements.lock").read_text(), flags=re.MULTILINE))
    wanted = [
        line.partition("#")[0].strip()
        for line in (PROJECT / requirements).read_text().splitlines()
        if line.partition("#")[0].strip() and not line.startswith("-r ")
    ]
    assert wanted
    assert not set(wanted) - locked


def test_nothing_is_built_from_a_cache() -> None:
    """`sam build --cached` shipped stale code of local packages and said that it succeeded."""
    config = tomllib.loads((PROJECT / "samconfig.toml").read_text())
    builds = [config[name]["build"]["parameters"] for name in config if name != "version"]
    assert len(builds) == 2
    assert not any(build.get("cached") for build in builds)
    # Its containers come from a registry that cannot be reached everywhere.
    assert not any(build.get("use_container") for build in builds)


@pytest.fixture(scope="module")
def sam_config_text() -> str:
    return (PROJECT / "samconfig.toml").read_text(encoding="utf-8")
