"""The named themes as data: palette, ground, decoration, motion, type. ``themes.py`` says what each field means."""

from __future__ import annotations

from typing import Any

Data = dict[str, Any]


def _text(
    font: str,
    weight: str,
    size: float,
    color: str = "text",
    *,
    enter: tuple[str, float] = ("fade", 0.5),
    leave: float = 0.3,
    align: str = "center",
    position: str = "center",
    line_height: float = 1.3,
    max_width: float = 0.8,
    shadow: bool = False,
    glow: str | None = None,
    background: str | None = None,
    rule: str | None = None,
) -> Data:
    return {
        "font": font, "weight": weight, "size": size, "color": color, "align": align, "position": position,
        "lineHeight": line_height, "maxWidth": max_width, "shadow": shadow, "glow": glow, "background": background,
        "rule": rule, "enter": {"type": enter[0], "duration": enter[1]}, "exit": {"type": "fade", "duration": leave},
    }  # fmt: skip


def _ground(angle: float, *colors: str) -> Data:
    return {"type": "gradient", "colors": list(colors), "angle": angle}


WINTER: Data = {
    "name": "winter",
    "colors": {"background": "#06142B", "text": "#F5FAFF", "primary": "#225A8F", "accent": "#9BDCFF"},
    "background": _ground(172, "background", "#0F3160", "primary"),
    "scenery": "snowy hills",
    "decoration": "snow",
    "imageMotion": {"direction": "in", "amount": 0.08},
    "transition": {"type": "fade", "duration": 0.5},
    "sceneSeconds": 4.0,
    "safeArea": 0.06,
    "logo": None,
    "styles": {
        "title": _text("Manrope", "ExtraBold", 0.118, line_height=1.12, max_width=0.84, shadow=True, rule="accent",
                       enter=("slideUp", 0.6)),
        "subtitle": _text("Manrope", "SemiBold", 0.062, "accent", line_height=1.25, shadow=True, enter=("fade", 0.6)),
        "body": _text("Inter", "Medium", 0.05, line_height=1.4, max_width=0.72, shadow=True),
        "caption": _text("Inter", "SemiBold", 0.05, position="bottom", max_width=0.84, background="#06142BC8",
                         enter=("slideUp", 0.5)),
    },
}  # fmt: skip

SPRING: Data = {
    "name": "spring",
    "colors": {"background": "#F4FAEE", "text": "#17372B", "primary": "#CBE8BE", "accent": "#A3245C"},
    "background": _ground(168, "#FDF3F4", "background", "primary"),
    "scenery": "meadow",
    "decoration": "petals",
    "imageMotion": {"direction": "up", "amount": 0.07},
    "transition": {"type": "smoothup", "duration": 0.6},
    "sceneSeconds": 4.0,
    "safeArea": 0.06,
    "logo": None,
    "styles": {
        "title": _text("Vollkorn", "Bold", 0.118, line_height=1.1, max_width=0.82, rule="accent",
                       enter=("slideUp", 0.7)),
        "subtitle": _text("Vollkorn", "Medium", 0.062, max_width=0.78, enter=("fade", 0.6)),
        "body": _text("Source Sans 3", "Regular", 0.05, line_height=1.4, max_width=0.7),
        "caption": _text("Source Sans 3", "SemiBold", 0.05, position="bottom", max_width=0.82, background="#FFFFFFF0",
                         enter=("slideUp", 0.5)),
    },
}  # fmt: skip

SUMMER: Data = {
    "name": "summer",
    "colors": {"background": "#FFF3D6", "text": "#3A1D0A", "primary": "#FFC56B", "accent": "#8F2410"},
    "background": _ground(165, "background", "#FFE0A3", "primary"),
    "scenery": "sun",
    "decoration": None,
    "imageMotion": {"direction": "in", "amount": 0.1},
    "transition": {"type": "circleopen", "duration": 0.6},
    "sceneSeconds": 4.0,
    "safeArea": 0.06,
    "logo": None,
    "styles": {
        "title": _text("Comfortaa", "Bold", 0.112, line_height=1.14, max_width=0.82, rule="accent",
                       enter=("zoom", 0.5)),
        "subtitle": _text("Comfortaa", "SemiBold", 0.058, "accent", max_width=0.78, enter=("slideUp", 0.5)),
        "body": _text("Source Sans 3", "Regular", 0.05, line_height=1.4, max_width=0.7),
        "caption": _text("Source Sans 3", "SemiBold", 0.05, position="bottom", max_width=0.82, background="#FFF8E8F0",
                         enter=("slideUp", 0.4)),
    },
}  # fmt: skip

