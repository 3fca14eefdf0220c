"""What a client may ask for. ``parse_request`` turns a body into a ``VideoRequest`` or into all its mistakes.

A ``VideoRequest`` is what is stored with the job and what the engine renders: the shorthand
is expanded into elements, the theme is resolved to data, the output to pixels. Nothing after
this module knows the short forms, and nothing that was accepted is ever ignored.
"""

from __future__ import annotations

import math
import re
from itertools import pairwise
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from reelqueue.addresses import Gate
from reelqueue.errors import Detail, InvalidBody
from reelqueue.limits import Limits, overlap_seconds
from reelqueue.pointers import pointer
from reelqueue.spec_errors import MAX_DETAILS, FieldNames, details_of
from reelqueue.spec_output import OutputChoice, Poster, Soundtrack
from reelqueue.spec_request import RequestHead, VideoRequest, scene_seconds, total_seconds
from reelqueue.spec_scenes import (
    ELEMENTS,
    WITH_A_FILE,
    Animation,
    GradientBackground,
    KenBurns,
    Outline,
    Point,
    Scene,
    Transition,
    Trim,
)
from reelqueue.spec_values import ASSET_NAME, Rules, shown
from reelqueue.spec_voice import CaptionCue, Captions, CueWord, Voice, undrawable
from reelqueue.themes import ColorChanges, FontChoice, Logo, ThemeChoice, resolve

__all__ = ["ASSET_NAME", "Limits", "VideoRequest", "overlap_seconds", "parse_request", "scene_seconds"]

# Deeper than any request needs, and shallow enough for every JSON parser on its way.
MAX_DEPTH = 32
SHORTHAND = ("video", "image", "text")

_M = TypeVar("_M", bound=BaseModel)

# The fields of each object, by the name that leads to it: for the hints at a misspelt one.
_OBJECTS: dict[str, type[BaseModel]] = {
    "": RequestHead, "~theme": ThemeChoice, "colors": ColorChanges, "fonts": FontChoice, "logo": Logo,
    "output": OutputChoice, "poster": Poster,
    "soundtrack": Soundtrack, "~point": Point, "kenBurns": KenBurns, "trim": Trim, "outline": Outline,
    "enter": Animation, "exit": Animation, "transition": Transition,
    "voice": Voice, "captions": Captions, "cues": CaptionCue, "words": CueWord, "~gradient": GradientBackground,
}  # fmt: skip
_MODELS = {**_OBJECTS, **{f"~{kind}": model for kind, model in ELEMENTS.items()}}
_NAMES = {
    place: tuple(field.alias or name for name, field in model.model_fields.items()) for place, model in _MODELS.items()
} | {"~color": ("type", "color")}
_HEAD_FIELDS = FieldNames(_NAMES | {"": (*_NAMES[""], "scenes")})
_SCENE_FIELDS = FieldNames(_NAMES | {"": (*Scene.model_fields, *SHORTHAND)})


def parse_request(body: object, *, limits: Limits = Limits(), gate: Gate = Gate()) -> VideoRequest:  # noqa: B008
    """The request that this JSON value makes, normalised.

    Args:
        body: the decoded JSON body.
        limits: what a request may ask for at most.
        gate: what webhooks and sources may lead to, as far as an address tells it.

    Raises:
        InvalidBody: with every mistake of the body, each with its JSON Pointer into the body as sent.
    """
    if not isinstance(body, dict):
        raise InvalidBody((Detail("", f"must be a JSON object, not {shown(body)}"),))
    unstorable = _unstorable(body)
    if unstorable:
        raise InvalidBody((unstorable,))
    rules = Rules(limits, gate)
    details: list[Detail] = []
    # An output that is not written has its defaults, and these too must keep to the limits.
    head_fields = {"output": {}} | {name: value for name, value in body.items() if name != "scenes"}
    head = _checked(RequestHead, head_fields, rules, details, fields=_HEAD_FIELDS)
    scenes, shorthand = _parse_scenes(body, rules, details)
    details += _mistakes_between(head, scenes, rules)
    if details or head is None:
        raise InvalidBody(tuple(details[:MAX_DETAILS]))
    fields = {field.alias or name: getattr(head, name) for name, field in RequestHead.model_fields.items()}
    return VideoRequest.model_validate(
        fields
        | {
            "theme": resolve(head.theme),
            "output": head.output.settled(),
            "scenes": scenes,
            "shorthand": shorthand,
        }
    )


