"""The values a request is written in: colours, lengths, sources, numbers.

Each type checks one value and words its own refusal, so that a stranger reads what
to write instead of what a validator expected.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

# Else pydantic looks for plugins in all that is installed, before it checks anything: 0.02 s of each cold start.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "true")

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator, ValidationInfo, WithJsonSchema
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from reelqueue.addresses import AddressRefused, Gate
from reelqueue.errors import visible
from reelqueue.glyphs import first_missing, is_unseen
from reelqueue.limits import Limits

ASSET_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}"
COLOR_NAMES = ("background", "text", "primary", "accent")
MAX_URL_LENGTH = 2048
MAX_PIXELS = 16_384.0


@dataclass(frozen=True)
class Rules:
    """What the values of one request are checked against; travels as pydantic's validation context."""

    limits: Limits = field(default_factory=Limits)
    gate: Gate = field(default_factory=Gate)


class Model(BaseModel):
    """A value of the request language: camelCase outside, unknown fields refused, never changed."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, alias_generator=to_camel, defer_build=True
    )


def refusal(message: str) -> PydanticCustomError:
    """An error whose wording reaches the client as it stands."""
    return PydanticCustomError("reelqueue", "{message}", {"message": message})


def rules_of(info: ValidationInfo) -> Rules | None:
    """The rules to hold, or None while a stored request is read back (it was checked before)."""
    return info.context if isinstance(info.context, Rules) else None


def _color(value: Any) -> str:
    if isinstance(value, str):
        if value in COLOR_NAMES:
            return value
        if re.fullmatch(r"#([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6}|[0-9A-Fa-f]{8})", value):
            return value
    raise refusal(
        f"{shown(value)} is not a colour; write #RGB, #RRGGBB or #RRGGBBAA, "
        f"or a name of the theme: {', '.join(COLOR_NAMES)}"
    )


def _hex_color(value: Any) -> str:
    if isinstance(value, str) and re.fullmatch(r"#([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})", value):
        return value
    raise refusal(f"{shown(value)} is not a colour of a theme; write #RGB or #RRGGBB")


def _length(value: Any) -> float | str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        if abs(value) <= MAX_PIXELS:
            return float(value)
        raise refusal(f"must lie between -{MAX_PIXELS:g} and {MAX_PIXELS:g} pixels")
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,4}(\.\d{1,6})?%", value):
        if abs(float(value[:-1])) <= 1000:
            return value
        raise refusal("must lie between -1000% and 1000%")
    raise refusal(f'{shown(value)} is not a length; write a number of pixels, or a part such as "50%"')


def _positive_length(value: Any) -> float | str:
    length = _length(value)
    if (float(length[:-1]) if isinstance(length, str) else length) <= 0:
        raise refusal("must be greater than 0")
    return length


def _duration(value: Any) -> float | Literal["auto"]:
    if value == "auto":
        return "auto"
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= 86_400:
        return float(value)
    raise refusal(f'{shown(value)} is not a duration; write seconds greater than 0 (at most 86400), or "auto"')


def _moment(value: Any) -> float | Literal["best"]:
    if value == "best":
        return "best"
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 86_400:
        return float(value)
    raise refusal(f'{shown(value)} is not a moment; write seconds (0 to 86400), or "best"')


def _url(value: Any, info: ValidationInfo) -> str:
    rules = rules_of(info)
    schemes = ("https", "http") if rules is None or rules.gate.allow_private else ("https",)
    if not isinstance(value, str):
        raise refusal(f"{shown(value)} is not a URL; write a string that starts with https://")
    if len(value) > MAX_URL_LENGTH:
        raise refusal(f"is longer than the limit of {MAX_URL_LENGTH} characters")
    if re.search(r"[ \\]", value) or not value.isprintable():
        raise refusal("holds a space, a backslash or an invisible character; percent-encode it")
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise refusal(f"{shown(value)} is not a URL") from None
    if parts.scheme not in schemes:
        raise refusal(f"{shown(value)} must start with https://")
    if not host:
        raise refusal(f"{shown(value)} names no host")
    if parts.username is not None or parts.password is not None:
        raise refusal("must not carry a user name or password")
    if rules is not None:
        try:
            rules.gate.check_url(value)
        except AddressRefused as refused:
            raise refusal(f"{shown(value)} cannot be called: {refused}") from None
    return value


def _src(value: Any, info: ValidationInfo) -> str:
    if isinstance(value, str) and value.startswith("asset:"):
        if re.fullmatch(ASSET_NAME, value[6:]):
            return value
        raise refusal(f"{shown(value)} is not the name of an asset: letters, digits, '.', '_' and '-', at most 128")
    if isinstance(value, str) and value.startswith("s3:"):
        if re.fullmatch(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/.{1,1024}", value) and value.isprintable():
            return value
        raise refusal(f"{shown(value)} is not of the form s3://bucket/key")
    if isinstance(value, str) and value.startswith(("https:", "http:")):
        return _url(value, info)
    raise refusal(
        f"{shown(value)} cannot be fetched; write an https:// URL, asset:<name> (uploaded before) or s3://bucket/key"
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise refusal(f"must be text in quotes, not {shown(value)}")
    text = unicodedata.normalize("NFC", value.replace("\r\n", "\n"))
    if all(character.isspace() or is_unseen(character) for character in text):
        raise refusal("is empty; write the words to show, or leave the element out")
    if len(text) > 2000:
        raise refusal(f"has {len(text)} characters; the limit is 2000")
    missing = first_missing(text)
    if missing is not None:
        raise refusal(f"no font has the character {glyph_name(missing)}; take it out or write it another way")
    return text


def glyph_name(character: str) -> str:
    """A character as an error names it: itself if it can be seen, its number, its Unicode name."""
    number = f"U+{ord(character):04X}"
    name = unicodedata.name(character, "")
    seen = f'"{character}" ' if character.isprintable() and not unicodedata.combining(character) else ""
    return f"{seen}({number}{' ' + name if name else ''})"


def shown(value: Any) -> str:
    """A value as an error quotes it: short, in JSON's words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, str):
        return f'"{visible(value)}"'
    return str(value)[:60]


