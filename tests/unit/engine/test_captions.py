"""Captions in the picture: where they belong, when they belong there, and legible on whatever lies beneath."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from reelqueue.errors import AssetError
from reelqueue.spec import parse_request
from reelqueue.themes import NAMES, named
from render.engine.assets import Assets
from render.engine.caption_art import draw_captions, lit_color
from render.engine.caption_layer import CaptionLayer
from render.engine.captions import Caption
from render.engine.colors import contrast, mixed, rgba
from render.engine.cues import cues_of
from render.engine.drawings import Drawings
from render.engine.frame import Frame
from render.engine.timeline import make_timeline
from render.espeak import Espeak

from .conftest import FPS, HEIGHT, WIDTH, Make

TEXT = "Some words to read"


def drawn(
    folder: Path, *cues: dict[str, Any], size: tuple[int, int] = (640, 360), **captions: Any
) -> tuple[Caption, ...]:
    scene = {"duration": 8, "captions": {"cues": list(cues), **captions}}
    output = {"width": size[0], "height": size[1], "fps": 10}
    sent = {"webhookUrl": "https://app.example.com/hook", "theme": "midnight", "scenes": [scene], "output": output}
    request = parse_request(sent)
    timeline = make_timeline(request, {})
    drawings = Drawings(folder)
    draw_captions(request, cues_of(request, timeline, Assets({}, {}, {}, {})), 10, drawings)
    return drawings.captions(0)


def cue(start: float, end: float, text: str = TEXT) -> dict[str, Any]:
    return {"start": start, "end": end, "text": text}


def painted(captions: tuple[Caption, ...], number: int, size: tuple[int, int] = (640, 360)) -> NDArray[np.uint8]:
    frame = Frame(*size)
    frame.buffer[:] = 128
    CaptionLayer(captions).paint(frame, number)
    return frame.rgb()


def touched(picture: NDArray[np.uint8]) -> tuple[int, int, int, int]:
    """The box (left, top, right, bottom) of what is not the gray ground."""
    seen = np.abs(picture.astype(int) - picture[0, 0].astype(int)).max(axis=2) > 8
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def test_a_caption_is_there_from_its_first_frame_to_its_last(tmp_path: Path) -> None:
    layer = CaptionLayer(drawn(tmp_path, cue(1, 2), cue(3, 4)))
    assert [number for number in range(80) if layer.is_there(number)] == [*range(10, 20), *range(30, 40)]


@pytest.mark.parametrize("style", ["block", "word", "karaoke"])
@pytest.mark.parametrize("size", [(640, 360), (360, 640), (96, 64)])
@pytest.mark.parametrize("text", [TEXT, "Long " * 60, "ลงไปในหุบเขา " * 8, "بين الجبال والثلج " * 9, "👩‍🚒 " * 30])
def test_nothing_ever_leaves_the_safe_area(style: str, size: tuple[int, int], text: str, tmp_path: Path) -> None:
    captions = drawn(tmp_path, cue(0, 8, text.strip()), style=style, size=size)
    left, top, right, bottom = touched(painted(captions, 40, size))
    # What outline and shadow reach beyond a single word is not text.
    margin = named("midnight").safe_area * min(size) - (max(5, 0.045 * min(size)) if style == "word" else 2)
    assert min(left, top, size[0] - right, size[1] - bottom) >= margin


@pytest.mark.parametrize(("position", "where"), [("top", 0.15), ("center", 0.5), ("bottom", 0.85)])
def test_captions_stand_where_they_are_wanted(position: str, where: float, tmp_path: Path) -> None:
    left, top, right, bottom = touched(painted(drawn(tmp_path, cue(0, 8), position=position), 40))
    assert (left + right) / 2 == pytest.approx(320, abs=2)
    assert (top + bottom) / 2 / 360 == pytest.approx(where, abs=0.06)


@pytest.mark.parametrize("text", ["one two three four", "אחת שתיים שלוש ארבע"])
def test_karaoke_lights_one_word_after_the_other(text: str, tmp_path: Path) -> None:
    words = [{"text": word, "start": 2 * number} for number, word in enumerate(text.split())]
    captions = drawn(tmp_path, {**cue(0, 8, text), "words": words}, style="karaoke")
    frames = [painted(captions, 20 * number + 10) for number in range(4)]
    # Each word is lit in one of four.
    unlit = np.median(frames, axis=0)
    lit = [(np.abs(frame - unlit).max(axis=2) > 24).any(axis=0) for frame in frames]
    middles = [np.flatnonzero(columns).mean() for columns in lit]
    # From left to right, or from right to left.
    assert middles == sorted(middles, reverse=text[0] > "z")
    assert captions[0].lit[1].first == 20


def test_karaoke_over_two_lines_lights_the_line_that_is_spoken(tmp_path: Path) -> None:
    text = "first " * 8 + "last"
    words = [{"text": "first", "start": 0, "end": 1}, {"text": "last", "start": 4}]
    captions = drawn(tmp_path, {**cue(0, 8, text.strip()), "words": words}, style="karaoke", size=(360, 360))
    none, last = painted(captions, 30, (360, 360)), painted(captions, 60, (360, 360))
    rows = np.flatnonzero((np.abs(last.astype(int) - none).max(axis=2) > 24).any(axis=1))
    _, top, _, bottom = touched(none)
    assert len(rows)
    assert rows.min() > (top + bottom) / 2


def test_words_come_one_by_one_and_each_is_drawn_once(tmp_path: Path) -> None:
    layer = CaptionLayer(drawn(tmp_path, cue(0, 8, "to be or not to be"), style="word"))
    assert len({layer.state(number) for number in range(80)}) == 6
    assert len(list(tmp_path.glob("*.png"))) == 4


@pytest.mark.parametrize("theme", [named(name) for name in NAMES], ids=NAMES)
def test_the_lit_word_can_be_read_in_every_theme(theme: Any) -> None:
    panel = rgba(theme.styles.caption.background, theme.colors)
    color = rgba(lit_color(theme, theme.styles.caption.background), theme.colors)
    assert color[:3] != rgba(theme.styles.caption.color, theme.colors)[:3]
    for under in (0, 255):
        assert contrast(color, mixed((under, under, under, 255), panel, panel[3] / 255)) >= 4.5


def test_a_video_shows_its_captions_and_brings_them_along(make: Make, media: Path) -> None:
    (media / "clip.srt").write_text("1\n00:00:00,400 --> 00:00:00,800\nHello\n")
    captions = {"src": "asset:clip.srt"}
    video = make({"duration": 1.2, "background": "#808080", "captions": captions})
    bottom = video.frames[:, HEIGHT * 2 // 3 :, WIDTH // 4 : WIDTH * 3 // 4]
    seen = [bool(np.abs(frame.astype(int) - 128).max() > 60) for frame in bottom]
    assert seen == [10 <= number < 20 for number in range(30)]
    assert FPS == 25
    assert video.rendered.captions is not None
    assert video.rendered.captions.read_text() == "WEBVTT\n\n00:00:00.400 --> 00:00:00.800\nHello\n"


def test_a_voice_captions_itself(make: Make) -> None:
    voice = {"text": "Hello there. And now goodbye."}
    captions = {"source": "voice", "style": "karaoke"}
    video = make({"background": "#808080", "voice": voice, "captions": captions}, speaker=Espeak())
    assert video.rendered.captions is not None
    said = video.rendered.captions.read_text()
    assert said.index("Hello there.") < said.index("And now goodbye.")


def test_without_captions_there_is_no_file_of_them(make: Make) -> None:
    assert make({"text": "a", "duration": 0.2}).rendered.captions is None


@pytest.mark.parametrize(
    ("content", "message"),
    [("{}", "neither an SRT nor a VTT file"), ("1\n00:00:00,400 --> 00:00:00,800\nᚠ\n", "RUNIC LETTER FEHU")],
)
def test_a_file_that_cannot_be_shown_names_its_scene(content: str, message: str, make: Make, media: Path) -> None:
    (media / "broken.srt").write_text(content)
    with pytest.raises(AssetError, match=message) as failed:
        make({"text": "a"}, {"text": "b", "captions": {"src": "asset:broken.srt"}})
    assert failed.value.details[0].pointer == "/scenes/1/captions/src"
