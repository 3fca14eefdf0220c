"""Voices: said once, in parts that an engine takes, kept for the next render, and never silently missing."""

from __future__ import annotations

import io
import threading
import time
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reelqueue.errors import VoiceError
from reelqueue.spec import parse_request
from reelqueue.voices import VoiceName
from render.engine.control import Control, Stopped
from render.engine.process import Ffmpeg, find_ffmpeg
from render.engine.speech import Speech, SpeechError, parts, speak
from render.engine.words import Mark

SECONDS_A_CHARACTER = 0.05


def wav(samples: np.ndarray, rate: int = 16_000) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(rate)
        writer.writeframes(samples.astype(np.int16).tobytes())
    return file.getvalue()


class Parrot:
    """Speaks a tone for each character, then says nothing for a second."""

    name = "parrot"
    most = 40

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str, voice: VoiceName, *, timed: bool) -> tuple[bytes, list[Mark]]:
        self.said.append(text)
        count = round(len(text) * SECONDS_A_CHARACTER * 16_000)
        tone = 8_000 * np.sin(np.arange(count) / 10)
        return wav(np.concatenate([tone, np.zeros(16_000)])), [(0, 0.0)] if timed else []


class Mute(Parrot):
    def say(self, text: str, voice: VoiceName, *, timed: bool) -> tuple[bytes, list[Mark]]:
        return wav(np.zeros(16_000)), []


class Hoarse(Parrot):
    def say(self, text: str, voice: VoiceName, *, timed: bool) -> tuple[bytes, list[Mark]]:
        raise SpeechError("the voice is gone")


class Hanging(Parrot):
    """Says nothing before it is let go; stops the render as soon as it is asked."""

    def __init__(self, control: Control) -> None:
        super().__init__()
        self.go = threading.Event()
        self._control = control

    def say(self, text: str, voice: VoiceName, *, timed: bool) -> tuple[bytes, list[Mark]]:
        self._control.request_stop()
        self.go.wait(10)
        raise SpeechError("let go")


class Shelf:
    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def fetch(self, name: str, target: Path, check: Callable[[], None]) -> bool:
        if name in self.files:
            target.write_bytes(self.files[name])
        return name in self.files

    def keep(self, name: str, file: Path) -> None:
        self.files[name] = file.read_bytes()


def spoken(
    folder: Path,
    speaker: Parrot | None,
    *texts: str,
    kept: Shelf | None = None,
    control: Control | None = None,
    **fields: Any,
) -> list[Speech]:
    scenes = [{"text": "a", "voice": {"text": text, **fields}} for text in texts]
    request = parse_request({"webhookUrl": "https://app.example.com/hook", "scenes": scenes})
    ffmpeg = Ffmpeg(find_ffmpeg(None), control or Control(), folder)
    return list(speak(request, folder, speaker, kept, ffmpeg, "1").values())


def test_a_speech_ends_with_its_last_sound(tmp_path: Path) -> None:
    (speech,) = spoken(tmp_path, Parrot(), "Hello mountains")
    assert speech.seconds == pytest.approx(15 * SECONDS_A_CHARACTER, abs=0.03)
    with wave.open(str(speech.path)) as reader:
        assert reader.getnframes() / reader.getframerate() == pytest.approx(speech.seconds)


def test_a_long_text_is_said_in_sentences_one_after_the_other(tmp_path: Path) -> None:
    parrot = Parrot()
    (speech,) = spoken(tmp_path, parrot, "First we walk up the hill. Then we look at the snow. And we go home.")
    assert parrot.said == ["First we walk up the hill. ", "Then we look at the snow. ", "And we go home."]
    assert speech.seconds == pytest.approx(27 * 0.05 + 1 + 26 * 0.05 + 1 + 15 * 0.05, abs=0.05)


@pytest.mark.parametrize("text", ["word " * 30, "x" * 130, "東京は今日も晴れです。" * 9, "A b. C d! E f?"])
def test_parts_are_short_enough_and_leave_nothing_out(text: str) -> None:
    found = [text[first:last] for first, last in parts(text, 40)]
    assert "".join(found) == text
    assert max(map(len, found)) <= 40


def test_the_same_words_are_said_once(tmp_path: Path) -> None:
    parrot = Parrot()
    first, second, other = spoken(tmp_path, parrot, "Hello", "Hello", "Goodbye")
    assert sorted(parrot.said) == ["Goodbye", "Hello"]
    assert (first.path, first.path == other.path) == (second.path, False)


def test_what_was_said_is_not_said_again_by_the_next_render(tmp_path: Path) -> None:
    shelf, parrot = Shelf(), Parrot()
    before = spoken(tmp_path, Parrot(), "Hello", kept=shelf)
    after = spoken(tmp_path, parrot, "Hello", kept=shelf)
    assert (parrot.said, after) == ([], before)


def test_another_voice_says_it_anew(tmp_path: Path) -> None:
    shelf, parrot = Shelf(), Parrot()
    spoken(tmp_path, Parrot(), "Hello", kept=shelf)
    spoken(tmp_path, parrot, "Hello", kept=shelf, voice="Matthew")
    assert parrot.said == ["Hello"]


def test_what_was_kept_and_is_damaged_is_said_anew(tmp_path: Path) -> None:
    shelf, parrot = Shelf(), Parrot()
    (before,) = spoken(tmp_path, Parrot(), "Hello", kept=shelf)
    (name,) = shelf.files
    shelf.files[name] = shelf.files[name][:-100]
    (after,) = spoken(tmp_path, parrot, "Hello", kept=shelf)
    assert (parrot.said, after.seconds) == (["Hello"], before.seconds)


@pytest.mark.parametrize(
    ("speaker", "message"),
    [
        (Hoarse(), r"scenes\[0\]\.voice: the voice is gone"),
        (Mute(), r"scenes\[0\]\.voice\.text: Joanna says nothing at all to this text"),
        (None, r"scenes\[0\]\.voice: there is nobody here who speaks"),
    ],
)
def test_a_voice_that_fails_ends_the_render_and_names_the_scene(
    speaker: Parrot | None, message: str, tmp_path: Path
) -> None:
    with pytest.raises(VoiceError, match=message) as failed:
        spoken(tmp_path, speaker, "Hello")
    assert failed.value.code == "VOICE_FAILED"


def test_a_stop_does_not_wait_for_an_engine_that_hangs(tmp_path: Path) -> None:
    control = Control()
    speaker = Hanging(control)
    began = time.monotonic()
    with pytest.raises(Stopped):
        spoken(tmp_path, speaker, "Hello", control=control)
    assert time.monotonic() - began < 2
    speaker.go.set()
