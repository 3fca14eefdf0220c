"""What a caller writes is drawn, and reaches no program: not as an argument, and not as the name of a file."""

from __future__ import annotations

import time
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from reelqueue.errors import AssetError
from reelqueue.glyphs import first_missing, is_unseen
from reelqueue.spec import parse_request
from reelqueue.spec_scenes import TextElement
from reelqueue.themes import named
from render.engine.assets import gather
from render.engine.control import Control
from render.engine.drawings import Drawings
from render.engine.process import Ffmpeg
from render.engine.text import draw, draw_texts

from ..test_words import TRICKS, words

FRAME = (320, 180)
DRAWABLE = [
    trick
    for trick in TRICKS
    if first_missing(trick) is None and any(each.strip() and not is_unseen(each) for each in trick)
]


def drawn(text: str, **fields: object) -> np.ndarray:
    element = TextElement.model_validate({"type": "text", "text": text, "shadow": False, **fields})
    return draw(element, named("minimal"), FRAME).rgba


@settings(max_examples=60, deadline=None)
@given(text=st.lists(st.sampled_from(DRAWABLE), min_size=1, max_size=8).map("".join))
def test_every_accepted_text_is_drawn_inside_of_the_picture(text: str) -> None:
    assume(text.strip())
    pixels = drawn(text, size=20)
    assert pixels[:, :, 3].max() > 0
    assert pixels.shape[1] <= FRAME[0]


@pytest.mark.parametrize("trick", DRAWABLE)
def test_each_character_of_a_trick_is_drawn(trick: str) -> None:
    """As wide as its letters: markup, escapes and directives would take none of it, or show something else."""
    wide = drawn(f"|{trick}|", size=16, maxWidth="100%").shape[1]
    letters = [each for each in trick if each.isprintable() and each != " " and not unicodedata.combining(each)]
    assert wide >= drawn("||", size=16).shape[1] + 2 * len(letters)


@pytest.mark.parametrize("word", ["W" * 2000, "i" * 2000, "%{pts}" * 333, "\\'" * 1000])
@pytest.mark.parametrize("frame", [(64, 64), (1920, 1080)])
def test_a_word_as_long_as_is_allowed_is_drawn_soon(word: str, frame: tuple[int, int]) -> None:
    element = TextElement.model_validate({"type": "text", "text": word, "style": "title"})
    began = time.process_time()
    block = draw(element, named("winter"), frame)
    assert time.process_time() - began < 3
    assert block.size[0] <= frame[0]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(key=words, words=st.sampled_from(DRAWABLE))
def test_nothing_that_was_written_reaches_a_program_or_a_path(tmp_path: Path, key: str, words: str) -> None:
    """ffmpeg is a program here that notes down what it is told."""
    program, told = tmp_path / "ffmpeg", tmp_path / "told"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >> {told}\nexit 1\n')
    program.chmod(0o755)
    told.write_text("")
    src = f"s3://bucket/%03d/{key}"
    assume(src.isprintable())
    scenes = [{"elements": [{"type": "video", "src": src}, {"type": "text", "text": words}]}]
    request = parse_request({"webhookUrl": "https://app.example.com/hook", "scenes": scenes})
    folder = tmp_path / "work"
    folder.mkdir(exist_ok=True)
    with pytest.raises(AssetError):
        gather(request, folder, lambda src, target, check: None, Ffmpeg(str(program), Control(), folder))
    draw_texts(request, Drawings(folder))
    arguments = told.read_text().splitlines()
    assert arguments.count("-i") == 1
    assert arguments[arguments.index("-i") + 1] == str(folder / "asset-0")
    assert "%03d" not in told.read_text()
    assert {path.name for path in folder.iterdir()} <= {
        "text-0-1",
        *(f"{path.name}" for path in folder.glob("*.log")),
    }
