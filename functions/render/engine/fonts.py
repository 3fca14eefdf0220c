"""The fonts of the videos: Manrope, from a pinned package, so that a laptop and the image draw the same."""

from __future__ import annotations

from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path

from PIL import ImageFont

_PACKAGE = "font_manrope"


@cache
def font_file(weight: str) -> Path:
    """The file of this weight (``ExtraBold``, ``Bold``, ``SemiBold``, ``Medium``, ``Regular``)."""
    spec = find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(f"the package {_PACKAGE} is not installed; see functions/render/requirements.txt")
    return Path(spec.submodule_search_locations[0]) / "files" / f"Manrope-{weight}.ttf"


@lru_cache(maxsize=64)
def font(weight: str, size: int) -> ImageFont.FreeTypeFont:
    """The font at this size, for measuring."""
    return ImageFont.truetype(str(font_file(weight)), size)
