"""The table of characters says the same as the fonts themselves."""

from __future__ import annotations

import pytest

from local.fonts import TABLE, covered, table
from reelqueue.glyphs import first_missing


def test_the_table_is_what_the_fonts_have() -> None:
    assert table(covered()) == TABLE.read_text(), "the fonts have changed: run `make fonts`"


@pytest.mark.parametrize(
    "text",
    [
        "Grüße aus Zürich",
        "Tiếng Việt",
        "50 % – „so“ → 20 €",
        "a\nb",
        "日本",
        "Winter ❄",
        "👩🏽‍🚀 🏴󠁧󠁢󠁳󠁣󠁴󠁿",
        "soft\u00adhyphen",
    ],
)
def test_a_text_that_can_be_drawn(text: str) -> None:
    assert first_missing(text) is None


@pytest.mark.parametrize(("text", "missing"), [("Runes ᚠᚢ", "ᚠ"), ("a\tb", "\t"), ("own \ue001", "\ue001")])
def test_the_first_character_that_cannot(text: str, missing: str) -> None:
    assert first_missing(text) == missing