AUTUMN: Data = {
    "name": "autumn",
    "colors": {"background": "#FFF6E6", "text": "#3A1A0B", "primary": "#F6CB94", "accent": "#8A2C0D"},
    "background": _ground(170, "background", "#FCE3BC", "primary"),
    "scenery": "ridges",
    "decoration": "leaves",
    "imageMotion": {"direction": "right", "amount": 0.07},
    "transition": {"type": "dissolve", "duration": 0.7},
    "sceneSeconds": 4.0,
    "safeArea": 0.06,
    "logo": None,
    "styles": {
        "title": _text("Roboto Slab", "Bold", 0.108, line_height=1.14, max_width=0.82, rule="accent",
                       enter=("slideDown", 0.7)),
        "subtitle": _text("Roboto Slab", "Medium", 0.056, max_width=0.78, enter=("fade", 0.6)),
        "body": _text("Source Serif 4", "Regular", 0.048, line_height=1.42, max_width=0.7),
        "caption": _text("Source Serif 4", "SemiBold", 0.048, position="bottom", max_width=0.82,
                         background="#FFF6E6F0", enter=("slideUp", 0.5)),
    },
}  # fmt: skip

MIDNIGHT: Data = {
    "name": "midnight",
    "colors": {"background": "#07060F", "text": "#F4F1EA", "primary": "#2A2350", "accent": "#E7C26A"},
    "background": _ground(200, "background", "#120E26", "primary"),
    "scenery": "stars",
    "decoration": None,
    "imageMotion": {"direction": "in", "amount": 0.08},
    "transition": {"type": "fadeblack", "duration": 0.8},
    "sceneSeconds": 4.0,
    "safeArea": 0.07,
    "logo": None,
    "styles": {
        "title": _text("EB Garamond", "SemiBold", 0.128, line_height=1.08, rule="accent", enter=("fade", 0.9),
                       leave=0.5),
        "subtitle": _text("EB Garamond", "Medium", 0.066, "accent", line_height=1.25, max_width=0.76,
                          enter=("fade", 0.9), leave=0.5),
        "body": _text("Source Sans 3", "Regular", 0.046, line_height=1.5, max_width=0.64, enter=("fade", 0.7),
                      leave=0.4),
        "caption": _text("Source Sans 3", "Medium", 0.046, position="bottom", background="#07060FD0"),
    },
}  # fmt: skip

MINIMAL: Data = {
    "name": "minimal",
    "colors": {"background": "#FBFAF7", "text": "#15181E", "primary": "#ECE8DF", "accent": "#F0502E"},
    "background": _ground(180, "background", "primary"),
    "scenery": None,
    "decoration": None,
    "imageMotion": {"direction": "in", "amount": 0.05},
    "transition": {"type": "fade", "duration": 0.4},
    "sceneSeconds": 4.0,
    "safeArea": 0.07,
    "logo": None,
    "styles": {
        "title": _text("Inter", "Bold", 0.11, line_height=1.12, rule="accent"),
        "subtitle": _text("Inter", "Medium", 0.058, max_width=0.76),
        "body": _text("Source Serif 4", "Regular", 0.046, line_height=1.45, max_width=0.68),
        "caption": _text("Inter", "SemiBold", 0.046, position="bottom", background="#FBFAF7F0", enter=("fade", 0.4)),
    },
}  # fmt: skip

CORPORATE: Data = {
    "name": "corporate",
    "colors": {"background": "#FFFFFF", "text": "#0F2038", "primary": "#E3EBF5", "accent": "#0B5BD3"},
    "background": _ground(135, "background", "background", "primary"),
    "scenery": None,
    "decoration": None,
    "imageMotion": {"direction": "right", "amount": 0.05},
    "transition": {"type": "smoothleft", "duration": 0.5},
    "sceneSeconds": 4.0,
    "safeArea": 0.08,
    "logo": None,
    "styles": {
        "title": _text("IBM Plex Sans", "Bold", 0.1, align="left", position="left", line_height=1.14, max_width=0.72,
                       rule="accent", enter=("slideRight", 0.5)),
        "subtitle": _text("IBM Plex Sans", "Medium", 0.054, "accent", align="left", position="left", max_width=0.7,
                          enter=("slideRight", 0.5)),
        "body": _text("Source Sans 3", "Regular", 0.046, align="left", position="left", line_height=1.45,
                      max_width=0.62),
        "caption": _text("IBM Plex Sans", "SemiBold", 0.044, "#FFFFFF", align="left", position="bottom-left",
                         max_width=0.7, background="#0F2038E6", enter=("slideRight", 0.4)),
    },
}  # fmt: skip

NEON: Data = {
    "name": "neon",
    "colors": {"background": "#07040F", "text": "#F7F4FF", "primary": "#2A0F55", "accent": "#3BE7FF"},
    "background": _ground(180, "background", "#150A2E", "primary"),
    "scenery": "grid",
    "decoration": "glow",
    "imageMotion": {"direction": "in", "amount": 0.12},
    "transition": {"type": "hblur", "duration": 0.4},
    "sceneSeconds": 4.0,
    "safeArea": 0.06,
    "logo": None,
    "styles": {
        "title": _text("Play", "Bold", 0.124, line_height=1.1, max_width=0.84, glow="#CF008A", enter=("zoom", 0.4)),
        "subtitle": _text("Play", "Regular", 0.06, "accent", line_height=1.25, glow="#0A5C7A", enter=("slideUp", 0.4)),
        "body": _text("Geologica", "Regular", 0.046, line_height=1.42, max_width=0.7, shadow=True),
        "caption": _text("Geologica", "Medium", 0.046, position="bottom", max_width=0.82, background="#0B0618D8",
                         enter=("slideUp", 0.35)),
    },
}  # fmt: skip
