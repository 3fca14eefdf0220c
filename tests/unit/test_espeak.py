"""espeak-ng, for real: every voice speaks, and its words are where it says."""

from __future__ import annotations

import io
import wave
from concurrent.futures import ThreadPoolExecutor
from typing import get_args

import numpy as np
import pytest

from reelqueue.voices import LANGUAGES, VoiceName
from render.espeak import Espeak

HELLO = {"ar": "مرحبا بالعالم", "cmn": "你好世界", "yue": "你好世界", "ja": "こんにちは", "ko": "안녕하세요"}


@pytest.fixture(scope="module")
def espeak() -> Espeak:
    return Espeak()


def sound(file: bytes) -> np.ndarray:
    with wave.open(io.BytesIO(file)) as reader:
        return np.frombuffer(reader.readframes(reader.getnframes()), np.int16)


@pytest.mark.parametrize("voice", get_args(VoiceName))
def test_every_voice_speaks_its_language(voice: VoiceName, espeak: Espeak) -> None:
    file, _ = espeak.say(HELLO.get(LANGUAGES[voice].split("-")[0], "Salut 1 2 3"), voice, timed=False)
    heard = sound(file)
    assert 0.2 < len(heard) / 22_050 < 6
    assert np.abs(heard.astype(int)).max() > 3_000


def test_words_are_marked_by_characters_and_seconds(espeak: Espeak) -> None:
    text = "Grüße aus München, Zoë"
    file, marks = espeak.say(text, "Vicki", timed=True)
    assert [text[place:].split()[0] for place, _ in marks] == ["Grüße", "aus", "München,", "Zoë"]
    seconds = [seconds for _, seconds in marks]
    assert seconds == sorted(seconds)
    assert seconds[-1] < len(sound(file)) / 22_050


def test_threads_wait_for_each_other_and_each_hears_its_own_text(espeak: Espeak) -> None:
    texts = ["One.", "A much longer text, which takes its time to be spoken."] * 4
    with ThreadPoolExecutor(4) as pool:
        lengths = [len(file) for file, _ in pool.map(lambda text: espeak.say(text, "Amy", timed=False), texts)]
    # It begins where its waves stood before, so a few samples more or less are no other text.
    assert lengths == pytest.approx(lengths[:2] * 4, abs=50)


def test_markup_is_spoken_and_not_obeyed(espeak: Espeak) -> None:
    file, _ = espeak.say('<speak><audio src="/etc/passwd"/></speak> & [[h@l]]', "Amy", timed=False)
    assert len(sound(file)) > 22_050
