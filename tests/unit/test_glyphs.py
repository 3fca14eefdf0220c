"""The table of characters says the same as the fonts themselves."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from reelqueue.glyphs import COVERED, first_missing
from render.engine.fonts import font_file

WEIGHTS = ("ExtraBold", "Bold", "SemiBold", "Medium", "Regular")


def code_points(font: Path) -> set[int]:
    """The characters of a TrueType font: its ``cmap`` table in format 4 (OpenType specification)."""
    data = font.read_bytes()
    (tables,) = struct.unpack_from(">H", data, 4)
    records = (struct.unpack_from(">4sIII", data, 12 + 16 * index) for index in range(tables))
    cmap = next(offset for tag, _, offset, _ in records if tag == b"cmap")
    (count,) = struct.unpack_from(">H", data, cmap + 2)
    encodings = (struct.unpack_from(">HHI", data, cmap + 4 + 8 * index) for index in range(count))
    table = cmap + next(offset for platform, encoding, offset in encodings if (platform, encoding) == (3, 1))
    kind, _, _, doubled = struct.unpack_from(">HHHH", data, table)
    assert kind == 4
    ends = struct.unpack_from(f">{doubled // 2}H", data, table + 14)
    starts = struct.unpack_from(f">{doubled // 2}H", data, table + 16 + doubled)
    return {code for start, end in zip(starts, ends, strict=True) for code in range(start, end + 1)} - {0xFFFF}


def test_the_table_is_what_every_weight_has() -> None:
    common = set.intersection(*(code_points(font_file(weight)) for weight in WEIGHTS))
    spans = [[int(end, 16) for end in item.split("-")] for item in COVERED.split()]
    table = {code for span in spans for code in range(span[0], span[-1] + 1)}
    assert table == {code for code in common if code >= 0x20}


@pytest.mark.parametrize("text", ["Grüße aus Zürich", "Ελλάδα", "Привет", "Tiếng Việt", "50 % – „so“ → 20 €", "a\nb"])
def test_a_text_that_can_be_drawn(text: str) -> None:
    assert first_missing(text) is None


@pytest.mark.parametrize(("text", "missing"), [("Winter ❄", "❄"), ("日本", "日"), ("a\tb", "\t"), ("😀", "😀")])
def test_the_first_character_that_cannot(text: str, missing: str) -> None:
    assert first_missing(text) == missing
