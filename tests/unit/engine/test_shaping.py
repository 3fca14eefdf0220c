"""Texts of twelve scripts, and emoji, become the glyphs that another shaper makes of them.

HarfRust shares no code with HarfBuzz: it is written anew in Rust.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pyharfrust
import pytest

from render.engine.fonts import Typeface, emoji
from render.engine.lines import Line
from render.engine.raster import Ink, draw_lines
from render.engine.shaping import GlyphRun, Run, Shaper, clusters, language_of

SCRIPTS = {
    "Latin": "Winter sale: Größe, façade, Tiếng Việt, AVATAR",
    "Cyrillic": "Зимняя распродажа, щедрые скидки",
    "Greek": "Χειμερινές εκπτώσεις ἄνθρωπος",
    "Arabic": "تخفيضات الشتاء لا حتى ٥٠٪ مُحَمَّد",
    "Hebrew": "מבצע חורף: עד 50% הנחה (שָׁלוֹם)",
    "Devanagari": "सर्दियों की सेल क्षत्रिय हिन्दी",
    # Without a ra below another letter (দ্র): HarfRust 0.1 leaves its parts side by side, and is wrong.
    "Bengali": "শীতকালীন ছাড় ক্ষমা সপ্তাহ বর্ষা",
    "Tamil": "குளிர்கால தள்ளுபடி ஸ்ரீ கௌ",
    "Thai": "ลดราคาฤดูหนาวที่นี่เท่านั้น กำลัง",
    "Chinese": "冬季大促销，低至五折！",
    "Japanese": "冬のセール、最大50％オフ「本日」",
    "Korean": "겨울 세일 최대 50% 할인",
}
EMOJI = (
    "❄️", "☃️", "❤️", "☀️", "😀", "🥰", "🫠", "🎄", "🎁", "🔥", "1️⃣", "#️⃣", "👍", "👍🏿", "🤝🏽", "✌🏻",
    "👩🏽‍🚀", "👨‍👩‍👧‍👦", "🧑🏿‍🤝‍🧑🏻", "👩‍❤️‍👨", "🏳️‍🌈", "🏴‍☠️", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "🇩🇪", "🇯🇵", "🇺🇳", "🐻‍❄️",
    "❤️‍🔥", "👁️‍🗨️", "🧑‍🎄",
)  # fmt: skip


@cache
def _other(typeface: Typeface) -> pyharfrust.Font:
    font = pyharfrust.Font(str(typeface.path), typeface.index)
    font.set_variations([pyharfrust.Variation(f"{axis}={value}") for axis, value in typeface.variations.items()])
    return font


def shaped(text: str) -> tuple[list[Run], list[GlyphRun]]:
    shaper = Shaper("Manrope", "ExtraBold", language_of(text))
    runs = shaper.runs(text)
    return runs, shaper.glyphs(text, runs, 0, len(text))


def by_the_other(text: str, run: Run) -> list[tuple[int, int, int, int]]:
    buffer = pyharfrust.Buffer()
    buffer.add_str(text[run.start : run.end])
    buffer.set_pre_context(text[: run.start])
    buffer.set_post_context(text[run.end :])
    buffer.guess_segment_properties()
    buffer.direction = pyharfrust.Direction("rtl" if run.level % 2 else "ltr")
    language = language_of(text)
    if language:
        buffer.language = pyharfrust.Language(language)
    glyphs = _other(run.typeface).shape(buffer)
    return [
        (info.glyph_id, position.x_advance, position.x_offset, position.y_offset)
        for info, position in zip(glyphs.glyph_infos, glyphs.glyph_positions, strict=True)
    ]


def by_us(line: list[GlyphRun]) -> dict[int, list[tuple[int, int, int, int]]]:
    """Our glyphs in units of their font, by the first character of their run."""
    pen, found = 0.0, {}
    for run in line:
        em = run.typeface.em / run.scale
        glyphs = []
        for glyph in run.glyphs:
            offset = round((glyph.x - pen) * em), round(glyph.y * em)
            glyphs.append((glyph.number, round(glyph.advance * em), *offset))
            pen += glyph.advance
        found[min(glyph.cluster for glyph in run.glyphs)] = glyphs
    return found


@pytest.mark.parametrize("text", [*SCRIPTS.values(), *EMOJI], ids=[*SCRIPTS, *EMOJI])
def test_glyphs_are_those_of_another_shaper_and_none_is_missing(text: str) -> None:
    runs, line = shaped(text)
    ours = by_us(line)
    assert ours == {run.start: by_the_other(text, run) for run in runs}
    assert all(glyph[0] for glyphs in ours.values() for glyph in glyphs)


@pytest.mark.parametrize("sequence", EMOJI)
def test_an_emoji_sequence_is_one_glyph_in_colour(sequence: str) -> None:
    assert list(clusters(sequence)) == [(0, len(sequence))]
    (run,) = shaped(sequence)[1]
    assert run.typeface is emoji()
    assert len(run.glyphs) == 1


def names(text: str) -> list[str]:
    return [run.typeface.path.stem.split("[")[0] for run in shaped(text)[0]]


@pytest.mark.parametrize(
    ("text", "fonts"),
    [
        ("Hello", ["Manrope"]),
        ("Hello, мир", ["Manrope"]),
        ("Tea 茶 tea", ["Manrope", "NotoSansCJK-VF.otf", "Manrope"]),
        ("नमस्ते, दुनिया!", ["NotoSansDevanagari"]),
        (
            "❤️ ❄ ☺ ☎️ ©",
            ["NotoColorEmoji", "Manrope", "NotoColorEmoji", "Manrope", "NotoSansSymbols", "NotoColorEmoji", "Manrope"],
        ),
        ("e\u0323\u0304", ["NotoSans"]),
        ("a\u094d", ["Manrope", "NotoSansDevanagari"]),
    ],
)
def test_what_a_font_lacks_is_set_in_another_cluster_by_cluster(text: str, fonts: list[str]) -> None:
    assert names(text) == fonts


def test_a_line_runs_from_right_to_left_where_its_words_do() -> None:
    _, line = shaped("abc שלום def")
    clusters = [glyph.cluster for run in line for glyph in run.glyphs]
    assert clusters == [0, 1, 2, 3, 7, 6, 5, 4, 8, 9, 10, 11]


@pytest.mark.parametrize(("text", "language"), [("骨", "zh-Hans"), ("骨が", "ja"), ("骨이", "ko"), ("bone", None)])
def test_han_characters_take_the_forms_of_the_writing_around_them(text: str, language: str | None) -> None:
    assert language_of(text) == language


def test_pairs_of_letters_are_kerned() -> None:
    def width(text: str) -> float:
        return sum(glyph.advance for run in shaped(text)[1] for glyph in run.glyphs)

    assert width("AVAV") < width("A") * 2 + width("V") * 2


def test_letters_below_others_join_them_in_bengali() -> None:
    assert len([glyph for run in shaped("দ্র")[1] for glyph in run.glyphs]) < len("দ্র")


def drawn(text: str) -> Ink:
    line = Line(text, tuple(shaped(text)[1]), 0)
    return draw_lines([line], [(10, 60)], 40, (1400, 80), (255, 255, 255, 255))


@pytest.mark.parametrize("text", SCRIPTS.values(), ids=SCRIPTS)
def test_each_glyph_of_a_script_leaves_its_ink_where_it_stands(text: str) -> None:
    ink = drawn(text)
    assert ink.colored is None
    for run in shaped(text)[1]:
        for glyph in run.glyphs:
            extents = run.typeface.font.get_glyph_extents(glyph.number)
            left = 10 + 40 * (glyph.x + extents.x_bearing / run.typeface.em)
            right = left + 40 * extents.width / run.typeface.em
            if extents.width:
                assert ink.shape[:, math.floor(left) : math.ceil(right)].max() > 100, glyph


@pytest.mark.parametrize("sequence", EMOJI)
def test_an_emoji_is_drawn_in_its_colours(sequence: str) -> None:
    ink = drawn(sequence)
    assert ink.colored is not None
    assert not ink.shape.any()
    solid = ink.colored[ink.colored[:, :, 3] == 255]
    assert len(solid) > 300
    assert len(np.unique(solid // 32, axis=0)) > 2
