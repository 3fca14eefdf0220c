"""A theme is data, complete and stored with the job."""

from __future__ import annotations

import json

import pytest

from reelqueue.spec import parse_request
from reelqueue.themes import THEMES, ColorChanges, Theme, ThemeChoice, ThemeName, resolve

HOOK = "https://app.example.com/hooks/video"


@pytest.mark.parametrize("name", ["winter", "minimal"])
def test_a_name_resolves_to_its_theme(name: ThemeName) -> None:
    assert resolve(name).name == name


def test_own_colours_replace_only_those_they_name() -> None:
    winter = THEMES["winter"]
    changed = resolve(ThemeChoice(extends="winter", colors=ColorChanges(accent="#FF6600")))
    assert changed.colors.accent == "#FF6600"
    assert changed.colors.background == winter.colors.background
    assert changed.styles == winter.styles


def test_a_resolved_theme_is_complete() -> None:
    """A stored theme must not lean on defaults, which a later version may change."""
    assert all(field.is_required() for field in Theme.model_fields.values())
    stored = json.loads(parse_request({"webhookUrl": HOOK, "scenes": [{"text": "a"}]}).to_json())
    assert stored["theme"]["transition"] == {"type": "fade", "duration": 0.5}


def test_the_theme_is_stored_with_the_request() -> None:
    request = parse_request(
        {
            "webhookUrl": HOOK,
            "theme": {"extends": "minimal", "colors": {"accent": "#123456"}},
            "scenes": [{"text": "a"}],
        }
    )
    assert '"accent":"#123456"' in request.to_json()
    assert request.theme.name == "minimal"


def test_a_request_without_a_theme_is_winter() -> None:
    assert parse_request({"webhookUrl": HOOK, "scenes": [{"text": "a"}]}).theme == THEMES["winter"]


def test_winter_snows_and_minimal_does_not() -> None:
    assert THEMES["winter"].decoration == "snow"
    assert THEMES["minimal"].decoration is None
