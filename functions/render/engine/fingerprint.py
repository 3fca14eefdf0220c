"""What makes a segment the one that it is: a hash over all that its pixels follow from, and over nothing else. Pure.

Segments of one fingerprint are the same file to the byte, whichever video they belong to, so one that was kept need not
be rendered again. What a request says counts unless it is left out here by name, so that a new field can at worst cost
a render, and never show an old picture. Files count by their content, not by their names.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from render.engine.assets import Assets
from render.engine.heard import heard_in
from render.engine.motion import image_move
from render.engine.segments import Segment
from render.engine.timeline import ElementSpan, SceneSpan, Timeline

if TYPE_CHECKING:
    from reelqueue.spec_request import VideoRequest
    from render.engine.cues import Cues

# When things are there is in the timeline, in frames; ``src`` is replaced by what it led to; sound is never cut.
_NOT_OF_THE_OUTPUT = {"poster"}
_NOT_OF_A_SCENE = {"id", "duration", "transition", "elements", "voice", "captions"}
_NOT_OF_CAPTIONS = {"src", "cues", "source"}
_NOT_OF_AN_ELEMENT = {"start", "duration", "src", "volume"}
# ``image_motion`` is in each image that it moves.
_NOT_OF_A_THEME: Any = {"name": True, "transition": True, "scene_seconds": True, "image_motion": True, "logo": {"src"}}


def fingerprints(
    request: VideoRequest,
    timeline: Timeline,
    segments: Sequence[Segment],
    assets: Assets,
    engine: str,
    cues: Cues = MappingProxyType({}),
) -> tuple[str, ...]:
    """The fingerprint of each segment, in hexadecimal; ``engine`` is the version of what renders them."""
    whole = {
        "engine": engine,
        "output": request.output.model_dump(mode="json", exclude=_NOT_OF_THE_OUTPUT),
        "theme": request.theme.model_dump(mode="json", exclude=_NOT_OF_A_THEME),
    }
    if request.theme.logo is not None:
        whole["logo"] = assets.digests[request.theme.logo.src]
    scenes = [_scene(request, timeline, span, assets, cues) for span in timeline.scenes]
    return tuple(_hash(whole | _segment(request, timeline, segment, scenes)) for segment in segments)


def _segment(
    request: VideoRequest, timeline: Timeline, segment: Segment, scenes: list[dict[str, Any]]
) -> dict[str, Any]:
    span = timeline.scenes[segment.scene]
    fields: dict[str, Any] = {"frames": segment.frames, "offset": segment.offset, "scene": scenes[segment.scene]}
    if segment.into_next:
        fields |= {"next": scenes[segment.scene + 1], "transition": span.transition, "overlap": span.overlap}
    if request.theme.decoration is not None:
        fields["first"] = segment.first  # it moves by the clock of the whole video
    return fields


def _scene(request: VideoRequest, timeline: Timeline, span: SceneSpan, assets: Assets, cues: Cues) -> dict[str, Any]:
    scene = request.scenes[span.index]
    fields = scene.model_dump(mode="json", exclude=_NOT_OF_A_SCENE)
    if scene.captions:
        # What they say, wherever it comes from.
        fields["captions"] = scene.captions.model_dump(mode="json", exclude=_NOT_OF_CAPTIONS)
        fields["captions"]["said"] = [asdict(cue) for cue in cues.get(span.index, ())]
    return fields | {
        "frames": span.frames,
        "elements": [_element(request, timeline, span, here, assets) for here in span.elements],
    }


def _element(
    request: VideoRequest, timeline: Timeline, span: SceneSpan, here: ElementSpan, assets: Assets
) -> dict[str, Any]:
    element = request.scenes[span.index].elements[here.index]
    fields = element.model_dump(mode="json", exclude=_NOT_OF_AN_ELEMENT) | {"first": here.first, "frames": here.frames}
    if element.type == "image":
        animated = assets.images[element.src].animated
        move = image_move(element, request.theme, span.index, animated=animated)
        fields |= {"ken_burns": move and asdict(move), "facts": asdict(assets.images[element.src])}
    if element.type == "video":
        fields["facts"] = asdict(assets.media[element.src])
    if element.type == "progress" and element.of == "video":
        fields["of"] = [span.first, timeline.frames]
    if element.type == "waveform":
        stretch = heard_in(request, timeline, span, here, element, assets.media[element.src])
        fields["heard"] = asdict(stretch)
    if element.type == "image" or element.type == "video" or element.type == "waveform":
        fields["file"] = assets.digests[element.src]
    return fields


def _hash(fields: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
