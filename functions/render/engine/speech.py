"""Spoken texts: each said once, before the first frame, since scenes may be as long as it takes to say them.

Who speaks is the caller's business (``Speaker``). What was said is kept like a segment: the next attempt, the next leg
and the caller's next job hear the same, to the sample.
"""

from __future__ import annotations

import hashlib
import io
import json
import logging
import wave
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from icu4py.breakers import LineBreaker, SentenceBreaker
from numpy.typing import NDArray

from reelqueue.errors import VoiceError
from render.engine.kept import Kept
from render.engine.process import CLIENT_INPUT, PROBING, Ffmpeg
from render.engine.words import Mark

if TYPE_CHECKING:
    from reelqueue.spec_request import VideoRequest
    from reelqueue.voices import VoiceName

RATE = 24_000
"""Of what was said, in samples per second: what the voices have."""

# Below -50 dB nothing of a voice is heard; some engines end with half a second of that.
_SILENCE = 0.003
_AT_ONCE = 4

_logger = logging.getLogger(__name__)


class SpeechError(Exception):
    """A text could not be spoken; the message says why, in words for the client."""


class Speaker(Protocol):
    """Says texts. It is used by several threads at once."""

    name: str
    """Of the engine and its version: another one says the same text in another way."""

    most: int
    """How many characters it says at a time."""

    def say(self, text: str, voice: VoiceName, *, timed: bool) -> tuple[bytes, list[Mark]]:
        """A sound file of any kind, and, if it is to be ``timed``, where its words begin.

        Raises:
            SpeechError: it cannot say it.
        """


@dataclass(frozen=True)
class Speech:
    """What was said: a WAV file, its length in seconds, and where words of the text begin."""

    path: Path
    seconds: float
    marks: tuple[Mark, ...]


def speak(
    request: VideoRequest, folder: Path, speaker: Speaker | None, kept: Kept | None, ffmpeg: Ffmpeg, engine: str
) -> dict[int, Speech]:
    """Have all voices of a request speak; what they say, by scene. ``engine`` is the version of this one.

    Raises:
        VoiceError: a text cannot be spoken; names its scene.
        Stopped: the render was stopped. An engine that hangs meanwhile is left to its own time-out.
    """
    lines = {
        number: _Line(scene.voice.text, scene.voice.voice, bool(scene.captions and scene.captions.source))
        for number, scene in enumerate(request.scenes)
        if scene.voice
    }
    if not lines:
        return {}
    if speaker is None:
        raise VoiceError(f"/scenes/{min(lines)}/voice", "there is nobody here who speaks")
    booth = _Booth(folder, speaker, kept, ffmpeg, engine)
    # The same words by the same voice are said once.
    first = {line: number for number, line in reversed(lines.items())}
    pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="voice")
    try:
        said = {line: pool.submit(booth.speech, number, line) for line, number in first.items()}
        ffmpeg.control.wait(said.values())
        return {number: said[line].result() for number, line in lines.items()}
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


@dataclass(frozen=True)
class _Line:
    """What is said, by whom, and whether it matters when each word is."""

    text: str
    voice: VoiceName
    timed: bool


