"""espeak-ng as the engine of voices: it speaks a hundred languages without a network, like a machine of the nineties.

For laptops and tests. The library and its data come from ``espeakng-loader``, which is not in the render image.
"""

from __future__ import annotations

import ctypes
import io
import threading
import wave
from typing import Any

from reelqueue.voices import LANGUAGES, MALE, VoiceName
from render.engine.speech import SpeechError
from render.engine.words import Mark

# From espeak-ng's speak_lib.h.
_SYNCHRONOUS = 2
_UTF8 = 1
_END, _WORD = 0, 1
_LOCK = threading.Lock()
# It calls languages by other names here.
_LANGUAGES = {"cmn-CN": "cmn", "yue-CN": "yue", "es-MX": "es-419", "es-US": "es-419", "nl-BE": "nl", "fr-BE": "fr-be"}


class _Id(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Id),
    )


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


class Espeak:
    """The engine's ``Speaker`` on a laptop. The library has one state for a process, so one text is said at a time."""

    name = "espeak-ng"
    most = 3_000
    characters = 0
    """What it says costs nothing."""

    def __init__(self) -> None:
        try:
            import espeakng_loader
        except ImportError as error:
            raise SpeechError("espeak-ng is not installed here; this deployment's VOICE_ENGINE asks for it") from error
        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        with _LOCK:
            self._rate = self._library.espeak_Initialize(_SYNCHRONOUS, 0, espeakng_loader.get_data_path().encode(), 0)
        if self._rate <= 0:
            raise SpeechError("espeak-ng does not find its voices")

    def say(self, text: str, voice: VoiceName, *, timed: bool) -> tuple[bytes, list[Mark]]:
        samples, marks = io.BytesIO(), list[Mark]()

        def heard(sound: Any, count: int, events: Any) -> int:
            if sound and count:
                samples.write(ctypes.string_at(sound, 2 * count))
            number = 0
            while events[number].type != _END:
                if events[number].type == _WORD:
                    marks.append((events[number].text_position - 1, events[number].audio_position / 1000))
                number += 1
            return 0

        callback = _Callback(heard)
        encoded = text.encode() + b"\0"
        with _LOCK:
            self._choose(voice)
            self._library.espeak_SetSynthCallback(callback)
            failed = self._library.espeak_Synth(encoded, len(encoded), 0, 1, 0, _UTF8, None, None)
            self._library.espeak_Synchronize()
        if failed:
            raise SpeechError(f"espeak-ng cannot say it (error {failed})")
        return self._wav(samples.getvalue()), marks if timed else []

    def _choose(self, voice: VoiceName) -> None:
        language = LANGUAGES[voice]
        variant = "" if voice in MALE else "+f3"
        for name in (_LANGUAGES.get(language, language.lower()), language.split("-")[0]):
            if self._library.espeak_SetVoiceByName(f"{name}{variant}".encode()) == 0:
                return
        raise SpeechError(f"espeak-ng does not speak the language of {voice} ({language})")

    def _wav(self, samples: bytes) -> bytes:
        file = io.BytesIO()
        with wave.open(file, "wb") as writer:
            writer.setnchannels(1)
            writer.setsampwidth(2)
            writer.setframerate(self._rate)
            writer.writeframes(samples)
        return file.getvalue()