def _typed(check: Callable[..., Any], schema: dict[str, Any]) -> Any:
    return PlainValidator(check), WithJsonSchema(schema)


def _length_schema(**least: float) -> dict[str, Any]:
    pattern = r"^-?\d{1,4}(\.\d{1,6})?%$" if not least else r"^\d{1,4}(\.\d{1,6})?%$"
    number = {"type": "number", "minimum": -MAX_PIXELS, "maximum": MAX_PIXELS}
    if least:
        number = {"type": "number", **least, "maximum": MAX_PIXELS}
    return {"anyOf": [number, {"type": "string", "pattern": pattern}]}


_HEX = "#([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})"
_HEX_ALPHA = "#([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6}|[0-9A-Fa-f]{8})"
_COLOR_SCHEMA = {
    "type": "string",
    "pattern": f"^({_HEX_ALPHA}|{'|'.join(COLOR_NAMES)})$",
    "description": "#RGB, #RRGGBB, #RRGGBBAA, or a name of the theme",
}

Color = Annotated[str, *_typed(_color, _COLOR_SCHEMA)]
HexColor = Annotated[str, *_typed(_hex_color, {"type": "string", "pattern": f"^{_HEX}$"})]
Length = Annotated[float | str, *_typed(_length, _length_schema())]
PositiveLength = Annotated[float | str, *_typed(_positive_length, _length_schema(exclusiveMinimum=0))]
SceneDuration = Annotated[
    float | Literal["auto"],
    *_typed(_duration, {"anyOf": [{"type": "number", "exclusiveMinimum": 0, "maximum": 86_400}, {"const": "auto"}]}),
]
Moment = Annotated[
    float | Literal["best"],
    *_typed(_moment, {"anyOf": [{"type": "number", "minimum": 0, "maximum": 86400}, {"const": "best"}]}),
]
_URL = r"https://[^\s\\]+"
_URL_SCHEMA = {"type": "string", "format": "uri", "pattern": f"^{_URL}$", "maxLength": MAX_URL_LENGTH}
_SRC_SCHEMA = {
    "type": "string",
    "pattern": f"^({_URL}|asset:{ASSET_NAME}|s3://[a-z0-9][a-z0-9.-]{{1,61}}[a-z0-9]/.{{1,1024}})$",
    "maxLength": MAX_URL_LENGTH,
    "description": "https://..., asset:<name> (uploaded before), or s3://bucket/key",
}

Url = Annotated[str, *_typed(_url, _URL_SCHEMA)]
Src = Annotated[str, *_typed(_src, _SRC_SCHEMA)]
Text = Annotated[str, *_typed(_text, {"type": "string", "minLength": 1, "maxLength": 2000})]
Seconds = Annotated[float, Field(ge=0, le=86_400)]
PositiveSeconds = Annotated[float, Field(gt=0, le=86_400)]
Fraction = Annotated[float, Field(ge=0, le=1)]
Volume = Annotated[float, Field(ge=0, le=4)]


def even(value: int) -> int:
    """yuv420p halves both sides of the picture."""
    if value % 2:
        raise refusal(f"must be even, as H.264 video needs it; {value - 1} and {value + 1} are the nearest")
    return value


EvenPixels = Annotated[int, Field(ge=64, json_schema_extra={"multipleOf": 2}), AfterValidator(even)]
