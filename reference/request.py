"""The JSON Schema of the request language, from the models that check requests (``reelqueue/spec*.py``).

A schema says less than the models do: what only the parts together tell (lengths, sums, names used twice) and what
needs data (which characters there are fonts for) stands in the prose of docs/scenes.md.
"""

from __future__ import annotations

import ast
import inspect
from itertools import pairwise
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import models_json_schema

from reelqueue.control import MAX_LIMIT
from reelqueue.limits import Limits
from reelqueue.spec import SHORTHAND
from reelqueue.spec_request import RequestHead
from reelqueue.spec_scenes import Scene
from reelqueue.spec_values import ASSET_NAME, Model, Src, Text

Json = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_SHOWS = ("elements", "background", "voice", "captions")


def request_schema() -> Json:
    """The request by itself, for editors: ``{"$schema": ...}`` in a file lets them complete and check it."""
    schemas = request_components("#/$defs/")
    body = schemas.pop("VideoRequest")
    # An editor's own line in the file; whoever submits the file leaves it out.
    return {"$schema": DIALECT, "title": "A request to Reelqueue", **body, "$defs": schemas}


def request_components(prefix: str) -> dict[str, Json]:
    """The schemas that describe request bodies, by name; ``prefix`` leads to them."""
    # A default is written as its own model says, which is made only when it is needed.
    for model in _models(Model):
        model.model_rebuild()
    _, made = models_json_schema(
        [(RequestHead, "validation"), (Scene, "validation")], ref_template=prefix + "{model}", by_alias=True
    )
    schemas: dict[str, Json] = made["$defs"]
    for model in _models(Model):
        if model.__name__ in schemas:
            _describe(schemas[model.__name__], model)
    limits = Limits()
    body = schemas.pop("RequestHead")
    for name, most in (
        ("expiresInSeconds", limits.max_expires_seconds),
        ("timeoutSeconds", limits.max_timeout_seconds),
    ):
        body["properties"][name]["anyOf"][0]["maximum"] = most
    body["description"] = "A video: a theme, and scenes in their order."
    body["properties"]["scenes"] = {
        "type": "array",
        "minItems": 1,
        "maxItems": limits.max_scenes,
        "items": {"$ref": f"{prefix}Scene"},
    }
    body["required"] += ["scenes"]
    schemas |= _scenes(schemas.pop("Scene"), limits, prefix)
    schemas["VideoRequest"] = body | {"title": "VideoRequest"}
    return {name: tidied(schema) for name, schema in sorted(schemas.items())}


def other_bodies() -> dict[str, Json]:
    """The bodies that no model describes: they have one or two fields."""
    return {
        "AssetRequest": {
            "type": "object",
            "description": "The file to upload.",
            "properties": {"name": {"type": "string", "pattern": f"^{ASSET_NAME}$", "examples": ["photo.jpg"]}},
            "required": ["name"],
            "additionalProperties": False,
        },
        "Redelivery": {
            "type": "object",
            "description": "Which webhooks to send again; all of them when nothing is named.",
            "properties": {
                "event": {
                    "type": "string",
                    "minLength": 1,
                    "description": "A webhook-id, or a type such as job.completed.",
                }
            },
            "additionalProperties": False,
        },
        "QueueSettings": {
            "type": "object",
            "description": "What is left out stays as it is.",
            "properties": {
                "maxConcurrent": {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": MAX_LIMIT,
                    "description": "How many videos render at the same time.",
                },
                "paused": {"type": "boolean", "description": "While true, no render starts."},
            },
            "minProperties": 1,
            "additionalProperties": False,
        },
    }


def docstrings(model: type[BaseModel]) -> dict[str, str]:
    """What is written under the fields of a model, by field. Read from the source: pydantic would do it at import."""
    found: dict[str, str] = {}
    for cls in reversed(model.__mro__):
        if not issubclass(cls, Model):
            continue
        (body,) = (each.body for each in ast.parse(inspect.getsource(cls)).body if isinstance(each, ast.ClassDef))
        for field, after in pairwise(body):
            if (
                isinstance(field, ast.AnnAssign)
                and isinstance(field.target, ast.Name)
                and isinstance(after, ast.Expr)
                and isinstance(after.value, ast.Constant)
            ):
                found[field.target.id] = inspect.cleandoc(str(after.value.value))
    return found


def _models(base: type[Model]) -> list[type[Model]]:
    below = [cls for child in base.__subclasses__() for cls in _models(child)]
    return [*base.__subclasses__(), *below]


def _describe(schema: Json, model: type[BaseModel]) -> None:
    for name, text in docstrings(model).items():
        schema["properties"][model.model_fields[name].alias or name].setdefault("description", text)


def _scenes(scene: Json, limits: Limits, prefix: str) -> dict[str, Json]:
    """A scene in its long form, and in each of its short ones: what may stand beside what depends on the form."""
    fields = scene["properties"]
    fields["elements"]["maxItems"] = limits.max_elements
    short = {name: TypeAdapter(Text if name == "text" else Src).json_schema() for name in SHORTHAND}
    beside = {name: field for name, field in fields.items() if name != "elements"}
    forms = {
        "LongScene": scene | {"anyOf": [{"required": [name], **_not_empty(name)} for name in _SHOWS if name in fields]},
        "TextScene": _form("A title.", {"text": short["text"], **beside}, "text"),
        "ImageScene": _form(
            "A picture, with a caption.", {"image": short["image"], "text": short["text"], **beside}, "image"
        ),
        "VideoScene": _form(
            "A clip, with a caption.", {"video": short["video"], "text": short["text"], **beside}, "video"
        ),
    }
    union = {
        "description": "One scene, in its long form (elements) or a short one (text, image or video).",
        "anyOf": [{"$ref": prefix + name} for name in forms],
    }
    return {"Scene": union, **{name: form | {"title": name} for name, form in forms.items()}}


def _not_empty(name: str) -> Json:
    return {"properties": {"elements": {"minItems": 1}}} if name == "elements" else {}


def _form(says: str, properties: Json, required: str) -> Json:
    return {
        "type": "object",
        "description": says,
        "properties": properties,
        "required": [required],
        "additionalProperties": False,
    }


def tidied(schema: Any, *, names: bool = False) -> Any:
    """Without the titles that pydantic makes of names, and defaults of null, which say nothing."""
    if isinstance(schema, list):
        return [tidied(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {
        key: value
        for key, value in schema.items()
        if names or not (key == "title" or (key == "default" and value is None))
    }
    return {
        key: value
        if key in ("default", "const", "enum", "examples") and not names
        else tidied(value, names=key == "properties" and not names)
        for key, value in kept.items()
    }
