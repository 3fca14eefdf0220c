"""A theme is data, complete and stored with the job."""

from __future__ import annotations

import json
from typing import get_args

import pytest

from reelqueue.spec import parse_request
from reelqueue.themes import NAMES, ColorChanges, Theme, ThemeChoice, ThemeName, named, resolve

HOOK = "https://app.example.com/hooks/video"


@pytest.mark.parametrize("name", get_args(ThemeName))
def test_a_name_resolves_to_its_theme(name: ThemeName) -> None:
    assert resolve(name).name == name


def test_own_colours_replace_only_those_they_name() -> None:
    winter = named("winter")
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
    assert parse_request({"webhookUrl": HOOK, "scenes": [{"text": "a"}]}).theme == named("winter")


def test_winter_snows_and_minimal_does_not() -> None:
    assert named("winter").decoration == "snow"
    assert named("minimal").decoration is None


def luminance(color: str) -> float:
    """The relative luminance of a colour (#RRGGBB), by WCAG 2.2."""
    levels = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (level / 12.92 if level <= 0.04045 else ((level + 0.055) / 1.055) ** 2.4 for level in levels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", [named(name) for name in NAMES], ids=NAMES)
@pytest.mark.parametrize("kind", ["title", "subtitle", "body", "caption"])
def test_text_stands_out_from_what_a_theme_puts_behind_it(theme: Theme, kind: str) -> None:
    style = getattr(theme.styles, kind)
    palette = theme.colors.model_dump()
    behind = [style.background] if style.background else theme.background.colors
    for color in behind:
        ratio = contrast(palette.get(style.color, style.color), palette.get(color, color)[:7])
        assert ratio >= 4.5, f"{kind} over {color}: {ratio:.1f}"
