"""The names of the type families that a request and a theme may ask for. Each has Latin, Greek and Cyrillic.

What a family lacks comes from the Noto fonts, character by character, so a family never limits what can be said.
"""

from __future__ import annotations

from typing import Literal

FontName = Literal[
    "Comfortaa", "EB Garamond", "Geologica", "IBM Plex Sans", "Inter", "Manrope",
    "Noto Sans", "Play", "Roboto Slab", "Source Sans 3", "Source Serif 4", "Vollkorn",
]  # fmt: skip
