"""Colours of a request as numbers."""

from __future__ import annotations

from reelqueue.themes import Colors

RGBA = tuple[int, int, int, int]


def rgba(color: str, names: Colors) -> RGBA:
    """A colour (``#RGB``, ``#RRGGBB``, ``#RRGGBBAA`` or a name of the theme) as red, green, blue, alpha: 0-255."""
    named: dict[str, str] = names.model_dump()
    digits = named.get(color, color).lstrip("#")
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    red, green, blue, alpha = bytes.fromhex(digits.ljust(8, "f"))
    return red, green, blue, alpha


def mixed(one: RGBA, other: RGBA, share: float) -> RGBA:
    """A colour with this share (0 to 1) of another one in it."""
    red, green, blue, alpha = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue, alpha


def contrast(one: RGBA, other: RGBA) -> float:
    """The contrast ratio of two opaque colours (WCAG 2.1): 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: RGBA) -> float:
    parts = [part / 255 for part in color[:3]]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
