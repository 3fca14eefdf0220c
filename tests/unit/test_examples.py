"""The examples run as they are: accepted, as long as they say, with every file that they name."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from examples.make_assets import ASSETS
from reelqueue.spec import parse_request

EXAMPLES = Path(__file__).parents[2] / "examples"
COMMITTED = {path.name for path in (EXAMPLES / "assets").iterdir()}
REQUESTS = sorted([*EXAMPLES.glob("*.json"), *EXAMPLES.glob("gallery/*.json")])


def body(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", REQUESTS, ids=lambda path: path.name)
def test_every_example_is_accepted(path: Path) -> None:
    assert parse_request(body(path)).scenes


@pytest.mark.parametrize("path", REQUESTS, ids=lambda path: path.name)
def test_every_asset_that_an_example_names_is_there(path: Path) -> None:
    named = set(re.findall(r'"asset:([^"]+)"', path.read_text(encoding="utf-8")))
    assert named <= COMMITTED


def test_winter_is_thirty_seconds_of_full_hd() -> None:
    request = parse_request(body(EXAMPLES / "winter.json"))
    assert request.total_seconds == 30
    assert (request.output.width, request.output.height, request.output.fps) == (1920, 1080, 30)


def test_winter_shows_every_kind_of_element_and_background() -> None:
    scenes = parse_request(body(EXAMPLES / "winter.json")).scenes
    assert {element.type for scene in scenes for element in scene.elements} == {
        "text",
        "image",
        "video",
        "audio",
        "shape",
    }
    assert {getattr(scene.background, "type", None) for scene in scenes} == {None, "gradient", "color"}


def test_the_shorthand_example_writes_no_elements() -> None:
    assert all("elements" not in scene for scene in body(EXAMPLES / "shorthand.json")["scenes"])


def test_the_program_that_makes_the_assets_makes_exactly_the_committed_ones() -> None:
    assert set(ASSETS) == COMMITTED


def test_the_assets_stay_small_enough_for_a_clone() -> None:
    assert sum((EXAMPLES / "assets" / name).stat().st_size for name in COMMITTED) < 4_000_000
