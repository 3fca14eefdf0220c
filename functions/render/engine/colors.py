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
