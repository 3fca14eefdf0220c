"""What a request may say, and what a stranger reads when it says something else."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest

from reelqueue.addresses import Gate
from reelqueue.errors import InvalidBody
from reelqueue.pointers import source_pointer
from reelqueue.spec import Limits, VideoRequest, parse_request
from reelqueue.spec_scenes import AudioElement, ImageElement, TextElement, VideoElement
from reelqueue.voices import LANGUAGES, MALE, VoiceName

HOOK = "https://app.example.com/hooks/video"


def body(*scenes: Any, **fields: Any) -> dict[str, Any]:
    return {"webhookUrl": HOOK, "scenes": list(scenes), **fields}


def mistakes(sent: object, **options: Any) -> dict[str, str]:
    with pytest.raises(InvalidBody) as caught:
        parse_request(sent, **options)
    return {detail.pointer: detail.message for detail in caught.value.details}


# What is accepted


def test_the_documented_request_is_accepted() -> None:
    request = parse_request(
        {"webhookUrl": "https://your-app.com/webhook", "theme": "winter", "scenes": [{"text": "Hi"}]}
    )
    assert request.theme.name == "winter"
    assert (request.output.width, request.output.height, request.output.fps) == (1920, 1080, 30)
    assert request.priority == "normal"


def test_a_text_alone_becomes_a_title() -> None:
    (scene,) = parse_request(body({"text": "Hello", "duration": 4})).scenes
    assert scene.elements == (TextElement.model_validate({"type": "text", "text": "Hello", "style": "title"}),)
    assert scene.duration == 4


def test_a_text_with_a_picture_becomes_its_caption_on_top() -> None:
    (scene,) = parse_request(body({"text": "Day one", "image": "asset:1.jpg"})).scenes
    image, text = scene.elements
    assert isinstance(image, ImageElement)
    assert isinstance(text, TextElement)
    assert text.style == "caption"


def test_a_stored_request_reads_back_the_same() -> None:
    request = parse_request(
        body(
            {"video": "asset:clip.mp4", "text": "Day one"},
            {
                "duration": 3,
                "background": {"type": "gradient", "colors": ["#0B1020", "primary"], "angle": 45},
                "elements": [
                    {"type": "text", "text": "x", "position": {"x": "50%", "y": 40}, "enter": {"type": "zoom"}},
                    {"type": "audio", "src": "s3://bucket/key.wav", "start": 0.5, "trim": {"end": 2}},
                    {"type": "shape", "shape": "rectangle", "x": 0, "y": "92%", "color": "accent"},
                ],
                "transition": {"type": "none"},
            },
            theme={"extends": "minimal", "colors": {"accent": "#FF6600"}},
            soundtrack={"src": "asset:music.mp3", "fadeOut": 2},
            metadata={"orderId": "ord_42", "n": [1, None, {"a": 1.5}]},
            output={"aspectRatio": "9:16", "resolution": "720p", "poster": {"at": 1}},
            priority="high",
            expiresInSeconds=3600,
            timeoutSeconds=600,
            cache=False,
        )
    )
    assert VideoRequest.from_json(request.to_json()) == request


def test_what_is_stored_leaves_defaults_out() -> None:
    stored = json.loads(parse_request(body({"text": "Hello"})).to_json())
    assert stored["scenes"] == [{"elements": [{"type": "text", "text": "Hello", "style": "title"}]}]
    assert stored["output"] == {}
    assert not {"priority", "cache"} & stored.keys()


def test_text_is_stored_composed_so_that_every_font_finds_its_letters() -> None:
    (scene,) = parse_request(body({"text": "Cafe\u0301"})).scenes
    assert isinstance(scene.elements[0], TextElement)
    assert scene.elements[0].text == "Café"


@pytest.mark.parametrize(
    ("output", "size"),
    [
        ({}, (1920, 1080)),
        ({"resolution": "720p"}, (1280, 720)),
        ({"resolution": "480p"}, (854, 480)),
        ({"aspectRatio": "9:16"}, (1080, 1920)),
        ({"aspectRatio": "1:1", "resolution": "360p"}, (360, 360)),
        ({"aspectRatio": "4:5"}, (1080, 1350)),
        ({"aspectRatio": "4:3"}, (1440, 1080)),
        ({"resolution": "4k"}, (3840, 2160)),
        ({"width": 640, "height": 360}, (640, 360)),
    ],
)
def test_output_sizes(output: dict[str, Any], size: tuple[int, int]) -> None:
    settled = parse_request(body({"text": "x"}, output=output)).output
    assert (settled.width, settled.height) == size


# How long it is


def test_the_length_is_the_sum_of_scenes_less_the_sum_of_transitions() -> None:
    fade = {"type": "fade", "duration": 1}
    request = parse_request(
        body({"text": "a", "duration": 4, "transition": fade}, {"text": "b", "duration": 5, "transition": fade})
    )
    assert request.total_seconds == 8  # the last scene's transition has no next scene to go to


def test_a_scene_without_a_transition_takes_the_theme_s() -> None:
    request = parse_request(body({"text": "a", "duration": 4}, {"text": "b", "duration": 4}))
    assert request.transition_after(0) == request.theme.transition
    assert request.total_seconds == 8 - request.theme.transition.duration


def test_the_theme_s_transition_gives_way_to_short_scenes() -> None:
    request = parse_request(body({"text": "a", "duration": 0.4}, {"text": "b", "duration": 4}))
    assert request.total_seconds == pytest.approx(4.4 - 0.2)


def test_the_length_is_unknown_while_it_lies_in_a_clip() -> None:
    assert parse_request(body({"video": "asset:a.mp4"})).total_seconds is None
    assert parse_request(body({"text": "no clip here"})).total_seconds == 4


# Where a mistake is


def test_all_mistakes_are_told_at_once() -> None:
    found = mistakes(
        {
            "webhook_url": HOOK,
            "theme": "wintr",
            "priority": "urgent",
            "cache": "no",
            "scenes": [{"text": "a", "length": 4}, {"elements": [{"type": "image", "path": "asset:a.jpg"}]}],
        }
    )
    assert found == {
        "/webhookUrl": "is required",
        "/webhook_url": "is not a known field; did you mean webhookUrl?",
        "/theme": "must be 'winter', 'spring', 'summer', 'autumn', 'midnight', 'minimal', 'corporate' or 'neon', "
        'not "wintr"',
        "/priority": "must be 'low', 'normal' or 'high', not \"urgent\"",
        "/cache": 'must be true or false, not "no"',
        "/scenes/0/length": "is not a known field; did you mean duration?",
        "/scenes/1/elements/0/src": "is required",
        "/scenes/1/elements/0/path": "is not a known field; did you mean src?",
    }


def test_a_pointer_into_the_shorthand_is_where_the_client_wrote_it() -> None:
    assert list(mistakes(body({"text": "a"}, {"image": "file:///etc/passwd", "text": 5}))) == [
        "/scenes/1/image",
        "/scenes/1/text",
    ]


def test_the_engine_can_name_an_element_as_it_was_sent() -> None:
    request = parse_request(
        body({"image": "asset:a.jpg", "text": "a"}, {"elements": [{"type": "image", "src": "asset:b.jpg"}]})
    )
    assert source_pointer(request, 0, 0) == "/scenes/0/image"
    assert source_pointer(request, 1, 0) == "/scenes/1/elements/0/src"


def test_the_names_of_unions_never_leak_into_a_pointer() -> None:
    found = mistakes(
        body(
            {
                "background": {"type": "gradient", "colors": ["#fff"]},
                "elements": [{"type": "text", "text": "a", "position": {"x": 1}}],
            },
            theme={"extends": "winter", "colors": {"text": "red"}},
        )
    )
    assert set(found) == {
        "/theme/colors/text",
        "/scenes/0/background/colors",
        "/scenes/0/elements/0/position/y",
    }


def test_a_mistake_in_the_scenes_alone_has_its_own_code() -> None:
    with pytest.raises(InvalidBody) as caught:
        parse_request(body({"text": "a", "duration": -1}))
    assert caught.value.code == "INVALID_SCENE"
    assert caught.value.message.startswith("scenes[0].duration: -1 is not a duration")


# What a mistake says


@pytest.mark.parametrize(
    ("scene", "pointer", "words"),
    [
        ({"voice": {"text": "a", "voice": "Bob"}}, "/voice/voice", "must be 'Adriano', 'Amy'"),
        ({"voice": {"text": "a", "voise": "Amy"}}, "/voice/voise", "did you mean voice?"),
        ({"voice": "Hello"}, "/voice", 'must be an object, not "Hello"'),
        ({"voice": {"text": "... !"}}, "/voice/text", "holds no word that could be spoken"),
        ({"voice": {"text": "a\u0007"}}, "/voice/text", "the control character (U+0007)"),
        ({"voice": {"text": "a" * 10_001}}, "/voice/text", "has 10001 characters; the limit is 10000"),
        ({"duration": 2, "voice": {"text": "a", "start": 2}}, "/voice/start", "before the end of its scene"),
        ({"text": "a", "narration": "Hello"}, "/narration", "did you mean voice?"),
        ({"captions": {"source": "voice"}}, "/captions/source", "needs a voice in its scene"),
        ({"captions": {"src": "asset:a", "source": "voice"}}, "/captions", "has src and source; write one of"),
        ({"captions": {"cues": []}}, "/captions", "has no cues"),
        ({"captions": {"cues": [{"start": 2, "end": 1, "text": "a"}]}}, "/captions/cues/0", "ends at 1, which is not"),
        ({"captions": {"cues": [{"start": 0, "end": 1, "text": "ᛝ"}]}}, "/captions/cues/0/text", "no font has"),
        (
            {"captions": {"cues": [{"start": 0, "end": 1, "text": "a", "words": [{"text": "b", "start": 0}]}]}},
            "/captions/cues/0/words",
            '"b" (number 0) does not follow in the text of its cue',
        ),
        ({"captions": {"cues": [{"begin": 0, "end": 1, "text": "a", "start": 0}]}}, "/captions/cues/0/begin", "start?"),
        ({"captions": {"src": "asset:a", "style": "loud"}}, "/captions/style", "must be 'block', 'word' or 'karaoke'"),
        (
            {"voice": {"text": "Runes ᛝ"}, "captions": {"source": "voice"}},
            "/voice/text",
            "RUNIC LETTER ING), and captions show it",
        ),
        ({"text": "a", "subtitles": "asset:a.srt"}, "/subtitles", "did you mean captions?"),
        ({"text": "a", "captions": {}}, "/captions", "has no source; write one of src (an SRT or VTT file), cues"),
        ({"text": "a", "background": "blue"}, "/background", '"blue" is not a colour; write #RGB'),
        ({"text": "a", "duration": 0}, "/duration", "seconds greater than 0"),
        ({"text": "a", "duration": "4"}, "/duration", '"4" is not a duration'),
        ({"text": "a", "transition": {"type": "swirl"}}, "/transition/type", "must be 'none', 'fade'"),
        ({"image": "ftp://example.com/a.jpg"}, "/image", "write an https:// URL, asset:<name>"),
        ({"image": "http://example.com/a.jpg"}, "/image", "must start with https://"),
        ({"image": "asset:../secret"}, "/image", "is not the name of an asset"),
        ({"image": "https://user:pw@example.com/a.jpg"}, "/image", "must not carry a user name"),
        ({"text": "Winter ᛝ"}, "/text", 'no font has the character "ᛝ" (U+16DD RUNIC LETTER ING)'),
        ({"text": "   "}, "/text", "is empty"),
        ({"text": "\u200b\ufe0f"}, "/text", "is empty"),
        ({}, "", "shows nothing"),
        ({"text": "a", "elements": []}, "/text", "cannot stand beside elements"),
        ({"image": "asset:a.jpg", "video": "asset:b.mp4"}, "/video", "cannot stand beside image"),
        ({"elements": [{"type": "img"}]}, "/elements/0", 'the type "img" is not known; write one of text, image'),
        ({"elements": [{"src": "asset:a.jpg"}]}, "/elements/0", "has no type; write one of"),
        ({"elements": [5]}, "/elements/0", "must be an object with a type"),
        ({"elements": {"type": "text"}}, "/elements", "must be a list, not an object"),
        ({"elements": [{"type": "text", "text": "a", "x": 4}]}, "/elements/0", "has only one of x and y"),
        (
            {"elements": [{"type": "text", "text": "a", "font": "Arial"}]},
            "/elements/0/font",
            "must be 'Comfortaa', 'EB Garamond'",
        ),
        ({"elements": [{"type": "text", "text": "a", "opacity": 2}]}, "/elements/0/opacity", "must be at most 1"),
        ({"elements": [{"type": "text", "text": "a", "size": "big"}]}, "/elements/0/size", "is not a length"),
        (
            {"duration": 2, "elements": [{"type": "text", "text": "a", "start": 2}]},
            "/elements/0/start",
            "must lie before the end of its scene, which is 2 s long",
        ),
        (
            {"elements": [{"type": "video", "src": "asset:a.mp4", "trim": {"start": 3, "end": 2}}]},
            "/elements/0/trim/end",
            "must be after the start of the trim (3 s)",
        ),
    ],
)
def test_a_scene_s_mistake_names_its_place_and_its_fix(scene: dict[str, Any], pointer: str, words: str) -> None:
    found = mistakes(body(scene))
    assert list(found) == ["/scenes/0" + pointer]
    assert words in found["/scenes/0" + pointer]


@pytest.mark.parametrize(
    ("fields", "pointer", "words"),
    [
        ({"output": {"width": 101, "height": 100}}, "/output/width", "must be even, as H.264 video needs it"),
        ({"output": {"width": 640}}, "/output", "has only one of width and height"),
        ({"output": {"width": 640, "height": 360, "resolution": "720p"}}, "/output", "keep one pair"),
        ({"output": {"fps": 61}}, "/output/fps", "must be at most 60, not 61"),
        ({"output": {"fps": 29.97}}, "/output/fps", "must be a whole number, not 29.97"),
        ({"output": {"format": "avi"}}, "/output/format", "must be 'mp4', 'webm' or 'gif', not \"avi\""),
        ({"output": {"format": "gif", "fps": 60}}, "/output", "asks for 60 fps; a GIF has at most 50"),
        (
            {"output": {"format": "gif"}, "scenes": [{"text": "a", "duration": 61}]},
            "/scenes",
            "a GIF of 61 s; the limit is 60 s",
        ),
        ({"output": {"poster": {"at": "worst"}}}, "/output/poster/at", '"worst" is not a moment'),
        ({"output": {"poster": {"at": 9}}}, "/output/poster/at", "after the end of the video, which is 4 s long"),
        ({"soundtrack": "asset:a.mp3"}, "/soundtrack", 'must be an object, not "asset:a.mp3"'),
        ({"soundtrack": {"src": "asset:a.mp3", "ducking": 1}}, "/soundtrack/ducking", "must be true or false, not 1"),
        ({"audio": {"src": "asset:a.mp3"}}, "/audio", "did you mean soundtrack?"),
        ({"theme": {"extends": "winter", "logo": {}}}, "/theme/logo/src", "is required"),
        ({"logo": {"src": "asset:a.png"}}, "/logo", "is not a known field"),
        (
            {"theme": 5},
            "/theme",
            "must be 'winter', 'spring', 'summer', 'autumn', 'midnight', 'minimal', 'corporate' or 'neon', not 5",
        ),
        ({"metadata": {"note": float("nan")}}, "/metadata", "not finite"),
        ({"timeoutSeconds": True}, "/timeoutSeconds", "must be a whole number, not true"),
        ({"shorthand": {"0": ["text"]}}, "/shorthand", "is not a known field"),
        ({"webhookUrl": "http://app.example.com"}, "/webhookUrl", "must start with https://"),
        ({"webhookUrl": "https://"}, "/webhookUrl", "names no host"),
    ],
)
def test_a_request_s_mistake_names_its_place_and_its_fix(fields: dict[str, Any], pointer: str, words: str) -> None:
    found = mistakes(body({"text": "a"}) | fields)
    assert list(found) == [pointer]
    assert words in found[pointer]


@pytest.mark.parametrize(
    ("sent", "pointer", "words"),
    [
        ([], "", "must be a JSON object, not a list"),
        ({"webhookUrl": HOOK}, "/scenes", "is required"),
        ({"webhookUrl": HOOK, "scenes": []}, "/scenes", "is empty; a video needs at least one scene"),
        ({"webhookUrl": HOOK, "scenes": "a"}, "/scenes", "must be a list of scenes"),
    ],
)
def test_a_body_without_scenes(sent: object, pointer: str, words: str) -> None:
    assert words in mistakes(sent)[pointer]


def test_a_transition_longer_than_half_of_the_shorter_scene_is_refused() -> None:
    found = mistakes(
        body(
            {"text": "a", "duration": 2, "transition": {"type": "fade", "duration": 1.5}},
            {"text": "b", "duration": 5},
        )
    )
    assert found == {
        "/scenes/0/transition/duration": "must be at most 1, half of the shorter of the two scenes, not 1.5"
    }


def test_a_scene_shorter_than_a_frame_is_refused() -> None:
    short = {"text": "a", "duration": 0.02, "transition": {"type": "none"}}
    assert mistakes(body({"text": "a", "duration": 1 / 30}, short, output={"fps": 30})) == {
        "/scenes/1/duration": "must be at least 0.034, the time of a frame at 30 fps, not 0.02"
    }
    assert parse_request(body(short, output={"fps": 50})).total_seconds == 0.02


def test_half_a_character_is_refused_where_it_stands() -> None:
    found = mistakes(body({"text": "a"}, metadata={"note": ["ok", "\ud83d"]}))
    assert list(found) == ["/metadata/note/1"]
    assert "half of a character" in found["/metadata/note/1"]


def test_endless_nesting_is_refused() -> None:
    deep: list[Any] = []
    for _ in range(500):
        deep = [deep]
    assert (
        "deeper than the limit of 32 levels" in mistakes(body({"text": "a"}, metadata={"deep": deep}))["/metadata/deep"]
    )


@pytest.mark.parametrize("number", [10**400, 1e300, float("inf"), float("nan")])
def test_no_number_is_too_odd_to_be_refused(number: float) -> None:
    element = {"type": "shape", "shape": "rectangle", "color": "#fff", "x": number, "y": number, "opacity": number}
    assert set(mistakes(body({"duration": number, "elements": [element | {"start": number}]}))) == {
        "/scenes/0/duration",
        "/scenes/0/elements/0/x",
        "/scenes/0/elements/0/y",
        "/scenes/0/elements/0/opacity",
        "/scenes/0/elements/0/start",
    }


def test_ids_of_scenes_are_unique() -> None:
    found = mistakes(body({"id": "a", "text": "x"}, {"id": "a", "text": "y"}))
    assert found == {"/scenes/1/id": "is also the id of scene 0"}


# Limits


@pytest.mark.parametrize(
    ("limits", "fields", "words"),
    [
        (Limits(max_scenes=1), {}, "holds 2 scenes; the limit is 1"),
        (Limits(max_elements=1), {}, "holds 2 elements; the limit is 1 a scene"),
        (Limits(max_seconds=5), {}, "make a video of 7.5 s; the limit is 5 s"),
        (Limits(max_width=640, max_height=360), {}, "asks for 1920 x 1080 pixels; the limit is 640 x 360"),
        (Limits(max_metadata_bytes=10), {"metadata": {"a": "0123456789"}}, "takes 18 bytes; the limit is 10"),
        (Limits(max_timeout_seconds=60), {"timeoutSeconds": 61}, "must be at most 60, not 61"),
    ],
)
def test_each_refusal_names_its_limit(limits: Limits, fields: dict[str, Any], words: str) -> None:
    sent = body({"text": "a", "image": "asset:a.jpg"}, {"text": "b"}, **fields)
    assert any(words in message for message in mistakes(sent, limits=limits).values())


def test_a_portrait_may_be_as_large_as_a_landscape() -> None:
    request = parse_request(body({"text": "a"}, output={"aspectRatio": "9:16", "resolution": "4k"}))
    assert (request.output.width, request.output.height) == (2160, 3840)


def test_plain_http_is_for_the_local_stack() -> None:
    sent = {"webhookUrl": "http://127.0.0.1:9000/webhook", "scenes": [{"image": "http://127.0.0.1:9000/a.jpg"}]}
    assert set(mistakes(sent)) == {"/webhookUrl", "/scenes/0/image"}
    assert parse_request(sent, gate=Gate(allow_private=True)).webhook_url == "http://127.0.0.1:9000/webhook"


def test_clips_and_sounds_keep_their_trims() -> None:
    (scene,) = parse_request(
        body(
            {
                "elements": [
                    {"type": "video", "src": "asset:a.mp4", "trim": {"start": 2, "end": 9}, "speed": 2, "volume": 0.8},
                    {"type": "audio", "src": "asset:a.wav", "fadeIn": 1},
                ]
            }
        )
    ).scenes
    video, audio = scene.elements
    assert isinstance(video, VideoElement)
    assert (video.trim.start, video.trim.end, video.speed, video.volume) == (2, 9, 2, 0.8)
    assert isinstance(audio, AudioElement)
    assert audio.fade_in == 1


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://169.254.169.254/latest", "the address 169.254.169.254 is not a public one"),
        ("https://2130706433/", "the address 2130706433 is not a public one"),
        ("https://[::1]/hook", "the address ::1 is not a public one"),
        ("https://localhost/hook", "the host localhost is not a public one"),
        ("https://app.example.com:8080/hook", "only port 443 is called, not 8080"),
    ],
)
def test_an_address_that_will_never_be_called_is_refused_at_once(url: str, words: str) -> None:
    found = mistakes({"webhookUrl": url, "scenes": [{"image": url}]})
    assert found.keys() == {"/webhookUrl", "/scenes/0/image"}
    assert all(message.endswith(f"cannot be called: {words}") for message in found.values())


def test_a_deployment_may_allow_more_ports() -> None:
    sent = body({"text": "a"}) | {"webhookUrl": "https://app.example.com:8443/hook"}
    assert parse_request(sent, gate=Gate(ports=(443, 8443)))


def test_the_files_of_a_request_are_counted_once_each() -> None:
    names = [f"asset:{number}.jpg" for number in range(4)]
    scenes = [{"image": name, "duration": 1} for name in [*names, *names]]
    assert parse_request(body(*scenes), limits=Limits(max_files=4))
    assert mistakes(body(*scenes), limits=Limits(max_files=3)) == {"/scenes": "name 4 different files; the limit is 3"}


def test_all_that_is_spoken_in_a_request_has_a_limit() -> None:
    found = mistakes(body(*({"voice": {"text": "a" * 9_000}} for _ in range(4))))
    assert found == {"/scenes": "have 36000 characters spoken; the limit is 30000"}


def test_every_voice_has_a_language() -> None:
    assert set(LANGUAGES) == set(get_args(VoiceName))
    assert set(LANGUAGES) >= MALE
