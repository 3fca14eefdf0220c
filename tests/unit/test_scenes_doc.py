"""docs/scenes.md says what the models say."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

from reelqueue.spec import Limits, parse_request
from reelqueue.spec_output import AspectRatio, OutputChoice, Quality, Resolution, Soundtrack
from reelqueue.spec_request import RequestHead
from reelqueue.spec_scenes import ELEMENTS, AnimationType, Easing, Fit, PositionName, Scene, TransitionType
from reelqueue.spec_voice import MAX_CUES, MAX_SPOKEN, CaptionCue, Captions, CaptionStyle, CueWord, Voice
from reelqueue.themes import ThemeName
from reelqueue.voices import VoiceName
from render.engine.subtitles import MAX_CAPTIONS, MAX_CHARACTERS

DOC = (Path(__file__).parents[2] / "docs" / "scenes.md").read_text()
MODELS: list[type[BaseModel]] = [
    RequestHead,
    OutputChoice,
    Soundtrack,
    Scene,
    Voice,
    Captions,
    CaptionCue,
    CueWord,
    *ELEMENTS.values(),
]


def test_the_example_is_a_valid_request() -> None:
    (example,) = re.findall(r"```json\n(.*?)```", DOC, re.DOTALL)
    assert len(parse_request(json.loads(example)).scenes) == 5


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_field_is_documented(model: type[BaseModel]) -> None:
    names = [field.alias or name for name, field in model.model_fields.items()]
    assert [name for name in names if f"`{name}`" not in DOC and f'"{name}"' not in DOC] == []


@pytest.mark.parametrize(
    "names",
    [
        AspectRatio,
        Resolution,
        Quality,
        TransitionType,
        AnimationType,
        Easing,
        Fit,
        PositionName,
        ThemeName,
        VoiceName,
        CaptionStyle,
    ],
)
def test_every_name_is_documented(names: object) -> None:
    assert [name for name in get_args(names) if f"`{name}`" not in DOC] == []


def test_the_limits_are_documented() -> None:
    limits = Limits()
    for figure in (
        f"1 to {limits.max_scenes} scenes",
        f"at most {limits.max_elements};",
        f"at most {limits.max_width} x {limits.max_height}",
        f"at most {limits.max_metadata_bytes} bytes",
        f"1 to {limits.max_expires_seconds}",
        f"1 to {limits.max_timeout_seconds}",
        f"may have {MAX_SPOKEN:,}",
        f"together {limits.max_spoken_characters:,}",
        f"at most {MAX_CUES:,}:",
        f"{MAX_CAPTIONS:,} captions of {MAX_CHARACTERS} characters",
    ):
        assert figure in DOC
