"""Amazon Polly: asked as it wants to be asked (botocore checks that), and its refusals in words for a client."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.response import StreamingBody
from botocore.stub import Stubber

from reelqueue.deployment import Deployment
from reelqueue.settings import Settings
from render.engine.speech import SpeechError
from render.espeak import Espeak
from render.polly import Polly, marks_of
from render.speakers import speaker_of

ASKED = {"Engine": "neural", "Text": "Grüße, Zoë", "VoiceId": "Vicki", "TextType": "text"}
MARKS = [
    {"time": 6, "type": "word", "start": 0, "end": 7, "value": "Grüße"},
    {"time": 412, "type": "word", "start": 9, "end": 13, "value": "Zoë"},
]


def body(content: bytes) -> StreamingBody:
    return StreamingBody(io.BytesIO(content), len(content))


@pytest.fixture
def stubber() -> Iterator[Stubber]:
    client = boto3.client("polly", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def polly(stubber: Stubber) -> Polly:
    client: Any = stubber.client
    return Polly(client)


def test_a_text_is_asked_for_as_sound_and_as_marks_which_count_characters(stubber: Stubber) -> None:
    sound = {"AudioStream": body(b"OggS"), "ContentType": "audio/ogg", "RequestCharacters": 10}
    stubber.add_response("synthesize_speech", sound, ASKED | {"OutputFormat": "ogg_vorbis", "SampleRate": "24000"})
    lines = "".join(json.dumps(mark) + "\n" for mark in MARKS).encode()
    marks = {"AudioStream": body(lines), "ContentType": "application/x-json-stream", "RequestCharacters": 10}
    stubber.add_response("synthesize_speech", marks, ASKED | {"OutputFormat": "json", "SpeechMarkTypes": ["word"]})
    speaker = polly(stubber)
    assert speaker.say("Grüße, Zoë", "Vicki", timed=True) == (b"OggS", [(0, 0.006), (7, 0.412)])
    assert speaker.characters == 20


def test_marks_that_nobody_needs_are_not_paid_for(stubber: Stubber) -> None:
    sound = {"AudioStream": body(b"OggS"), "ContentType": "audio/ogg", "RequestCharacters": 10}
    stubber.add_response("synthesize_speech", sound, ASKED | {"OutputFormat": "ogg_vorbis", "SampleRate": "24000"})
    speaker = polly(stubber)
    assert speaker.say("Grüße, Zoë", "Vicki", timed=False) == (b"OggS", [])
    assert speaker.characters == 10


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("EngineNotSupportedException", "has no neural voice Vicki in this region; choose another voice"),
        ("AccessDeniedException", "may not use Amazon Polly"),
    ],
)
def test_a_refusal_says_what_to_do(code: str, message: str, stubber: Stubber) -> None:
    stubber.add_client_error("synthesize_speech", code)
    with pytest.raises(SpeechError, match=message):
        polly(stubber).say("Hello", "Vicki", timed=False)


def test_what_passes_is_left_to_the_next_attempt(stubber: Stubber) -> None:
    stubber.add_client_error("synthesize_speech", "ServiceFailureException")
    with pytest.raises(ClientError):
        polly(stubber).say("Hello", "Vicki", timed=False)


def test_a_mark_within_a_character_does_no_harm() -> None:
    assert marks_of("ü!", [{"time": 5, "type": "word", "start": 1, "end": 3, "value": "?"}]) == [(0, 0.005)]


def test_the_setting_alone_decides_who_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    assert isinstance(speaker_of(Deployment(Settings())), Polly)
    assert isinstance(speaker_of(Deployment(Settings(voice_engine="espeak"))), Espeak)
    with pytest.raises(ValueError, match="VOICE_ENGINE is 'siri'; it must be polly or espeak"):
        speaker_of(Deployment(Settings(voice_engine="siri")))
