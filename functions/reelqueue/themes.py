"""The named themes. A theme is data: it is resolved at submission and stored with the job,
so that a later change of a theme never alters a video that is already waiting.
"""

from __future__ import annotations

from typing import Literal

from reelqueue.spec_scenes import Animation, GradientBackground, KenBurns, PositionName, Transition
from reelqueue.spec_values import Color, HexColor, Model
from reelqueue.typefaces import FontName

ThemeName = Literal["winter", "summer", "midnight", "minimal", "corporate"]
Weight = Literal["ExtraBold", "Bold", "SemiBold", "Medium", "Regular"]


class Colors(Model):
    """The palette; scenes use its names wherever a colour may stand."""

    background: HexColor
    text: HexColor
    primary: HexColor
    accent: HexColor


class ColorChanges(Model):
    """The colours of a theme that a request replaces."""

    background: HexColor | None = None
    text: HexColor | None = None
    primary: HexColor | None = None
    accent: HexColor | None = None


class TextStyle(Model):
    """How a kind of text looks. ``size`` is a part of the picture's shorter side, other measures of the size."""

    font: FontName
    weight: Weight
    size: float
    color: Color
    align: Literal["left", "center", "right"]
    position: PositionName
    line_height: float
    max_width: float
    shadow: bool
    background: Color | None
    rule: Color | None
    enter: Animation
    exit: Animation


class TextStyles(Model):
    title: TextStyle
    subtitle: TextStyle
    body: TextStyle
    caption: TextStyle


class Theme(Model):
    """Everything a theme decides. No field has a default: a stored theme is complete."""

    name: ThemeName
    colors: Colors
    styles: TextStyles
    background: GradientBackground
    decoration: Literal["snow"] | None
    image_motion: KenBurns
    transition: Transition
    scene_seconds: float
    safe_area: float


class ThemeChoice(Model):
    """A theme as a request may write it when a name is not enough."""

    extends: ThemeName
    colors: ColorChanges = ColorChanges()


_WINTER = {
    "name": "winter",
    "colors": {"background": "#06142B", "text": "#F5FAFF", "primary": "#225A8F", "accent": "#9BDCFF"},
    "background": {"type": "gradient", "colors": ["background", "#0F3160", "primary"], "angle": 172},
    "decoration": "snow",
    "imageMotion": {"direction": "in", "amount": 0.08},
    "transition": {"type": "fade", "duration": 0.5},
    "sceneSeconds": 4.0,
    "safeArea": 0.06,
    "styles": {
        "title": {
            "font": "Manrope", "weight": "ExtraBold", "size": 0.118, "color": "text", "align": "center",
            "position": "center", "lineHeight": 1.12, "maxWidth": 0.84, "shadow": True,
            "background": None, "rule": "accent",
            "enter": {"type": "slideUp", "duration": 0.6}, "exit": {"type": "fade", "duration": 0.3},
        },
        "subtitle": {
            "font": "Manrope", "weight": "SemiBold", "size": 0.062, "color": "accent", "align": "center",
            "position": "center", "lineHeight": 1.25, "maxWidth": 0.8, "shadow": True,
            "background": None, "rule": None,
            "enter": {"type": "fade", "duration": 0.6}, "exit": {"type": "fade", "duration": 0.3},
        },
        "body": {
            "font": "Inter", "weight": "Medium", "size": 0.05, "color": "text", "align": "center",
            "position": "center", "lineHeight": 1.4, "maxWidth": 0.72, "shadow": True,
            "background": None, "rule": None,
            "enter": {"type": "fade", "duration": 0.5}, "exit": {"type": "fade", "duration": 0.3},
        },
        "caption": {
            "font": "Inter", "weight": "SemiBold", "size": 0.05, "color": "text", "align": "center",
            "position": "bottom", "lineHeight": 1.3, "maxWidth": 0.84, "shadow": False,
            "background": "#06142BC8", "rule": None,
            "enter": {"type": "slideUp", "duration": 0.5}, "exit": {"type": "fade", "duration": 0.3},
        },
    },
}  # fmt: skip

