"""Amazon Polly as the engine of voices: its neural voices, with the marks of its words."""

from __future__ import annotations

import json
import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from reelqueue.voices import VoiceName
from render.engine.speech import SpeechError
from render.engine.words import Mark

if TYPE_CHECKING:
    from mypy_boto3_polly import PollyClient

# What the caller can do about it. Anything else is ours, or passes: then the attempt fails, and there is another one.
_REFUSALS = {
    "TextLengthExceededException": "the text is too long for one call of Amazon Polly",
    "EngineNotSupportedException": "Amazon Polly has no neural voice {voice} in this region; choose another voice",
    "LanguageNotSupportedException": "Amazon Polly's voice {voice} does not speak this language",
    "ValidationException": "Amazon Polly does not take the voice {voice}",
    "AccessDeniedException": "this deployment may not use Amazon Polly",
}


class Polly:
    """The engine's ``Speaker`` in AWS. ``characters`` counts what it has been asked to say, which is what it costs."""

    name = "polly-neural"
    most = 3_000
    """Polly's limit of billed characters for a call."""

    def __init__(self, client: PollyClient) -> None:
        self._client = client
        self._lock = threading.Lock()
        self.characters = 0

    def say(self, text: str, voice: VoiceName, *, timed: bool) -> tuple[bytes, list[Mark]]:
        # Vorbis keeps the exact length, which MP3 pads; PCM comes at 16 kHz at most.
        sound = self._answer(text, voice, OutputFormat="ogg_vorbis", SampleRate="24000")
        if not timed:
            return sound, []
        lines = self._answer(text, voice, OutputFormat="json", SpeechMarkTypes=["word"]).decode().splitlines()
        return sound, marks_of(text, [json.loads(line) for line in lines if line])

    def _answer(self, text: str, voice: VoiceName, **how: Any) -> bytes:
        # Both the sound and the marks are billed.
        with self._lock:
            self.characters += len(text)
        try:
            answer = self._client.synthesize_speech(Engine="neural", Text=text, VoiceId=voice, TextType="text", **how)
        except ClientError as error:
            why = _REFUSALS.get(error.response["Error"]["Code"])
            if why is None:
                raise
            raise SpeechError(why.format(voice=voice)) from error
        with closing(answer["AudioStream"]) as stream:
            return bytes(stream.read())


def marks_of(text: str, marks: list[dict[str, Any]]) -> list[Mark]:
    """Polly's speech marks, which count bytes and milliseconds, in characters and seconds."""
    encoded = text.encode()
    return [
        (len(encoded[: mark["start"]].decode(errors="ignore")), mark["time"] / 1000)
        for mark in marks
        if mark["type"] == "word"
    ]
