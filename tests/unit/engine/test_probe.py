"""Facts about files, read from ffmpeg's own report."""

from __future__ import annotations

from pathlib import Path

import pytest

from render.engine.control import Control
from render.engine.images import probe_image
from render.engine.probe import ImageFacts, MediaFacts, Unusable, probe_media
from render.engine.process import Ffmpeg, find_ffmpeg

from .conftest import run_ffmpeg


@pytest.fixture
def ffmpeg(tmp_path: Path) -> Ffmpeg:
    return Ffmpeg(find_ffmpeg(None), Control(), tmp_path)


def test_a_video(media: Path, ffmpeg: Ffmpeg) -> None:
    facts = probe_media(media / "green.mp4", ffmpeg)
    assert facts == MediaFacts(facts.seconds, has_audio=True, width=320, height=180, tagged_color=True)
    assert facts.seconds == pytest.approx(2, abs=0.05)


def test_a_sound(media: Path, ffmpeg: Ffmpeg) -> None:
    assert probe_media(media / "tone.wav", ffmpeg) == MediaFacts(1.0, has_audio=True)


def test_the_cover_of_an_album_is_no_video(media: Path, tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    song = tmp_path / "song.mp3"
    run_ffmpeg(
        *("-i", str(media / "tone.wav"), "-i", str(media / "red.png"), "-map", "0", "-map", "1"),
        *("-disposition:v", "attached_pic", str(song)),
    )
    assert not probe_media(song, ffmpeg).has_video


def test_a_video_held_upright_is_as_wide_as_it_is_seen(media: Path, tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    run_ffmpeg("-display_rotation", "90", "-i", str(media / "green.mp4"), "-c", "copy", str(tmp_path / "upright.mp4"))
    facts = probe_media(tmp_path / "upright.mp4", ffmpeg)
    assert (facts.width, facts.height) == (180, 320)


def test_pixels_that_are_not_square_are_counted_as_they_are_seen(media: Path, tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    run_ffmpeg("-i", str(media / "green.mp4"), "-vf", "setsar=2", str(tmp_path / "wide.mp4"))
    facts = probe_media(tmp_path / "wide.mp4", ffmpeg)
    assert (facts.width, facts.height) == (640, 180)


def test_a_file_that_does_not_tell_its_length_is_read_through(media: Path, tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    stream = run_ffmpeg("-i", str(media / "green.mp4"), "-c", "copy", "-f", "matroska", "pipe:1")
    (tmp_path / "stream").write_bytes(stream)
    facts = probe_media(tmp_path / "stream", ffmpeg)
    assert facts.seconds == pytest.approx(2, abs=0.1)


def test_a_transport_stream_with_a_name(media: Path, tmp_path: Path, ffmpeg: Ffmpeg) -> None:
    run_ffmpeg("-i", str(media / "green.mp4"), "-c", "copy", "-f", "mpegts", str(tmp_path / "stream"))
    assert probe_media(tmp_path / "stream", ffmpeg).width == 320


@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfile://{clip}\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile green.mp4\n",
    ],
)
def test_a_playlist_cannot_make_ffmpeg_open_another_file(media: Path, ffmpeg: Ffmpeg, text: str) -> None:
    """Inside of a file may stand any address; only the file itself is opened."""
    (media / "asset-0").write_text(text.format(clip=media / "green.mp4"))
    with pytest.raises(Unusable):
        probe_media(media / "asset-0", ffmpeg)


def test_an_image(media: Path) -> None:
    assert probe_image(media / "red.png") == ImageFacts(400, 300)


def test_an_image_is_measured_upright(media: Path) -> None:
    assert probe_image(media / "upright.jpg") == ImageFacts(200, 300)


@pytest.mark.parametrize("name", ["broken.jpg", "page.html", "tone.wav"])
def test_what_is_no_image(media: Path, name: str) -> None:
    with pytest.raises(Unusable):
        probe_image(media / name)