def _unstorable(body: object) -> Detail | None:
    """The first thing that JSON can carry in and that cannot be stored: half a character, or endless nesting."""
    waiting: list[tuple[tuple[str | int, ...], object]] = [((), body)]
    while waiting:
        path, value = waiting.pop()
        if len(path) > MAX_DEPTH:
            return Detail(pointer(path[:2]), f"is nested deeper than the limit of {MAX_DEPTH} levels")
        inside = list(value.items()) if isinstance(value, dict) else []
        words = [value, *(name for name, _ in inside)]
        if any(isinstance(word, str) and re.search("[\ud800-\udfff]", word) for word in words):
            return Detail(pointer(path), "holds half of a character (a surrogate, U+D800 to U+DFFF, without its pair)")
        inside += list(enumerate(value)) if isinstance(value, list) else []
        waiting += [((*path, name), each) for name, each in reversed(inside)]
    return None


def _checked(
    model: type[_M],
    value: object,
    rules: Rules,
    details: list[Detail],
    *,
    fields: FieldNames,
    prefix: str = "",
    written: tuple[str, ...] = (),
) -> _M | None:
    try:
        return model.model_validate(value, context=rules)
    except ValidationError as error:
        found = error.errors(include_url=False)
        details.extend(details_of(found, prefix=prefix, written=written, fields=fields))
        return None


def _parse_scenes(
    body: dict[str, Any], rules: Rules, details: list[Detail]
) -> tuple[list[Scene | None], dict[int, tuple[str, ...]]]:
    """Each scene by itself (None where it has mistakes), and the short fields by scene."""
    sent = body.get("scenes")
    if not isinstance(sent, list) or not sent or len(sent) > rules.limits.max_scenes:
        details.append(Detail("/scenes", _no_list_of_scenes(body, rules)))
        return [], {}
    scenes: list[Scene | None] = []
    shorthand: dict[int, tuple[str, ...]] = {}
    for index, value in enumerate(sent):
        place = pointer(("scenes", index))
        expanded, written = _expand(value, place, details)
        if written:
            shorthand[index] = written
        scene = _checked(Scene, expanded, rules, details, fields=_SCENE_FIELDS, prefix=place, written=written)
        scenes.append(scene)
    return scenes, shorthand


def _no_list_of_scenes(body: dict[str, Any], rules: Rules) -> str:
    sent = body.get("scenes")
    if "scenes" not in body:
        return "is required: a list of scenes, each with text, image, video or elements"
    if not isinstance(sent, list):
        return f"must be a list of scenes, not {shown(sent)}"
    if not sent:
        return "is empty; a video needs at least one scene"
    return f"holds {len(sent)} scenes; the limit is {rules.limits.max_scenes}"


def _expand(scene: Any, place: str, details: list[Detail]) -> tuple[Any, tuple[str, ...]]:
    """A scene with its short fields turned into elements; with them, the short fields in that order."""
    if not isinstance(scene, dict):
        return scene, ()
    written = tuple(field for field in SHORTHAND if field in scene)
    if not written:
        if not scene.get("elements", ()) and not {"background", "voice", "captions"} & scene.keys():
            details.append(Detail(place, "shows nothing; give it text, image, video, elements or a background"))
        return scene, ()
    rest = {field: value for field, value in scene.items() if field not in SHORTHAND}
    clash = "elements" if "elements" in scene else "image" if {"image", "video"} <= scene.keys() else None
    if clash:
        details.append(
            Detail(f"{place}/{written[0]}", f"cannot stand beside {clash} in the short form; use elements for all")
        )
        return {field: value for field, value in rest.items() if field != "elements"}, ()
    return rest | {"elements": [_element(field, scene[field], written) for field in written]}, written


def _element(field: str, value: Any, written: tuple[str, ...]) -> dict[str, Any]:
    if field == "text":
        return {"type": "text", "text": value, "style": "title" if written == ("text",) else "caption"}
    return {"type": field, "src": value}


