"""The OpenAPI document and the schema of requests: valid, complete, and what the code says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from local.overlay import load_template
from reelqueue.errors import InvalidBody
from reelqueue.spec import parse_request
from reference.__main__ import DOCUMENT, files
from reference.document import document, statuses
from reference.request import request_schema

PROJECT = Path(__file__).parents[2]
WRITTEN: dict[str, Any] = json.loads(DOCUMENT.read_text(encoding="utf-8"))
OPERATIONS = [(method, path) for path, item in WRITTEN["paths"].items() for method in item]
REQUEST = Draft202012Validator(request_schema())

HEAD = {"webhookUrl": "https://your-app.com/webhook"}
SCENE = {"text": "Hello", "duration": 3}


def operation(method: str, path: str) -> dict[str, Any]:
    found: dict[str, Any] = WRITTEN["paths"][path][method]
    return found


@pytest.mark.parametrize("path", files(), ids=lambda path: path.name)
def test_what_is_generated_is_up_to_date(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == files()[path], "run `make docs`"


def test_the_docs_have_the_very_file_that_is_served() -> None:
    assert (PROJECT / "docs" / "openapi.json").resolve() == DOCUMENT


def test_the_document_is_valid() -> None:
    OpenAPIV31SpecValidator(document()).validate()


def test_it_has_the_routes_of_the_template() -> None:
    resources = load_template(PROJECT / "template.yaml")["Resources"].values()
    events = [event for each in resources for event in each.get("Properties", {}).get("Events", {}).values()]
    routes = {(e["Properties"]["Method"], e["Properties"]["Path"]) for e in events if e["Type"] == "Api"}
    assert set(OPERATIONS) == routes


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_example_of_a_body_is_of_its_schema(method: str, path: str) -> None:
    for content in operation(method, path).get("requestBody", {"content": {}})["content"].values():
        for example in content["examples"].values():
            validator_of(content["schema"]).validate(example["value"])


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_example_of_an_answer_is_of_its_schema(method: str, path: str) -> None:
    for response in operation(method, path)["responses"].values():
        for content in response.get("content", {}).values():
            if "example" in content:
                validator_of(content["schema"]).validate(content["example"])


def validator_of(schema: dict[str, Any]) -> Draft202012Validator:
    return Draft202012Validator({**schema, "components": WRITTEN["components"]})


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_parameter_of_a_path_is_described(method: str, path: str) -> None:
    names = [ref["$ref"].rpartition("/")[2] for ref in operation(method, path).get("parameters", [])]
    described = [WRITTEN["components"]["parameters"][name] for name in names]
    assert [each["name"] for each in described if each["in"] == "path"] == re.findall(r"{(\w+)}", path)


def test_every_code_of_an_answer_is_there() -> None:
    never_answers = {code for code, status in statuses().items() if status == 500} - {"INTERNAL_ERROR"}
    text = json.dumps(WRITTEN)
    assert {code for code in statuses() if f'"{code}"' not in text} == never_answers


def test_the_schema_of_requests_is_one() -> None:
    Draft202012Validator.check_schema(request_schema())


@pytest.mark.parametrize("path", sorted((PROJECT / "examples").glob("*.json")), ids=lambda path: path.name)
def test_every_example_is_of_the_schema(path: Path) -> None:
    REQUEST.validate(json.loads(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "request_body",
    [
        {},
        [],
        HEAD | {"scenes": []},
        HEAD | {"scenes": [{}]},
        HEAD | {"scenes": [SCENE] * 201},
        HEAD | {"scenes": [{"elements": []}]},
        HEAD | {"scenes": [SCENE | {"length": 3}]},
        HEAD | {"scenes": [SCENE | {"duration": 0}]},
        HEAD | {"scenes": [SCENE | {"duration": "3"}]},
        HEAD | {"scenes": [{"text": ""}]},
        HEAD | {"scenes": [{"text": "a" * 2001}]},
        HEAD | {"scenes": [{"image": "photo.jpg"}]},
        HEAD | {"scenes": [{"image": "ftp://example.com/photo.jpg"}]},
        HEAD | {"scenes": [{"image": "asset:../secret"}]},
        HEAD | {"scenes": [{"image": "asset:a.jpg", "video": "asset:b.mp4"}]},
        HEAD | {"scenes": [{"text": "Hi", "elements": [{"type": "text", "text": "Hi"}]}]},
        HEAD | {"scenes": [{"elements": [{"type": "hologram"}]}]},
        HEAD | {"scenes": [{"elements": [{"type": "text", "text": "Hi", "size": 0}]}]},
        HEAD | {"scenes": [{"elements": [{"type": "text", "text": "Hi", "x": 20_000}]}]},
        HEAD | {"scenes": [{"elements": [{"type": "text", "text": "Hi", "color": "reddish"}]}]},
        HEAD | {"scenes": [{"elements": [{"type": "text", "text": "Hi"}] * 51}]},
        HEAD | {"scenes": [SCENE], "theme": "disco"},
        HEAD | {"scenes": [SCENE], "output": {"width": 641, "height": 480}},
        HEAD | {"scenes": [SCENE], "timeoutSeconds": 1_000_000},
        HEAD | {"scenes": [SCENE], "metadata": "ord_42"},
        {"webhookUrl": "ftp://your-app.com/webhook", "scenes": [SCENE]},
        {"webhookUrl": "https://your app.com/webhook", "scenes": [SCENE]},
    ],
    ids=lambda body: json.dumps(body)[:60],
)
def test_what_is_wrong_in_structure_is_refused_by_schema_and_models(request_body: object) -> None:
    assert not REQUEST.is_valid(request_body)
    with pytest.raises(InvalidBody):
        parse_request(request_body)


@pytest.mark.parametrize(
    "scene",
    [
        SCENE,
        {"background": "#0B1020"},
        {"image": "s3://bucket/key", "text": "Day one", "id": "one", "transition": {"type": "wipeleft"}},
        {"video": "asset:clip.mp4", "duration": "auto"},
        {"elements": [{"type": "shape", "shape": "ellipse", "color": "primary", "x": "-5%", "y": 0, "width": "50%"}]},
        {"elements": [{"type": "text", "text": "Hi", "position": {"x": "50%", "y": 20}, "color": "#FFFFFF80"}]},
    ],
    ids=json.dumps,
)
def test_what_is_right_is_right_by_schema_and_models(scene: dict[str, Any]) -> None:
    REQUEST.validate(HEAD | {"scenes": [scene]})
    parse_request(HEAD | {"scenes": [scene]})
