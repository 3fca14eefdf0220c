"""The characters that the video fonts can draw, known without the fonts.

Submission refuses a text that would come out as empty boxes; it must not import a font
library for that. A test reads the fonts themselves and fails when this table differs.
"""

from __future__ import annotations

from bisect import bisect_right

# Code points (hexadecimal, ranges inclusive) that every weight of Manrope 0.0.2 has.
COVERED = """
    20-7E A0-113 116-12B 12E-131 134-137 139-13E 141-148 14A-14D 150-17E 192 1A0-1A1 1AF-1B0 218-21B 259
    2C6-2C7 2D8-2DD 374-375 37E 384-38A 38C 38E-3A1 3A3-3CE 400-45F 490-491 4AE-4AF 4BA-4BB 4E8-4E9
    1E80-1E85 1E9E 1EA0-1EF9 2011 2013-2014 2018-201A 201C-2022 2026 2030 2039-203A 2044 2060 2070
    2074-2079 2080-2089 20A3 20A9-20AC 20AE 20B1 20B4 20B9-20BA 20BD 20BF 2116 2122 2190-2193 21B5 2202
    2205 220F 2211-2212 2215 221A 221E 222B 2248 2260 2264-2265 25CA E001-E003 E007-E009 FB01-FB02
"""

_RANGES = [tuple(int(end, 16) for end in item.split("-")) for item in COVERED.split()]
_STARTS = [span[0] for span in _RANGES]
_LINE_BREAK = "\n"


def first_missing(text: str) -> str | None:
    """The first character of the text that no font draws, or None; a line break needs no glyph.

    >>> first_missing("Grüße, Ελλάδα, Привет") is None
    True
    >>> first_missing("Winter ❄")
    '❄'
    """
    for character in text:
        if character == _LINE_BREAK:
            continue
        index = bisect_right(_STARTS, ord(character)) - 1
        if index < 0 or ord(character) > _RANGES[index][-1]:
            return character
    return None