def _mistakes_between(head: RequestHead | None, scenes: list[Scene | None], rules: Rules) -> list[Detail]:
    """What can only be said of the parts together, as far as each part is right by itself."""
    details = [*_repeated_ids(scenes), *_late_elements(scenes), *_long_transitions(head, scenes)]
    details += [*_short_scenes(head, scenes), *_many_files(scenes, rules), *_voices(scenes, rules)]
    if head is None or not scenes or None in scenes:
        return details
    total = total_seconds([scene for scene in scenes if scene], resolve(head.theme))
    if total is None:
        return details
    gif = head.output.format == "gif"
    most = rules.limits.max_gif_seconds if gif else rules.limits.max_seconds
    if total > most:
        kind = "GIF" if gif else "video"
        details.append(Detail("/scenes", f"make a {kind} of {total:g} s; the limit is {most:g} s"))
    poster = head.output.poster
    if poster and poster.at != "best" and poster.at > total:
        details.append(Detail("/output/poster/at", f"lies after the end of the video, which is {total:g} s long"))
    return details


def _many_files(scenes: list[Scene | None], rules: Rules) -> list[Detail]:
    elements = [element for scene in scenes if scene is not None for element in scene.elements]
    files = {element.src for element in elements if isinstance(element, WITH_A_FILE)}
    files |= {scene.captions.src for scene in scenes if scene and scene.captions and scene.captions.src}
    if len(files) <= rules.limits.max_files:
        return []
    return [Detail("/scenes", f"name {len(files)} different files; the limit is {rules.limits.max_files}")]


def _voices(scenes: list[Scene | None], rules: Rules) -> list[Detail]:
    """What is wrong with voices and the captions that follow them."""
    details, spoken = [], 0
    for index, scene in enumerate(scenes):
        if scene is None:
            continue
        voice, captions = scene.voice, scene.captions
        spoken += len(voice.text) if voice else 0
        if captions and captions.source == "voice":
            place = ("scenes", index, "captions", "source") if voice is None else ("scenes", index, "voice", "text")
            wrong = "needs a voice in its scene" if voice is None else undrawable(voice)
            details += [Detail(pointer(place), wrong)] if wrong else []
        if voice and scene.duration != "auto" and voice.start >= scene.duration:
            late = f"must lie before the end of its scene, which is {scene.duration:g} s long"
            details.append(Detail(pointer(("scenes", index, "voice", "start")), late))
    most = rules.limits.max_spoken_characters
    if spoken > most:
        details.append(Detail("/scenes", f"have {spoken} characters spoken; the limit is {most}"))
    return details


def _repeated_ids(scenes: list[Scene | None]) -> list[Detail]:
    seen: dict[str, int] = {}
    details = []
    for index, scene in enumerate(scenes):
        if scene is None or scene.id is None:
            continue
        if scene.id in seen:
            details.append(Detail(pointer(("scenes", index, "id")), f"is also the id of scene {seen[scene.id]}"))
        seen.setdefault(scene.id, index)
    return details


def _late_elements(scenes: list[Scene | None]) -> list[Detail]:
    return [
        Detail(
            pointer(("scenes", number, "elements", index, "start")),
            f"must lie before the end of its scene, which is {scene.duration:g} s long",
        )
        for number, scene in enumerate(scenes)
        if scene is not None and scene.duration != "auto"
        for index, element in enumerate(scene.elements)
        if element.start >= scene.duration
    ]


def _long_transitions(head: RequestHead | None, scenes: list[Scene | None]) -> list[Detail]:
    details = []
    for index, (scene, following) in enumerate(pairwise(scenes)):
        if scene is None or following is None or scene.transition is None:
            continue
        lengths = [scene_seconds(each, resolve(head.theme)) if head else each.duration for each in (scene, following)]
        shorter = min((length for length in lengths if isinstance(length, float)), default=None)
        if shorter is not None and scene.transition.seconds > shorter / 2:
            details.append(
                Detail(
                    pointer(("scenes", index, "transition", "duration")),
                    f"must be at most {shorter / 2:g}, half of the shorter of the two scenes, "
                    f"not {scene.transition.seconds:g}",
                )
            )
    return details


def _short_scenes(head: RequestHead | None, scenes: list[Scene | None]) -> list[Detail]:
    """Scenes that no frame might show: of several that are shorter than a frame, one frame can show one or two."""
    if head is None:
        return []
    fps = head.output.settled().fps
    return [
        Detail(
            pointer(("scenes", index, "duration")),
            f"must be at least {math.ceil(1000 / fps) / 1000:g}, the time of a frame at {fps} fps, "
            f"not {scene.duration:g}",
        )
        for index, scene in enumerate(scenes)
        if scene is not None and scene.duration != "auto" and scene.duration * fps < 1 - 1e-9
    ]
