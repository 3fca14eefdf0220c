"""The tables of docs/scenes.md that list every field: made from the JSON Schema of the request language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reference.request import request_components

Json = Mapping[str, Any]

BEGIN, END = "<!-- every field: made by `make docs` -->", "<!-- the end of what is made -->"
_REF = "#/$defs/"


def with_tables(page: str) -> str:
    """The page with its tables made anew."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{_tables()}\n\n{END}{after}"


def _tables() -> str:
    components = request_components(_REF)
    return "\n\n".join(_table(name, schema) for name, schema in components.items() if "properties" in schema)


def _table(name: str, schema: Json) -> str:
    required = schema.get("required", ())
    rows = [
        f"| `{field}` | {_cell(_value(value))} | {_default(value, required=field in required)} |"
        for field, value in schema["properties"].items()
    ]
    return "\n".join([f"### {name}", "", "| field | value | default |", "|---|---|---|", *rows])


def _default(value: Json, *, required: bool) -> str:
    if required:
        return "required"
    default = value.get("default")
    if default is None:
        return ""
    if isinstance(default, dict | list):
        return "" if not default else "see there"
    return f"`{default}`" if isinstance(default, str) else str(default).lower()


def _value(schema: Json) -> str:
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(_REF)
        return f"[{name}](#{name.lower()})"
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return ", ".join(f"`{name}`" for name in schema["enum"])
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " or ".join(dict.fromkeys(_value(each) for each in schema[several] if each.get("type") != "null"))
    if "allOf" in schema:
        return " and ".join(_value(each) for each in schema["allOf"] if each)
    kind = schema.get("type")
    if kind == "array":
        return f"a list of {_value(schema['items'])}" + "".join(_range(schema, "minItems", "maxItems"))
    if kind == "string":
        like = f"text like `{schema['pattern']}`" if "pattern" in schema else "text"
        what = schema.get("description") or schema.get("format") or like
        return str(what) + "".join(_range(schema, "minLength", "maxLength", " characters"))
    names = {"number": "a number", "integer": "a whole number", "boolean": "`true` or `false`", "object": "an object"}
    return names.get(str(kind), "any JSON") + "".join(_range(schema, "minimum", "maximum"))


def _range(schema: Json, least: str, most: str, unit: str = "") -> Iterator[str]:
    low, high = schema.get(least, schema.get("exclusiveMinimum")), schema.get(most)
    above = "over " if least == "minimum" and "exclusiveMinimum" in schema else ""
    if low is not None and high is not None:
        yield f", {above}{low:g} to {high:g}{unit}"
    elif high is not None:
        yield f", at most {high:g}{unit}"
    elif low is not None:
        yield f", {above or 'at least '}{low:g}{unit}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
