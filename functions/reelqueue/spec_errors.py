"""Mistakes in a request, as a stranger reads them: where it is in the body as sent, and how to mend it.

pydantic says what its validators expected; this module turns that into what to write, and
turns its locations (which name union members and expanded elements) into JSON Pointers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from pydantic_core import ErrorDetails

from reelqueue.errors import Detail
from reelqueue.pointers import pointer
from reelqueue.spec_values import shown

MAX_DETAILS = 100

# What callers of similar services write, and what this one calls it.
_SLIPS = {
    "length": "duration", "seconds": "duration", "time": "duration",
    "source": "src", "path": "src", "url": "src", "file": "src",
    "callback": "webhookUrl", "callbackUrl": "webhookUrl", "webhook": "webhookUrl",
    "audio": "soundtrack", "music": "soundtrack", "caption": "text",
    "colour": "color", "bg": "background", "fontSize": "size", "fontColor": "color",
    "fontFamily": "font", "typeface": "font",
    "subtitles": "captions", "tts": "voice", "speech": "voice", "narration": "voice", "voiceover": "voice",
    "alpha": "opacity", "begin": "start", "animation": "enter", "ratio": "aspectRatio",
}  # fmt: skip

_SENTENCES = {
    "missing": "is required",
    "float_type": "must be a number, not {shown}",
    "int_type": "must be a whole number, not {shown}",
    "int_from_float": "must be a whole number, not {shown}",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false, not {shown}",
    "string_type": "must be text in quotes, not {shown}",
    "tuple_type": "must be a list, not {shown}",
    "list_type": "must be a list, not {shown}",
    "dict_type": "must be an object, not {shown}",
    "model_type": "must be an object, not {shown}",
    "model_attributes_type": "must be an object, not {shown}",
    "greater_than": "must be greater than {gt:g}, not {shown}",
    "greater_than_equal": "must be at least {ge:g}, not {shown}",
    "less_than": "must be less than {lt:g}, not {shown}",
    "less_than_equal": "must be at most {le:g}, not {shown}",
    "too_short": "must hold at least {min_length}, not {actual_length}",
    "too_long": "must hold at most {max_length}, not {actual_length}",
    "literal_error": "must be {expected}, not {shown}",
    "string_pattern_mismatch": "{shown} may hold only letters, digits, '.', '_' and '-', at most 64",
}


def details_of(
    errors: Iterable[ErrorDetails], *, prefix: str = "", written: tuple[str, ...] = (), fields: FieldNames
) -> list[Detail]:
    """The details of pydantic's errors.

    ``prefix`` is the pointer of what was validated; ``written`` are the shorthand fields that its
    elements came from, in order; ``fields`` knows the field names of each object, by its place.
    """
    details = []
    for error in errors:
        path = _path(error["loc"], keep_last=error["type"] == "extra_forbidden")
        details.append(Detail(prefix + pointer(_as_sent(path, written)), _message(error, fields)))
    return details


class FieldNames:
    """The fields that may stand in an object, found by the name that leads to it (``output``, ``~text``)."""

    def __init__(self, by_place: Mapping[str, Iterable[str]]) -> None:
        self._by_place = {place: tuple(names) for place, names in by_place.items()}

    def around(self, location: tuple[str | int, ...]) -> tuple[str, ...]:
        """The fields of the object in which the last part of this location stands."""
        places = [part for part in location[:-1] if isinstance(part, str)]
        return self._by_place.get(places[-1] if places else "", ())


def _path(location: tuple[str | int, ...], *, keep_last: bool) -> list[str | int]:
    """The location without the tags of discriminated unions, which all start with ``~``."""
    last = len(location) - 1
    return [
        part
        for index, part in enumerate(location)
        if not (isinstance(part, str) and part.startswith("~")) or (keep_last and index == last)
    ]


def _as_sent(path: list[str | int], written: tuple[str, ...]) -> list[str | int]:
    """Elements that came from the shorthand lie where the client wrote them."""
    if written and path[:1] == ["elements"] and len(path) > 1 and isinstance(path[1], int):
        return [written[path[1]]]
    return path


def _message(error: ErrorDetails, fields: FieldNames) -> str:
    kind = error["type"]
    if kind == "extra_forbidden":
        return unknown_field(str(error["loc"][-1]), fields.around(error["loc"]))
    if kind == "missing":
        return "is required"
    sentence = _SENTENCES.get(kind)
    if sentence is None:
        return str(error["msg"])
    context: dict[str, Any] = dict(error.get("ctx", {}))
    return sentence.format(**context, shown=shown(error["input"]))


def unknown_field(name: str, known: tuple[str, ...]) -> str:
    """What to say of a field that the language does not have."""
    hint = _SLIPS.get(name)
    if hint not in known:
        folded = {field.lower(): field for field in known}
        close = get_close_matches(name.replace("_", "").lower(), folded, n=1, cutoff=0.7)
        hint = folded[close[0]] if close else None
    if hint:
        return f"is not a known field; did you mean {hint}?"
    return "is not a known field; leave it out" + (f", or write one of {', '.join(known)}" if known else "")
