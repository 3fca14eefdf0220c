"""Files of captions: what programs write is read, what harms is refused, and what is written can be read."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from render.engine.probe import Unusable
from render.engine.subtitles import Subtitle, read_subtitles, write_subtitles

SRT = """\ufeff1
00:00:01,000 --> 00:00:02,500
<i>Hello</i> <font color="#fff">there</font>{\\an8}
second  & line < 3

2
01:00:02,600 --> 01:00:04,000
- Tom &amp; Jerry
"""
VTT = """WEBVTT - title

NOTE nobody sees this

STYLE
::cue { color: red }

id1
00:01.000 --> 00:02.500 line:0 align:start
<v Roger>Hello &amp; <c.red>welcome</c> <00:01.500>you</v>

00:03.000 --> 00:04.000
Grüße, 日本 ❄️
"""


def read(folder: Path, content: str | bytes) -> tuple[Subtitle, ...]:
    path = folder / "asset-0"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_subtitles(path)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_srt_is_read_without_its_markup(end: str, tmp_path: Path) -> None:
    assert read(tmp_path, SRT.replace("\n", end)) == (
        Subtitle(1.0, 2.5, "Hello there\nsecond & line < 3"),
        Subtitle(3602.6, 3604.0, "- Tom & Jerry"),
    )


def test_vtt_is_read_without_its_markup(tmp_path: Path) -> None:
    assert read(tmp_path, VTT) == (
        Subtitle(1.0, 2.5, "Hello & welcome you"),
        Subtitle(3.0, 4.0, "Grüße, 日本 ❄️"),
    )


def cue(text: str, number: int = 1) -> str:
    return f"{number}\n00:00:01,000 --> 00:00:02,000\n{text}\n\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "neither an SRT nor a VTT file"),
        ("hello", "neither an SRT nor a VTT file"),
        ('{"cues": []}', "neither an SRT nor a VTT file"),
        ("WEBVTT", "holds no captions"),
        (bytes(range(256)), "not written in UTF-8; save it as UTF-8"),
        ("Grüße".encode("utf-16"), "not written in UTF-8"),
        (cue("one") + cue("Runes ᚠ", 2), r'shows "ᚠ" \(U\+16A0 .*\) in caption 2, a character that no font has'),
        ("".join(cue("x", number) for number in range(2_001)), "holds 2001 captions; the limit is 2000"),
        (cue("x" * 501), "has 501 characters in caption 1; the limit is 500"),
        (b"1" * (2 << 20), "larger than the 1 MB"),
    ],
)
def test_what_is_no_such_file_is_refused_and_the_refusal_says_why(
    content: str | bytes, message: str, tmp_path: Path
) -> None:
    with pytest.raises(Unusable, match=message):
        read(tmp_path, content)


@pytest.mark.parametrize(
    "content",
    [
        cue("<" * 1_000_000),
        cue("<i" * 500_000 + ">"),
        cue("{\\" * 500_000),
        cue("&" * 1_000_000),
        "00:00:01,000 --> " * 60_000,
        "\n" * 1_000_000,
        "1" * 1_000_000,
        cue(" " * 1_000_000),
        "WEBVTT\n\n" + "<c.a" * 250_000,
        "WEBVTT\n\nNOTE " + "-->" * 300_000,
    ],
)
def test_a_file_made_to_harm_is_done_with_quickly(content: str, tmp_path: Path) -> None:
    began = time.process_time()
    with pytest.raises(Unusable):
        read(tmp_path, content)
    assert time.process_time() - began < 2


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    subtitles = (Subtitle(0.0, 1.2344, "a < b & c --> d\nsecond"), Subtitle(3661.5, 3662.0, "שלום"))
    write_subtitles(subtitles, tmp_path / "out.vtt")
    assert (tmp_path / "out.vtt").read_text().startswith("WEBVTT\n\n00:00:00.000 --> 00:00:01.234\na &lt; b")
    assert read_subtitles(tmp_path / "out.vtt") == (Subtitle(0.0, 1.234, subtitles[0].text), subtitles[1])
