"""How loud videos are: as loud as promised, whatever the mix is, and never by peaks that clip."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

from reelqueue.spec_output import Output, Quality
from render.engine.audio import make_sound
from render.engine.coding import loudness
from render.engine.control import Control
from render.engine.loudness import Level, Loudness, brought_to_target
from render.engine.process import Ffmpeg, find_ffmpeg
from render.engine.timeline import Sound, Timeline

from .conftest import measured, run_ffmpeg

SECONDS = 4


class Encoder:
    """Hears what a mix becomes: ``taken`` dB are lost to the limiter, and ``added`` dB come to the peaks."""

    def __init__(self, mix: Loudness, taken: float = 0.0, added: float = 0.0) -> None:
        self._mix, self._taken, self._added = mix, taken, added
        self.levels: list[Level] = []

    def __call__(self, level: Level) -> Loudness:
        self.levels.append(level)
        assert self._mix.integrated is not None
        limited = level.ceiling is not None
        peak = self._mix.peak + level.gain if level.ceiling is None else level.ceiling
        return Loudness(self._mix.integrated + level.gain - limited * self._taken, peak + self._added)


def test_one_gain_is_all_that_an_ordinary_mix_gets() -> None:
    mix = Loudness(-20.0, -9.0)
    encoder = Encoder(mix)
    assert brought_to_target(mix, encoder) == Loudness(-14.0, -3.0)
    assert encoder.levels == [Level(6.0)]


def test_peaks_in_the_way_are_limited_and_the_gain_makes_up_for_it() -> None:
    mix = Loudness(-20.0, -3.0)
    encoder = Encoder(mix, taken=2.0)
    assert brought_to_target(mix, encoder) == Loudness(-14.0, -1.5)
    assert encoder.levels == [Level(6.0, -1.5), Level(8.0, -1.5)]


def test_peaks_that_the_encoder_adds_lower_the_ceiling() -> None:
    mix = Loudness(-14.0, -1.6)
    assert brought_to_target(mix, Encoder(mix, added=1.0)).peak < -1


def test_what_is_hardly_there_is_not_blown_up() -> None:
    mix = Loudness(-65.0, -50.0)
    assert brought_to_target(mix, Encoder(mix)).integrated == -25.0


def ffmpeg(folder: Path) -> Ffmpeg:
    return Ffmpeg(find_ffmpeg(None), Control(), folder)


@pytest.mark.parametrize(
    ("source", "quality"),
    [
        ("sine=f=440,volume=-20dB", "medium"),
        ("sine=f=440,volume=30dB", "medium"),
        ("anoisesrc=c=white:a=1:seed=7", "draft"),
        ("anoisesrc=c=pink:a=0.3:seed=7,tremolo=f=1:d=0.95", "low"),
        ("aevalsrc=0.9*sin(880*PI*t)*lt(mod(t\\,1)\\,0.08)+0.02*sin(2000*t)", "high"),
    ],
    ids=["soft", "clipping", "noise", "trembling", "dynamic"],
)
def test_every_video_is_as_loud_as_the_others_and_clips_nowhere(source: str, quality: Quality, tmp_path: Path) -> None:
    file = tmp_path / "heard.wav"
    run_ffmpeg("-f", "lavfi", "-i", source, "-t", str(SECONDS), "-ar", "48000", "-c:a", "pcm_f32le", str(file))
    timeline = Timeline(25, 25 * SECONDS, (), (Sound("asset:a", 0, SECONDS),), 0)
    make_sound(timeline, {"asset:a": file}, Output(quality=quality), tmp_path / "sound.m4a", ffmpeg(tmp_path))
    heard = measured(tmp_path / "sound.m4a")
    assert heard.integrated == pytest.approx(-14, abs=1)
    assert heard.peak < -1


def test_opus_is_as_loud_as_aac(tmp_path: Path) -> None:
    file = tmp_path / "heard.wav"
    run_ffmpeg("-f", "lavfi", "-i", "anoisesrc=c=pink:a=1:seed=7:d=3", "-c:a", "pcm_f32le", str(file))
    timeline = Timeline(25, 75, (), (Sound("asset:a", 0, 3),), 0)
    target = tmp_path / "sound.mka"
    make_sound(timeline, {"asset:a": file}, Output(format="webm"), target, ffmpeg(tmp_path))
    heard = measured(target)
    assert heard.integrated == pytest.approx(-14, abs=1)
    assert heard.peak < -1


@pytest.mark.parametrize("seconds", [0.05, 0.44, 1.23456])
def test_what_is_measured_is_what_another_ffmpeg_measures(seconds: float, tmp_path: Path) -> None:
    """Also where it is no whole number of tenths of a second."""
    time = np.arange(round(48_000 * seconds)) / 48_000
    wave = np.stack([0.4 * np.sin(2000 * time), 0.2 * np.sin(3000 * time)], axis=1).astype(np.float32)
    wave[-99, 0] = 0.9
    file = tmp_path / "heard.wav"
    raw = ("-f", "f32le", "-ar", "48000", "-ac", "2", "-i", "pipe:0")
    command = [find_ffmpeg(None), "-v", "error", *raw, "-c:a", "pcm_f32le", str(file)]
    subprocess.run(command, input=wave.tobytes(), check=True)
    ours, other = loudness([wave]), measured(file)
    assert ours.integrated == (other.integrated and pytest.approx(other.integrated, abs=0.06))
    assert ours.peak == pytest.approx(other.peak, abs=0.06)


def test_silence_stays_silence(tmp_path: Path) -> None:
    make_sound(Timeline(25, 50, (), (), 0), {}, Output(), tmp_path / "sound.m4a", ffmpeg(tmp_path))
    assert measured(tmp_path / "sound.m4a") == Loudness(None, float("-inf"))


def test_what_is_too_short_to_have_a_loudness_keeps_its_level_and_does_not_clip(tmp_path: Path) -> None:
    file = tmp_path / "heard.wav"
    run_ffmpeg("-f", "lavfi", "-i", "sine=f=440:d=0.2,volume=25dB", "-c:a", "pcm_f32le", str(file))
    sound = Sound("asset:a", 0, 0.2)
    make_sound(Timeline(25, 5, (), (sound,), 0), {"asset:a": file}, Output(), tmp_path / "sound.m4a", ffmpeg(tmp_path))
    assert -3 < measured(tmp_path / "sound.m4a").peak < -1
