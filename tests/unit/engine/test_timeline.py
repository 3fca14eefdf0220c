"""When everything happens, in whole frames."""

from __future__ import annotations

from typing import Any

import pytest

from reelqueue.errors import AssetError, RenderError, VoiceError
from reelqueue.spec import Limits, parse_request
from render.engine.probe import MediaFacts
from render.engine.timeline import Timeline, make_timeline

CLIP = MediaFacts(seconds=3.0, has_audio=True, width=320, height=180)
SOUND = MediaFacts(seconds=1.5, has_audio=True)
MEDIA = {"asset:clip.mp4": CLIP, "asset:sound.wav": SOUND, "asset:mute.mp4": MediaFacts(2.0, False, 320, 180)}


def timeline(
    *scenes: Any,
    fps: int = 30,
    limits: Limits = Limits(),  # noqa: B008
    spoken: dict[int, float] | None = None,
    **fields: Any,
) -> Timeline:
    body = {"webhookUrl": "https://app.example.com/hook", "scenes": list(scenes), "output": {"fps": fps}} | fields
    return make_timeline(parse_request(body), MEDIA, spoken or {}, limits=limits)


def cut(seconds: float, **fields: Any) -> dict[str, Any]:
    return {"text": "a", "duration": seconds, "transition": {"type": "none"}, **fields}


def fade(seconds: float, overlap: float) -> dict[str, Any]:
    return {"text": "a", "duration": seconds, "transition": {"type": "fade", "duration": overlap}}


def test_scenes_follow_each_other() -> None:
    spans = timeline(cut(1), cut(2)).scenes
    assert [(span.first, span.frames, span.overlap) for span in spans] == [(0, 30, 0), (30, 60, 0)]


def test_a_transition_is_shared_by_both_scenes() -> None:
    line = timeline(fade(2, 1), fade(3, 0.5), cut(2))
    assert [(span.first, span.frames, span.overlap) for span in line.scenes] == [
        (0, 60, 30),
        (30, 90, 15),
        (105, 60, 0),
    ]
    assert line.frames == 165
    assert line.seconds == 5.5


@pytest.mark.parametrize("fps", [1, 24, 30, 59, 60])
def test_rounding_never_adds_up(fps: int) -> None:
    """200 scenes of a length that is no whole number of frames end within half a frame of the true end."""
    line = timeline(*[fade(1.234, 0.321) for _ in range(200)], fps=fps)
    true_end = 200 * 1.234 - 199 * 0.321
    assert abs(line.frames - true_end * fps) <= 0.5 + 1e-3
    for before, after in zip(line.scenes, line.scenes[1:], strict=False):
        assert after.first == before.end - before.overlap


@pytest.mark.parametrize("fps", [24, 25, 30, 60])
def test_the_sound_is_as_long_as_the_picture(fps: int) -> None:
    line = timeline(cut(1.23), cut(2.34), fps=fps)
    assert abs(line.samples - line.frames * 48_000 / fps) <= 0.5


def test_a_scene_never_vanishes() -> None:
    assert all(span.frames >= 1 for span in timeline(*[fade(1, 0.5)] * 3, *[cut(1)] * 3, fps=1).scenes)


def test_an_auto_scene_is_as_long_as_the_longest_of_its_files() -> None:
    clip = {"type": "video", "src": "asset:clip.mp4", "trim": {"start": 1}, "speed": 0.5}
    sound = {"type": "audio", "src": "asset:sound.wav", "start": 2}
    assert timeline({"elements": [clip, sound]}).seconds == 4.0
    assert timeline({"elements": [{**clip, "speed": 2}, sound]}).seconds == 3.5


def test_an_auto_scene_without_files_has_the_theme_s_length() -> None:
    assert timeline({"text": "a"}).seconds == 4.0


def test_a_transition_that_proves_too_long_for_a_clip_is_shortened() -> None:
    line = timeline({"video": "asset:clip.mp4", "transition": {"type": "fade", "duration": 2}}, cut(10))
    assert line.scenes[0].overlap == 45


def test_elements_end_with_their_scene() -> None:
    early = {"type": "text", "text": "a", "start": 0.5, "duration": 1}
    late = {"type": "text", "text": "a", "start": 1, "duration": 9}
    spans = timeline({"duration": 2, "elements": [early, late]}).scenes[0].elements
    assert [(span.first, span.frames) for span in spans] == [(15, 30), (30, 30)]


