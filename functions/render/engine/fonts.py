"""The fonts of the videos, from pinned packages (the emoji from this repository): a laptop and the image draw the same.

A family of the request sets what it can; what it lacks is set by Noto, which has a font for each script.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import uharfbuzz as hb

if TYPE_CHECKING:
    from reelqueue.themes import Weight
    from reelqueue.typefaces import FontName

Language = Literal["ja", "ko", "zh-Hans"]

WEIGHTS: dict[Weight, int] = {"Regular": 400, "Medium": 500, "SemiBold": 600, "Bold": 700, "ExtraBold": 800}

_NOTO, _CJK = "manimgx_fonts", "manimgx_fonts_cjk"
EMOJI = Path(__file__).parent.parent / "fonts" / "NotoColorEmoji.ttf"
# A family's file; of one that is no variable font the regular and the bold one.
_FAMILIES: dict[FontName, tuple[str, tuple[str, ...]]] = {
    "Comfortaa": ("fontpkg_comfortaa", ("files/Comfortaa[wght].ttf",)),
    "EB Garamond": ("fontpkg_eb_garamond", ("files/EBGaramond[wght].ttf",)),
    "Geologica": ("fontpkg_geologica", ("files/Geologica[CRSV,SHRP,slnt,wght].ttf",)),
    "IBM Plex Sans": ("fontpkg_ibm_plex_sans", ("files/IBMPlexSans[wdth,wght].ttf",)),
    "Inter": ("fontpkg_inter", ("files/Inter[opsz,wght].ttf",)),
    "Manrope": ("fontpkg_manrope", ("files/Manrope[wght].ttf",)),
    "Noto Sans": (_NOTO, ("NotoSans[wght].ttf",)),
    "Play": ("fontpkg_play", ("files/Play-Regular.ttf", "files/Play-Bold.ttf")),
    "Roboto Slab": ("fontpkg_roboto_slab", ("files/RobotoSlab[wght].ttf",)),
    "Source Sans 3": ("fontpkg_source_sans_3", ("files/SourceSans3[wght].ttf",)),
    "Source Serif 4": ("fontpkg_source_serif_4", ("files/SourceSerif4[opsz,wght].ttf",)),
    "Vollkorn": ("fontpkg_vollkorn", ("files/Vollkorn[wght].ttf",)),
}
_SCRIPTS = (
    "Arabic", "Hebrew", "Devanagari", "Bengali", "Tamil", "Thai", "Armenian", "Ethiopic", "Georgian", "Gujarati",
    "Gurmukhi", "Kannada", "Khmer", "Lao", "Malayalam", "Myanmar", "Oriya", "Sinhala", "Telugu", "Symbols",
)  # fmt: skip
# Where the collection of Noto Sans CJK has the forms of each language.
_CJK_FACES: dict[Language, int] = {"ja": 0, "ko": 1, "zh-Hans": 2}
# The optical size that videos are read at: between a caption and a title.
_OPTICAL_SIZE = 28


@dataclass(frozen=True, eq=False)
class Typeface:
    """A font of a file (its number ``index`` there) at a weight. Measures are in em: parts of the size it is set at."""

    path: Path
    index: int
    variations: Mapping[str, float]
    font: hb.Font
    characters: hb.Set
    colored: bool

    def has(self, characters: Sequence[str]) -> bool:
        return all(ord(character) in self.characters for character in characters)

    @property
    def em(self) -> int:
        return int(self.font.face.upem)

    @property
    def ascent(self) -> float:
        return float(self.font.get_font_extents("ltr").ascender) / self.em

    @property
    def descent(self) -> float:
        return -float(self.font.get_font_extents("ltr").descender) / self.em


def family(name: FontName, weight: Weight) -> Typeface:
    """A family of the request at a weight."""
    package, files = _FAMILIES[name]
    bold = len(files) > 1 and WEIGHTS[weight] >= 600
    return _typeface(_file(package, files[1 if bold else 0]), 0, weight)


def fallbacks(language: Language, weight: Weight) -> Iterator[Typeface]:
    """What sets the characters that a family lacks, first come first; Han characters in the forms of this language."""
    files = [(_NOTO, "NotoSans[wght].ttf", 0)]
    files += [(_NOTO, f"NotoSans{script}[wght].ttf", 0) for script in _SCRIPTS[:-1]]
    files.append((_CJK, "NotoSansCJK-VF.otf.ttc", _CJK_FACES[language]))
    files.append((_NOTO, "NotoSansSymbols[wght].ttf", 0))
    for package, file, index in files:
        yield _typeface(_file(package, file), index, weight)


def emoji() -> Typeface:
    """Noto Color Emoji, as outlines: sharp at any size."""
    return _typeface(EMOJI, 0, "Regular")


@cache
def _file(package: str, file: str) -> Path:
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(f"the package {package} is not installed; see functions/render/requirements.txt")
    return Path(spec.submodule_search_locations[0]) / file


@cache
def _typeface(path: Path, index: int, weight: Weight) -> Typeface:
    face = _face(path, index)
    font = hb.Font(face)
    variations = {"wght": WEIGHTS[weight], "opsz": _OPTICAL_SIZE}
    font.set_variations(variations)
    return Typeface(path, index, variations, font, _characters(path, index), bool(face.has_color_paint))


@cache
def _face(path: Path, index: int) -> hb.Face:
    return hb.Face(hb.Blob.from_file_path(str(path)), index)


@cache
def _characters(path: Path, index: int) -> hb.Set:
    return _face(path, index).unicodes
