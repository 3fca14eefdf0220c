"""What is said in a scene, and the captions under it."""

from __future__ import annotations

import unicodedata
from typing import Annotated, Any, Literal

from pydantic import Field, PlainValidator, ValidationInfo, WithJsonSchema, field_validator, model_validator

from reelqueue.glyphs import first_missing, is_unseen
from reelqueue.spec_values import Model, PositiveSeconds, Seconds, Src, Text, Volume, glyph_name, refusal, shown
from reelqueue.voices import VoiceName

MAX_SPOKEN = 10_000
MAX_CUES = 2_000
CaptionStyle = Literal["block", "word", "karaoke"]


def _spoken(value: Any) -> str:
    if not isinstance(value, str):
        raise refusal(f"must be text in quotes, not {shown(value)}")
    text = unicodedata.normalize("NFC", " ".join(value.split()))
    if not any(unicodedata.category(character)[0] in "LN" for character in text):
        raise refusal("holds no word that could be spoken")
    if len(text) > MAX_SPOKEN:
        raise refusal(f"has {len(text)} characters; the limit is {MAX_SPOKEN}")
    unseen = next((each for each in text if unicodedata.category(each) == "Cc"), None)
    if unseen is not None:
        raise refusal(f"holds the control character {glyph_name(unseen)}; take it out")
    return text


SpokenText = Annotated[
    str,
    PlainValidator(_spoken),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": MAX_SPOKEN}),
]


class Voice(Model):
    """A text that is spoken from ``start`` of its scene on."""

    text: SpokenText
    voice: VoiceName = "Joanna"
    start: Seconds = 0
    volume: Volume = 1


class CueWord(Model):
    """When a word of a cue is spoken. It lasts until the next one begins if its end is left out."""

    text: Text
    start: Seconds
    end: PositiveSeconds | None = None

    @model_validator(mode="after")
    def _ends_after_start(self) -> CueWord:
        _check_order(self.start, self.end)
        return self


class CaptionCue(Model):
    """A caption, in seconds of its scene."""

    start: Seconds
    end: PositiveSeconds
    text: Text
    words: Annotated[tuple[CueWord, ...], Field(strict=False, max_length=400)] = ()

    @field_validator("words")
    @classmethod
    def _follow_each_other(cls, words: tuple[CueWord, ...], info: ValidationInfo) -> tuple[CueWord, ...]:
        """The words stand in the text, one after the other, and are spoken in this order."""
        text, end, before = info.data.get("text", ""), 0, 0.0
        for number, word in enumerate(words):
            found = text.find(word.text, end)
            if text and found < 0:
                raise refusal(f"{shown(word.text)} (number {number}) does not follow in the text of its cue")
            if word.start < before:
                raise refusal(f"{shown(word.text)} (number {number}) starts before the word that it follows")
            end, before = found + len(word.text), word.start
        return words

    @model_validator(mode="after")
    def _ends_after_start(self) -> CaptionCue:
        _check_order(self.start, self.end)
        return self


class Captions(Model):
    """Captions of a scene: from a file, written out, or as the scene's voice speaks."""

    src: Src | None = None
    cues: Annotated[tuple[CaptionCue, ...], Field(strict=False, max_length=MAX_CUES)] | None = None
    source: Literal["voice"] | None = None
    style: CaptionStyle = "block"
    position: Literal["top", "center", "bottom"] = "bottom"

    @model_validator(mode="after")
    def _one_source(self) -> Captions:
        given = [name for name in ("src", "cues", "source") if getattr(self, name) is not None]
        if len(given) != 1:
            found = f"has {' and '.join(given)}" if given else "has no source"
            raise refusal(f'{found}; write one of src (an SRT or VTT file), cues, or "source": "voice"')
        if self.cues == ():
            raise refusal("has no cues; write at least one, or leave captions out")
        return self


def undrawable(voice: Voice) -> str | None:
    """What keeps a voice's text from being shown as captions, or None."""
    missing = first_missing("".join(each for each in voice.text if not is_unseen(each)))
    return None if missing is None else f"no font has the character {glyph_name(missing)}, and captions show it"


def _check_order(start: float, end: float | None) -> None:
    if end is not None and end <= start:
        raise refusal(f"ends at {end:g}, which is not after its start at {start:g}")
