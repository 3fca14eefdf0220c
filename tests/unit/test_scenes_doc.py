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
from reelqueue.themes import ThemeName

DOC = (Path(__file__).parents[2] / "docs" / "scenes.md").read_text()
MODELS: list[type[BaseModel]] = [RequestHead, OutputChoice, Soundtrack, Scene, *ELEMENTS.values()]


def test_the_example_is_a_valid_request() -> None:
    (example,) = re.findall(r"```json\n(.*?)```", DOC, re.DOTALL)
    assert len(parse_request(json.loads(example)).scenes) == 4


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_field_is_documented(model: type[BaseModel]) -> None:
    names = [field.alias or name for name, field in model.model_fields.items()]
    assert [name for name in names if f"`{name}`" not in DOC and f'"{name}"' not in DOC] == []


@pytest.mark.parametrize(
    "names",
    [AspectRatio, Resolution, Quality, TransitionType, AnimationType, Easing, Fit, PositionName, ThemeName],
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
    ):
        assert figure in DOC