_MINIMAL = {
    "name": "minimal",
    "colors": {"background": "#FBFAF7", "text": "#15181E", "primary": "#ECE8DF", "accent": "#F0502E"},
    "background": {"type": "gradient", "colors": ["background", "primary"], "angle": 180},
    "decoration": None,
    "imageMotion": {"direction": "in", "amount": 0.05},
    "transition": {"type": "fade", "duration": 0.4},
    "sceneSeconds": 4.0,
    "safeArea": 0.07,
    "styles": {
        "title": {
            "font": "Inter", "weight": "Bold", "size": 0.11, "color": "text", "align": "center",
            "position": "center", "lineHeight": 1.12, "maxWidth": 0.8, "shadow": False,
            "background": None, "rule": "accent",
            "enter": {"type": "fade", "duration": 0.5}, "exit": {"type": "fade", "duration": 0.3},
        },
        "subtitle": {
            "font": "Inter", "weight": "Medium", "size": 0.058, "color": "text", "align": "center",
            "position": "center", "lineHeight": 1.3, "maxWidth": 0.76, "shadow": False,
            "background": None, "rule": None,
            "enter": {"type": "fade", "duration": 0.5}, "exit": {"type": "fade", "duration": 0.3},
        },
        "body": {
            "font": "Source Serif 4", "weight": "Regular", "size": 0.046, "color": "text", "align": "center",
            "position": "center", "lineHeight": 1.45, "maxWidth": 0.68, "shadow": False,
            "background": None, "rule": None,
            "enter": {"type": "fade", "duration": 0.5}, "exit": {"type": "fade", "duration": 0.3},
        },
        "caption": {
            "font": "Inter", "weight": "SemiBold", "size": 0.046, "color": "text", "align": "center",
            "position": "bottom", "lineHeight": 1.3, "maxWidth": 0.8, "shadow": False,
            "background": "#FBFAF7F0", "rule": None,
            "enter": {"type": "fade", "duration": 0.4}, "exit": {"type": "fade", "duration": 0.3},
        },
    },
}  # fmt: skip

_SUMMER = {
    "name": "summer",
    "colors": {"background": "#FFF3D6", "text": "#3A1D0A", "primary": "#FFC56B", "accent": "#8F2410"},
    "background": {"type": "gradient", "colors": ["background", "#FFE0A3", "primary"], "angle": 165},
    "decoration": None,
    "imageMotion": {"direction": "in", "amount": 0.1},
    "transition": {"type": "circleopen", "duration": 0.6},
    "sceneSeconds": 4.0,
    "safeArea": 0.06,
    "styles": {
        "title": {
            "font": "Comfortaa", "weight": "Bold", "size": 0.112, "color": "text", "align": "center",
            "position": "center", "lineHeight": 1.14, "maxWidth": 0.82, "shadow": False,
            "background": None, "rule": "accent",
            "enter": {"type": "zoom", "duration": 0.5}, "exit": {"type": "fade", "duration": 0.3},
        },
        "subtitle": {
            "font": "Comfortaa", "weight": "SemiBold", "size": 0.058, "color": "accent", "align": "center",
            "position": "center", "lineHeight": 1.3, "maxWidth": 0.78, "shadow": False,
            "background": None, "rule": None,
            "enter": {"type": "slideUp", "duration": 0.5}, "exit": {"type": "fade", "duration": 0.3},
        },
        "body": {
            "font": "Source Sans 3", "weight": "Regular", "size": 0.05, "color": "text", "align": "center",
            "position": "center", "lineHeight": 1.4, "maxWidth": 0.7, "shadow": False,
            "background": None, "rule": None,
            "enter": {"type": "fade", "duration": 0.5}, "exit": {"type": "fade", "duration": 0.3},
        },
        "caption": {
            "font": "Source Sans 3", "weight": "SemiBold", "size": 0.05, "color": "text", "align": "center",
            "position": "bottom", "lineHeight": 1.3, "maxWidth": 0.82, "shadow": False,
            "background": "#FFF8E8F0", "rule": None,
            "enter": {"type": "slideUp", "duration": 0.4}, "exit": {"type": "fade", "duration": 0.3},
        },
    },
}  # fmt: skip

