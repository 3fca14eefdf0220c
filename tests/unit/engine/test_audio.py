"""The mix of sounds: what files made to harm it cannot do."""

from __future__ import annotations

import struct
import time
from pathlib import Path

import numpy as np
import pytest

from reelqueue.errors import AssetError
from render.engine.audio import mix
from render.engine.control import Control
from render.engine.process import Ffmpeg, find_ffmpeg
from render.engine.timeline import SAMPLE_RATE, Sound, Timeline

from .conftest import run_ffmpeg


def mixed(folder: Path, sound: Sound, file: Path, seconds: int) -> np.ndarray:
    timeline = Timeline(25, 25 * seconds, (), (sound,), 0)
    mix(timeline, {"asset:a": file}, folder / "mix.f32", Ffmpeg(find_ffmpeg(None), Control(), folder))
    return np.fromfile(folder / "mix.f32", np.float32).reshape(-1, 2)


def wav(path: Path, *levels: int) -> Path:
    """A sound at 48 kHz of these samples, the same on both sides."""
    data = b"".join(struct.pack("<hh", level, level) for level in levels)
    form = struct.pack("<HHIIHH", 1, 2, SAMPLE_RATE, 4 * SAMPLE_RATE, 4, 16)
    chunks = b"fmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", len(data)) + data
    path.write_bytes(b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks)
    return path


def test_a_sound_of_three_samples_is_repeated_for_ten_minutes_without_ado(tmp_path: Path) -> None:
    sound = Sound("asset:a", 0, 600, period=3 / SAMPLE_RATE)
    began = time.process_time()
    heard = mixed(tmp_path, sound, wav(tmp_path / "short", 8_192, 16_384, -8_192), 600)
    assert time.process_time() - began < 5
    # In the middle, where nothing fades: the three of them, again and again.
    assert heard[300_000:300_006, 0] == pytest.approx([0.25, 0.5, -0.25] * 2, abs=1e-3)


def test_a_sound_that_goes_on_for_longer_than_it_says_is_repeated_all_the_same(tmp_path: Path) -> None:
    levels = [8_192] * SAMPLE_RATE + [16_384] * SAMPLE_RATE
    heard = mixed(tmp_path, Sound("asset:a", 0, 4, period=1.0), wav(tmp_path / "long", *levels), 4)
    assert heard[3 * SAMPLE_RATE, 0] == pytest.approx(0.25, abs=1e-3)


def test_a_sound_that_breaks_off_is_an_error_that_names_its_element(tmp_path: Path) -> None:
    whole = tmp_path / "whole.m4a"
    run_ffmpeg("-f", "lavfi", "-i", "anoisesrc=d=4:r=48000:seed=1", "-c:a", "aac", "-f", "mp4", str(whole))
    content = whole.read_bytes()
    begin = content.index(b"mdat") + 4
    end = content.rindex(b"moov") - 4
    kept = begin + (end - begin) // 10
    (tmp_path / "damaged").write_bytes(content[:kept] + bytes([255]) * (end - kept) + content[end:])
    sound = Sound("asset:a", 0, 4, pointer="/scenes/1/elements/0/src")
    message = r"scenes\[1\]\.elements\[0\]\.src: asset:a cannot be decoded after \d\.\d s; it may be damaged"
    with pytest.raises(AssetError, match=message):
        mixed(tmp_path, sound, tmp_path / "damaged", 4)


def test_music_that_gives_way_is_turned_down_under_the_other_sounds_and_only_there(tmp_path: Path) -> None:
    run_ffmpeg("-f", "lavfi", "-i", "sine=f=100:r=48000:d=6,volume=6dB", str(tmp_path / "music.wav"))
    run_ffmpeg("-f", "lavfi", "-i", "sine=f=9000:r=48000:d=2,volume=6dB", str(tmp_path / "voice.wav"))
    sounds = (Sound("voice", 2, 2), Sound("music", 0, 6, ducked=True))
    paths = {"voice": tmp_path / "voice.wav", "music": tmp_path / "music.wav"}
    target = tmp_path / "mix.f32"
    mix(Timeline(25, 150, (), sounds, 0), paths, target, Ffmpeg(find_ffmpeg(None), Control(), tmp_path))
    samples = np.fromfile(target, np.float32).reshape(-1, 2)[:, 0]

    def music(second: float) -> float:
        """The level of the music in a tenth of a second, in dB."""
        piece = samples[round(second * SAMPLE_RATE) :][: SAMPLE_RATE // 10]
        wave = np.exp(-2j * np.pi * 100 * np.arange(len(piece)) / SAMPLE_RATE)
        return float(20 * np.log10(abs(np.mean(piece * wave)) * 2))

    assert music(1.0) == pytest.approx(music(5.5), abs=0.1)
    assert music(3.0) == pytest.approx(music(1.0) - 12, abs=0.5)