class _Booth:
    def __init__(self, folder: Path, speaker: Speaker, kept: Kept | None, ffmpeg: Ffmpeg, engine: str) -> None:
        self._folder = folder
        self._speaker = speaker
        self._kept = kept
        self._ffmpeg = ffmpeg
        self._engine = engine

    def speech(self, scene: int, line: _Line) -> Speech:
        """What is said, kept or new."""
        self._ffmpeg.control.check()
        said = json.dumps([self._engine, self._speaker.name, *astuple(line)])
        name = f"{hashlib.sha256(said.encode()).hexdigest()}.speech"
        file, path = self._folder / f"{scene}.speech", self._folder / f"voice-{scene}.wav"
        if self._kept is not None:
            try:
                if self._kept.fetch(name, file, self._ffmpeg.control.check):
                    return _opened(file, path)
            except Exception:  # whatever it is, the text is spoken as if it had never been
                self._ffmpeg.control.check()
                _logger.exception("the speech %s that was kept could not be had", name)
        sound, marks = self._said(scene, line)
        _close(file, sound, marks)
        if self._kept is not None:
            try:
                self._kept.keep(name, file)
            except Exception:  # whatever it is, this video does not need it
                _logger.exception("the speech %s could not be kept", name)
        return _opened(file, path)

    def _said(self, scene: int, line: _Line) -> tuple[NDArray[np.int16], list[Mark]]:
        sounds: list[NDArray[np.int16]] = []
        marks: list[Mark] = []
        try:
            for number, (first, last) in enumerate(parts(line.text, self._speaker.most)):
                self._ffmpeg.control.check()
                file, found = self._speaker.say(line.text[first:last], line.voice, timed=line.timed)
                path = self._folder / f"said-{scene}-{number}"
                path.write_bytes(file)
                begin = sum(map(len, sounds)) / RATE
                marks += [(first + place, begin + seconds) for place, seconds in found]
                sounds.append(self._decoded(path))
        except SpeechError as error:
            raise VoiceError(f"/scenes/{scene}/voice", str(error)) from error
        sound = _trimmed(np.concatenate(sounds))
        if not len(sound):
            raise VoiceError(f"/scenes/{scene}/voice/text", f"{line.voice} says nothing at all to this text")
        return sound, marks

    def _decoded(self, path: Path) -> NDArray[np.int16]:
        output = ["-ar", str(RATE), "-ac", "1", "-f", "s16le", "pipe:1"]
        with self._ffmpeg.running([*CLIENT_INPUT, "-i", str(path), *output], PROBING) as run:
            sound = run.output.read()
            run.process.wait()
        self._ffmpeg.control.check()
        if run.process.returncode != 0:
            raise SpeechError(f"what the voice said cannot be decoded: {run.complaint()}")
        return np.frombuffer(sound, np.int16)


def parts(text: str, most: int) -> Iterator[tuple[int, int]]:
    """A text in parts of at most so many characters: whole sentences, at need words, and broken words if it must be."""
    first = last = 0
    for sentence in SentenceBreaker(text, "en"):
        pieces: Sequence[str] = [sentence] if len(sentence) <= most else list(LineBreaker(sentence, "en"))
        for piece in pieces:
            if last - first + len(piece) > most and last > first:
                yield first, last
                first = last
            last += len(piece)
            while last - first > most:
                yield first, first + most
                first += most
    if last > first:
        yield first, last


def _trimmed(sound: NDArray[np.int16]) -> NDArray[np.int16]:
    """A sound without the silence at its end."""
    heard = np.flatnonzero(np.abs(sound.astype(np.int32)) > _SILENCE * 32768)
    return sound[: heard[-1] + 1 + RATE // 50] if len(heard) else sound[:0]


def _close(file: Path, sound: NDArray[np.int16], marks: list[Mark]) -> None:
    """A speech as a file: a line of JSON, then the sound as WAV."""
    wav = io.BytesIO()
    with wave.open(wav, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(RATE)
        writer.writeframes(sound.tobytes())
    head = json.dumps({"seconds": len(sound) / RATE, "marks": marks})
    file.write_bytes(head.encode() + b"\n" + wav.getvalue())


def _opened(file: Path, path: Path) -> Speech:
    head, _, sound = file.read_bytes().partition(b"\n")
    fields = json.loads(head)
    path.write_bytes(sound)
    with wave.open(str(path)) as reader:
        frames = len(reader.readframes(reader.getnframes())) // 2
        if frames != round(fields["seconds"] * RATE):
            raise ValueError("a speech is not as long as it says")
    return Speech(path, fields["seconds"], tuple((place, seconds) for place, seconds in fields["marks"]))