_MIDNIGHT = {
    "name": "midnight",
    "colors": {"background": "#07060F", "text": "#F4F1EA", "primary": "#2A2350", "accent": "#E7C26A"},
    "background": {"type": "gradient", "colors": ["background", "#120E26", "primary"], "angle": 200},
    "decoration": None,
    "imageMotion": {"direction": "in", "amount": 0.08},
    "transition": {"type": "fadeblack", "duration": 0.8},
    "sceneSeconds": 4.0,
    "safeArea": 0.07,
    "styles": {
        "title": {
            "font": "EB Garamond", "weight": "SemiBold", "size": 0.128, "color": "text", "align": "center",
            "position": "center", "lineHeight": 1.08, "maxWidth": 0.8, "shadow": False,
            "background": None, "rule": "accent",
            "enter": {"type": "fade", "duration": 0.9}, "exit": {"type": "fade", "duration": 0.5},
        },
        "subtitle": {
            "font": "EB Garamond", "weight": "Medium", "size": 0.066, "color": "accent", "align": "center",
            "position": "center", "lineHeight": 1.25, "maxWidth": 0.76, "shadow": False,
            "background": None, "rule": None,
            "enter": {"type": "fade", "duration": 0.9}, "exit": {"type": "fade", "duration": 0.5},
        },
        "body": {
            "font": "Source Sans 3", "weight": "Regular", "size": 0.046, "color": "text", "align": "center",
            "position": "center", "lineHeight": 1.5, "maxWidth": 0.64, "shadow": False,
            "background": None, "rule": None,
            "enter": {"type": "fade", "duration": 0.7}, "exit": {"type": "fade", "duration": 0.4},
        },
        "caption": {
            "font": "Source Sans 3", "weight": "Medium", "size": 0.046, "color": "text", "align": "center",
            "position": "bottom", "lineHeight": 1.3, "maxWidth": 0.8, "shadow": False,
            "background": "#07060FD0", "rule": None,
            "enter": {"type": "fade", "duration": 0.5}, "exit": {"type": "fade", "duration": 0.3},
        },
    },
}  # fmt: skip

_CORPORATE = {
    "name": "corporate",
    "colors": {"background": "#FFFFFF", "text": "#0F2038", "primary": "#E3EBF5", "accent": "#0B5BD3"},
    "background": {"type": "gradient", "colors": ["background", "background", "primary"], "angle": 135},
    "decoration": None,
    "imageMotion": {"direction": "right", "amount": 0.05},
    "transition": {"type": "smoothleft", "duration": 0.5},
    "sceneSeconds": 4.0,
    "safeArea": 0.08,
    "styles": {
        "title": {
            "font": "IBM Plex Sans", "weight": "Bold", "size": 0.1, "color": "text", "align": "left",
            "position": "left", "lineHeight": 1.14, "maxWidth": 0.72, "shadow": False,
            "background": None, "rule": "accent",
            "enter": {"type": "slideRight", "duration": 0.5}, "exit": {"type": "fade", "duration": 0.3},
        },
        "subtitle": {
            "font": "IBM Plex Sans", "weight": "Medium", "size": 0.054, "color": "accent", "align": "left",
            "position": "left", "lineHeight": 1.3, "maxWidth": 0.7, "shadow": False,
            "background": None, "rule": None,
            "enter": {"type": "slideRight", "duration": 0.5}, "exit": {"type": "fade", "duration": 0.3},
        },
        "body": {
            "font": "Source Sans 3", "weight": "Regular", "size": 0.046, "color": "text", "align": "left",
            "position": "left", "lineHeight": 1.45, "maxWidth": 0.62, "shadow": False,
            "background": None, "rule": None,
            "enter": {"type": "fade", "duration": 0.5}, "exit": {"type": "fade", "duration": 0.3},
        },
        "caption": {
            "font": "IBM Plex Sans", "weight": "SemiBold", "size": 0.044, "color": "#FFFFFF", "align": "left",
            "position": "bottom-left", "lineHeight": 1.3, "maxWidth": 0.7, "shadow": False,
            "background": "#0F2038E6", "rule": None,
            "enter": {"type": "slideRight", "duration": 0.4}, "exit": {"type": "fade", "duration": 0.3},
        },
    },
}  # fmt: skip

THEMES: dict[ThemeName, Theme] = {
    "winter": Theme.model_validate(_WINTER),
    "summer": Theme.model_validate(_SUMMER),
    "midnight": Theme.model_validate(_MIDNIGHT),
    "minimal": Theme.model_validate(_MINIMAL),
    "corporate": Theme.model_validate(_CORPORATE),
}


def resolve(choice: ThemeName | ThemeChoice) -> Theme:
    """The theme that a request chose, complete, its own colours in place of the theme's.

    >>> resolve(ThemeChoice(extends="winter", colors=ColorChanges(accent="#FF6600"))).colors.accent
    '#FF6600'
    """
    if not isinstance(choice, ThemeChoice):
        return THEMES[choice]
    theme = THEMES[choice.extends]
    changes = choice.colors.model_dump(exclude_none=True)
    return theme.model_copy(update={"colors": theme.colors.model_copy(update=changes)})
