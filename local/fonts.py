"""Makes what the repository keeps of fonts: the emoji font, and the table of characters that submission reads.

    python -m local.fonts           # the table, from the fonts that are installed: after a change of their versions
    python -m local.fonts --emoji   # the emoji font too, from npm; afterwards somebody looks at it

Noto Color Emoji is on npm, in a package of 25 MB, and not on PyPI. Kept are its outlines in colour (COLR), without the
second copy of all drawings (SVG) and the measures for vertical text: 4.9 MB of 25.
"""

from __future__ import annotations

import hashlib
import io
import sys
import tarfile
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from urllib.request import urlopen

from fontTools.ttLib import TTFont

from render.engine.fonts import EMOJI, emoji, fallbacks

PACKAGE = "https://registry.npmjs.org/@fontsource/noto-color-emoji/-/noto-color-emoji-5.3.2.tgz"
SHA256 = "1bd31f2fb1616c9da2892e385ff9a95a446cecbc045e1354e6b8a64389f77b96"
MEMBER = "package/files/noto-color-emoji-emoji-400-normal.woff"
DROPPED = ("SVG ", "vhea", "vmtx")
TABLE = Path(__file__).parent.parent / "functions" / "reelqueue" / "coverage.py"
HEAD = '''"""The characters that can be drawn, whatever family a request names. Made by ``make fonts``, not by hand."""

# Code points (hexadecimal), ranges inclusive.
COVERED = """
'''


def make_emoji() -> None:
    """Write the emoji font; the same bytes each time."""
    with urlopen(PACKAGE, timeout=120) as answer:
        package = answer.read()
    if hashlib.sha256(package).hexdigest() != SHA256:
        raise SystemExit(f"{PACKAGE} is not the file that it was")
    with tarfile.open(fileobj=io.BytesIO(package)) as archive:
        member = archive.extractfile(MEMBER)
        assert member is not None
        font = TTFont(io.BytesIO(member.read()), recalcTimestamp=False)
    for table in DROPPED:
        del font[table]
    font["post"].formatType = 3.0  # without the names of the glyphs
    font.flavor = None
    font.save(EMOJI)


def covered() -> list[int]:
    """The code points that can be drawn in every family, without control characters and private ones."""
    codes = set(emoji().characters).union(*(typeface.characters for typeface in fallbacks("zh-Hans", "Regular")))
    return sorted(code for code in codes if _is_public(code))


def _is_public(code: int) -> bool:
    # Fonts have blanks for the separators of lines and paragraphs; a text breaks its lines by "\n".
    if unicodedata.category(chr(code)) in ("Zl", "Zp"):
        return False
    return code >= 0x20 and not 0x7F <= code < 0xA0 and not 0xE000 <= code < 0xF900 and code < 0xF0000


def table(codes: Iterable[int]) -> str:
    """The module with the table."""
    spans: list[list[int]] = []
    for code in codes:
        if spans and spans[-1][1] == code - 1:
            spans[-1][1] = code
        else:
            spans.append([code, code])
    words = [f"{first:X}" if first == last else f"{first:X}-{last:X}" for first, last in spans]
    lines = ["   "]
    for word in words:
        if len(lines[-1]) + 1 + len(word) > 120:
            lines.append("   ")
        lines[-1] += f" {word}"
    return HEAD + "\n".join(lines) + '\n"""\n'


if __name__ == "__main__":
    if "--emoji" in sys.argv[1:]:
        make_emoji()
    TABLE.write_text(table(covered()))
