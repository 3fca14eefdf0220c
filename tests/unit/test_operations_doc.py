"""docs/operations.md: every alarm has its entry, every parameter, setting and metric its line."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from local.overlay import load_template
from reelqueue import metrics
from reelqueue.settings import Settings

PROJECT = Path(__file__).parents[2]
TEMPLATE = load_template(PROJECT / "template.yaml")
TEXT = (PROJECT / "docs" / "operations.md").read_text(encoding="utf-8")
ALARMS = {name: r["Properties"] for name, r in TEMPLATE["Resources"].items() if r["Type"] == "AWS::CloudWatch::Alarm"}
ENTRIES = TEXT[TEXT.index("\n## Alarms\n") : TEXT.index("\n## How to\n")].split("\n### ")[1:]


def entry_of(alarm: str) -> str:
    [entry] = [entry for entry in ENTRIES if f"`{alarm}`" in entry]
    return entry


@pytest.mark.parametrize("alarm", ALARMS)
def test_every_alarm_has_an_entry_with_its_meaning_where_to_look_and_what_to_do(alarm: str) -> None:
    entry = entry_of(alarm)
    assert [part for part in ("**It means** that ", "**Look at** ", "**Do") if part not in entry] == []


@pytest.mark.parametrize("alarm", ALARMS)
def test_the_entry_is_found_by_the_name_in_the_mail(alarm: str) -> None:
    name = ALARMS[alarm]["AlarmName"]["Fn::Sub"].removeprefix("${AWS::StackName} ").lower()
    assert name.endswith(entry_of(alarm).splitlines()[0].lower())


def test_there_is_no_entry_of_an_alarm_that_is_gone() -> None:
    named = {name for entry in ENTRIES for name in re.findall(r"`(\w+Alarm)`", entry)}
    assert named == set(ALARMS)


@pytest.mark.parametrize("name", TEMPLATE["Parameters"])
def test_every_parameter_stands_with_its_default(name: str) -> None:
    default = TEMPLATE["Parameters"][name]["Default"]
    assert f"| `{name}` | {'empty' if default == '' else default} | " in TEXT


@pytest.mark.parametrize("field", dataclasses.fields(Settings))
def test_every_setting_is_named(field: dataclasses.Field[object]) -> None:
    assert f"`{field.name.upper()}`" in TEXT


def test_the_variable_of_a_parameter_is_the_one_that_the_template_sets() -> None:
    set_by = {
        (value["Ref"], variable)
        for resource in TEMPLATE["Resources"].values()
        if resource["Type"] == "AWS::Serverless::Function"
        for variable, value in resource["Properties"]["Environment"]["Variables"].items()
        if isinstance(value, dict) and value.get("Ref") in TEMPLATE["Parameters"]
    }
    assert set(re.findall(r"^\| `(\w+)` \|.*\| `([A-Z_]+)` \|$", TEXT, flags=re.MULTILINE)) == set_by


@pytest.mark.parametrize("metric", metrics.CATALOGUE)
def test_every_metric_stands_with_its_unit_and_meaning(metric: metrics.Metric) -> None:
    by = f", by `{metric.by}`" if metric.by else ""
    assert f"| `{metric.name}`{by} | {metric.unit.value} | {metric.says} |" in TEXT


def test_every_link_inside_leads_somewhere() -> None:
    headings = re.findall(r"^#+ (.+)$", TEXT, flags=re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
    for page in sorted((PROJECT / "docs").glob("*.md")):
        prefix = "" if page.name == "operations.md" else "operations.md"
        for anchor in re.findall(rf"\]\({prefix}#([\w-]+)\)", page.read_text(encoding="utf-8")):
            assert anchor in anchors, (page.name, anchor)