def test_a_clip_s_sound_is_crossfaded_with_its_picture() -> None:
    clip = {"video": "asset:clip.mp4", "duration": 3, "transition": {"type": "fade", "duration": 1}}
    first, second = timeline(clip, clip).sounds
    assert (first.at, first.seconds, first.fade_in, first.fade_out) == (0, 3, 0, 1)
    assert (second.at, second.seconds, second.fade_in, second.fade_out) == (2, 3, 1, 0)


def test_what_has_no_sound_is_not_mixed() -> None:
    assert timeline({"video": "asset:mute.mp4"}).sounds == ()
    assert timeline({"elements": [{"type": "video", "src": "asset:clip.mp4", "volume": 0}]}).sounds == ()


@pytest.mark.parametrize(
    ("length", "loop", "seconds", "period"), [(4, True, 4, 1.5), (4, False, 1.5, 0), (1, True, 1, 0), (1, False, 1, 0)]
)
def test_a_soundtrack_lasts_as_long_as_the_video_if_it_loops(
    length: float, loop: bool, seconds: float, period: float
) -> None:
    line = timeline(cut(length), soundtrack={"src": "asset:sound.wav", "loop": loop, "fadeOut": 1})
    assert [(sound.at, sound.seconds, sound.period) for sound in line.sounds] == [(0, seconds, period)]


def test_the_poster_shows_the_middle_of_the_first_scene_or_what_was_asked_for() -> None:
    assert timeline(fade(4, 1), cut(4)).poster_frame == 45
    assert timeline(cut(4), output={"fps": 30, "poster": {"at": 1.5}}).poster_frame == 45
    assert timeline(cut(4), output={"fps": 30, "poster": {"at": 4}}).poster_frame == 119


def test_files_that_make_the_video_too_long_are_refused() -> None:
    clips = [{"video": "asset:clip.mp4", "transition": {"type": "none"}}] * 2
    with pytest.raises(RenderError, match=r"would be 6\.0 s long; the limit is 4 s"):
        timeline(*clips, limits=Limits(max_seconds=4))


def test_a_file_that_alone_is_too_long_is_named() -> None:
    with pytest.raises(
        AssetError, match=r"scenes\[0\]\.video: asset:clip\.mp4 plays for 3 s; the limit is 2 s; trim it"
    ):
        timeline({"video": "asset:clip.mp4"}, limits=Limits(max_seconds=2))


@pytest.mark.parametrize("ducking", [True, False])
def test_only_a_soundtrack_that_asks_for_it_is_ducked(ducking: bool) -> None:
    scene = {"duration": 2, "elements": [{"type": "audio", "src": "asset:sound.wav"}]}
    sounds = timeline(scene, soundtrack={"src": "asset:sound.wav", "ducking": ducking}).sounds
    assert [sound.ducked for sound in sounds] == [False, ducking]


def says(**fields: Any) -> dict[str, Any]:
    return {"text": "a", "voice": {"text": "Hello", **fields}, "transition": {"type": "none"}}


def test_a_scene_lasts_as_long_as_its_voice_and_a_pause() -> None:
    line = timeline(says(start=0.4), says(), spoken={0: 2.0, 1: 1.4})
    assert [span.frames for span in line.scenes] == [90, 60]
    assert [(sound.src, sound.at, sound.seconds) for sound in line.sounds] == [("voice:0", 0.4, 2), ("voice:1", 3, 1.4)]


def test_a_voice_has_ended_when_the_next_scene_comes_in() -> None:
    slow = {**says(), "transition": {"type": "fade", "duration": 1.5}}
    line = timeline(slow, says(), spoken={0: 3.0, 1: 3.0})
    assert line.scenes[0].end - line.scenes[0].overlap == 90
    assert [(sound.fade_in, sound.fade_out) for sound in line.sounds] == [(0, 0), (0, 0)]


def test_a_longer_clip_decides_over_a_shorter_voice() -> None:
    scene = {"video": "asset:clip.mp4", "voice": {"text": "Hello"}}
    assert timeline(scene, spoken={0: 1.0}).seconds == 3


def test_a_voice_that_its_scene_has_no_time_for_is_an_error_that_names_it() -> None:
    message = r"scenes\[1\]\.voice\.text: is spoken until 3\.5 s, and its scene is only 3 s long; write"
    with pytest.raises(VoiceError, match=message):
        timeline(cut(1), {**says(start=0.5), "duration": 3}, spoken={1: 3.0})
