"""Real renders, small and short: what comes out is what was asked for."""

from __future__ import annotations

import re
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from reelqueue.errors import AssetError
from render.engine.control import Control, Stopped
from render.espeak import Espeak

from .conftest import FPS, HEIGHT, WIDTH, Make, Video, run_ffmpeg

CUT = {"type": "none"}


def plain(color: str, seconds: float = 1, **fields: Any) -> dict[str, Any]:
    return {"background": color, "duration": seconds, "transition": CUT, **fields}


def near(color: tuple[int, ...], wanted: str, tolerance: int = 6) -> bool:
    levels = bytes.fromhex(wanted)
    return all(abs(level - want) <= tolerance for level, want in zip(color, levels, strict=True))


def loudness(video: Video, start: float, end: float) -> float:
    samples = video.sound[int(start * 48_000) : int(end * 48_000)]
    return float(np.sqrt((samples**2).mean()))


# The file


def test_the_file_is_what_players_expect(make: Make) -> None:
    video = make(plain("#336699"))
    report = video.report
    assert re.search(r"Video: h264 .*yuv420p\(tv, bt709", report)
    assert re.search(r"Audio: aac .*48000 Hz, stereo", report)
    moov, mdat = (video.rendered.video.read_bytes().index(name) for name in (b"moov", b"mdat"))
    assert moov < mdat


@pytest.mark.parametrize("fps", [24, 30, 60])
def test_picture_and_sound_are_as_long_as_asked_for(make: Make, fps: int) -> None:
    fade = {"type": "fade", "duration": 0.31}
    video = make(
        plain("#000", 1.03, transition=fade),
        plain("#FFF", 1.52),
        output={"fps": fps},
        soundtrack={"src": "asset:tone.wav"},
    )
    seconds = 1.03 + 1.52 - 0.31
    assert abs(len(video.frames) - seconds * fps) <= 0.5
    assert abs(len(video.sound) / 48_000 - len(video.frames) / fps) < 1 / fps
    assert video.rendered.duration == len(video.frames) / fps
    assert (video.rendered.width, video.rendered.height) == (WIDTH, HEIGHT)
    assert video.rendered.bytes == video.rendered.video.stat().st_size


def test_the_poster_is_the_frame_asked_for(make: Make) -> None:
    video = make(plain("#C00000"), plain("#0000C0"), output={"poster": {"at": 1.5}})
    with Image.open(video.rendered.poster) as poster:
        assert poster.format == "JPEG"
        assert poster.size == (WIDTH, HEIGHT)
        assert near(poster.getpixel((5, 5)), "0000C0")


# What is seen


def test_backgrounds_have_their_colours(make: Make) -> None:
    video = make(
        plain("#336699"),
        plain("accent"),
        {
            "background": {"type": "gradient", "colors": ["#000000", "#FFFFFF"], "angle": 90},
            "duration": 1,
        },
        theme={"extends": "minimal", "colors": {"accent": "#C06020"}},
    )
    assert near(video.pixel(0.5), "336699")
    assert near(video.pixel(1.5), "C06020")
    left, middle, right = (video.pixel(2.5, x)[0] for x in (0.02, 0.5, 0.98))
    assert left < 20 < 110 < middle < 145 < 235 < right


def test_elements_are_painted_in_their_order_and_time(make: Make) -> None:
    image = {"type": "image", "src": "asset:red.png", "kenBurns": {"amount": 0}}
    shape = {"type": "shape", "shape": "rectangle", "x": 0, "y": 0, "width": "50%", "height": "100%", "color": "#00F"}
    video = make(plain("#FFFFFF", 2, elements=[{**image, "start": 0.5}, {**shape, "start": 1, "duration": 0.5}]))
    assert near(video.pixel(0.2, 0.25), "FFFFFF")
    assert near(video.pixel(0.8, 0.25), "C00000")
    assert near(video.pixel(1.2, 0.25), "0000FF")
    assert near(video.pixel(1.2, 0.75), "C00000")
    assert near(video.pixel(1.8, 0.25), "C00000")


def test_opacity_lets_the_ground_through(make: Make) -> None:
    shape = {"type": "shape", "shape": "rectangle", "color": "#FFFFFF", "opacity": 0.5}
    assert near(make(plain("#000000", elements=[shape])).pixel(0.5), "808080")


def test_a_clear_part_of_an_image_shows_what_lies_beneath(make: Make) -> None:
    image = {"type": "image", "src": "asset:half.png", "fit": "fill", "kenBurns": {"direction": "in", "amount": 0.1}}
    video = make(plain("#00C000", elements=[image]))
    assert near(video.pixel(0.5, y=0.25), "FFFFFF")
    assert near(video.pixel(0.5, y=0.8), "00C000")


def test_contain_leaves_the_ground_at_the_sides(make: Make) -> None:
    image = {"type": "image", "src": "asset:red.png", "fit": "contain"}
    video = make(plain("#FFFFFF", elements=[image]))
    assert near(video.pixel(0.5), "C00000")
    assert near(video.pixel(0.5, x=0.03), "FFFFFF")


def test_a_photo_stands_upright(make: Make) -> None:
    image = {"type": "image", "src": "asset:upright.jpg", "fit": "contain"}
    video = make(plain("#FFFFFF", elements=[image]))
    assert near(video.pixel(0.5, y=0.25), "0000C8", 14)
    assert near(video.pixel(0.5, y=0.75), "C8C800", 14)


def test_a_clip_plays_and_its_last_frame_stays(make: Make) -> None:
    video = make(plain("#FFFFFF", 3, elements=[{"type": "video", "src": "asset:green.mp4"}]))
    assert len(video.frames) == 3 * FPS
    assert near(video.pixel(0.1), "00C000")
    assert near(video.pixel(2.9), "00C000")


@pytest.mark.parametrize(
    ("fields", "seconds", "turns_at"),
    [({}, 2, 1), ({"trim": {"start": 0.6}}, 1.4, 0.4), ({"speed": 2}, 1, 0.5), ({"speed": 0.5}, 4, 2)],
)
def test_a_clip_is_trimmed_and_paced(make: Make, fields: dict[str, Any], seconds: float, turns_at: float) -> None:
    video = make({"elements": [{"type": "video", "src": "asset:red-blue.mp4", **fields}]})
    assert len(video.frames) == seconds * FPS
    assert near(video.pixel(turns_at - 0.08), "C00000", 12)
    assert near(video.pixel(turns_at + 0.08), "0000C0", 12)


@pytest.mark.parametrize(("kind", "src"), [("video", "asset:green.mp4"), ("image", "asset:red.png")])
def test_a_picture_stays_in_its_box(make: Make, kind: str, src: str) -> None:
    box = {"type": kind, "src": src, "x": "25%", "y": "25%", "width": "50%", "height": "50%"}
    video = make(plain("#FFFFFF", elements=[box]))
    assert not near(video.pixel(0.5), "FFFFFF")
    assert near(video.pixel(0.5, 0.2), "FFFFFF")
    assert near(video.pixel(0.5, 0.8), "FFFFFF")
    assert near(video.pixel(0.5, 0.5, 0.2), "FFFFFF")


def test_text_is_drawn_where_it_belongs(make: Make) -> None:
    text = {"type": "text", "text": "MMMM", "color": "#FF0000", "size": 60, "position": "top"}
    frame = make(plain("#FFFFFF", elements=[text])).frames[FPS // 2].astype(int)
    red = (frame[:, :, 0] > 200) & (frame[:, :, 1] < 60)
    rows = np.flatnonzero(red.any(axis=1))
    assert len(rows)
    assert rows.max() < HEIGHT / 2


def test_snow_falls_in_winter_and_goes_on_through_a_crossfade(make: Make) -> None:
    video = make({"background": "#000", "duration": 1}, {"background": "#000", "duration": 1}, theme="winter")
    lights = [int((frame.max(axis=2) > 100).sum()) for frame in video.frames]
    assert min(lights) > 10
    assert max(lights) < 2 * min(lights)


@pytest.mark.parametrize(
    ("kind", "left", "right"),
    [
        ("fade", "800080", "800080"),
        ("wipeleft", "FF0000", "0000FF"),
        ("wiperight", "0000FF", "FF0000"),
        ("slideleft", "FF0000", "0000FF"),
        ("slideright", "0000FF", "FF0000"),
    ],
)
def test_the_middle_of_a_transition(make: Make, kind: str, left: str, right: str) -> None:
    transition = {"type": kind, "duration": 1}
    video = make(plain("#FF0000", 2, transition=transition), plain("#0000FF", 2), output={"quality": "high"})
    assert near(video.pixel(0.9), "FF0000")
    # 25 frames, the middle one of which is exactly half way.
    assert near(video.pixel(1.49, x=0.2), left, 14)
    assert near(video.pixel(1.49, x=0.8), right, 14)
    assert near(video.pixel(2.1), "0000FF")


# What is heard


def test_silence_is_a_track_too(make: Make) -> None:
    video = make(plain("#000"))
    assert abs(video.sound).max() < 1e-4


def test_a_soundtrack_loops_fades_and_ends_with_the_picture(make: Make) -> None:
    video = make(plain("#000", 3), soundtrack={"src": "asset:tone.wav", "volume": 0.5, "fadeIn": 1, "fadeOut": 1})
    assert loudness(video, 0, 0.1) < 0.2 * loudness(video, 1.2, 1.8)
    assert loudness(video, 2.9, 3) < 0.2 * loudness(video, 1.2, 1.8)


def test_a_loop_has_no_gap_at_its_seams(make: Make) -> None:
    video = make(plain("#000", 3), soundtrack={"src": "asset:tone.m4a"})
    samples = video.sound[480 : 48_000 * 3 - 960, 0]
    loudest = np.abs(samples[: len(samples) // 240 * 240]).reshape(-1, 240).max(axis=1)  # in each 5 ms
    assert loudest.min() > 0.3 * loudest.max()


def test_an_audio_element_sounds_in_its_time_only(make: Make) -> None:
    tone = {"type": "audio", "src": "asset:tone.wav", "start": 1, "trim": {"end": 0.5}}
    video = make(plain("#000", 2.5, elements=[tone]))
    assert loudness(video, 0, 0.9) < 1e-3
    assert loudness(video, 1.05, 1.45) > 0.05
    assert loudness(video, 1.6, 2.5) < 1e-3


def test_a_clip_brings_its_sound_as_loud_as_asked(make: Make) -> None:
    clip = {"type": "video", "src": "asset:green.mp4"}
    video = make(
        plain("#000", 1, elements=[clip]),
        plain("#000", 1, elements=[{**clip, "volume": 0.25}]),
        plain("#000", 1, elements=[{**clip, "volume": 0}]),
    )
    full, quarter, none = (loudness(video, start + 0.1, start + 0.9) for start in (0, 1, 2))
    assert quarter == pytest.approx(full / 4, rel=0.1)
    assert none < 1e-3


def test_sounds_that_add_up_too_loud_are_limited(make: Make) -> None:
    tone = {"type": "audio", "src": "asset:tone.wav", "volume": 4}
    video = make(plain("#000", 1, elements=[tone, tone, tone, tone]))
    assert abs(video.sound).max() < 1.0
    assert len(video.sound) == pytest.approx(48_000, abs=48_000 / FPS)


def test_a_scene_is_spoken_and_lasts_as_long(make: Make) -> None:
    voice = {"text": "See you in the mountains.", "start": 0.5}
    video = make({"text": "See you", "voice": voice}, speaker=Espeak())
    assert 2.2 < video.rendered.duration < 4
    assert loudness(video, 0, 0.4) < 1e-3
    assert loudness(video, 0.6, video.rendered.duration - 0.8) > 0.05
    assert loudness(video, video.rendered.duration - 0.5, video.rendered.duration) < 1e-3


# Progress and stop


def test_progress_rises_and_is_100_only_at_the_end(make: Make) -> None:
    seen: list[float] = []

    class Recording(Control):
        def advance(self, percent: float) -> None:
            super().advance(percent)
            seen.append(self.progress)

    video = make(plain("#000", 4), control=Recording())
    assert seen == sorted(seen)
    assert all(percent < 100 for percent in seen[:-1])
    assert video.control.progress == seen[-1] == 100


class Watching(Control):
    """Remembers every process that a render starts."""

    def __init__(self) -> None:
        super().__init__()
        self.processes: list[subprocess.Popen[bytes]] = []

    def watch(self, process: subprocess.Popen[bytes]) -> None:
        self.processes.append(process)
        super().watch(process)

    @property
    def running(self) -> int:
        return sum(process.poll() is None for process in self.processes)


def test_a_stop_ends_the_render_within_two_seconds_and_leaves_no_process(make: Make) -> None:
    control = Watching()
    outcome: list[BaseException] = []
    clip = {"type": "video", "src": "asset:green.mp4", "speed": 0.25}
    large = {"width": 1280, "height": 720, "quality": "high"}

    def work() -> None:
        try:
            make(plain("#000", 600, elements=[clip]), control=control, output=large)
        except Stopped as stopped:
            outcome.append(stopped)

    worker = threading.Thread(target=work)
    worker.start()
    while control.progress == 0:
        time.sleep(0.02)
    assert control.running >= 1
    before = time.monotonic()
    control.request_stop()
    worker.join(timeout=10)
    assert time.monotonic() - before < 2
    assert [type(result) for result in outcome] == [Stopped]
    assert control.running == 0


def test_a_render_that_was_stopped_before_it_began_does_nothing(make: Make) -> None:
    control = Control()
    control.request_stop()
    with pytest.raises(Stopped):
        make(plain("#000"), control=control)


# Files that cannot be used


@pytest.mark.parametrize(
    ("scene", "pointer", "code", "words"),
    [
        ({"image": "asset:none.jpg"}, "/scenes/0/image", "ASSET_UNAVAILABLE", "asset:none.jpg does not exist"),
        ({"image": "asset:broken.jpg"}, "/scenes/0/image", "ASSET_INVALID", "asset:broken.jpg cannot be decoded"),
        ({"image": "asset:page.html"}, "/scenes/0/image", "ASSET_INVALID", "is not an image that can be read"),
        ({"image": "asset:green.mp4"}, "/scenes/0/image", "ASSET_INVALID", "is not an image that can be read"),
        ({"video": "asset:broken.mp4"}, "/scenes/0/video", "ASSET_INVALID", "is neither a video nor a sound"),
        ({"video": "asset:page.html"}, "/scenes/0/video", "ASSET_INVALID", "is neither a video nor a sound"),
        ({"video": "asset:tone.wav"}, "/scenes/0/video", "ASSET_INVALID", "holds sound but no moving pictures"),
        (
            {"elements": [{"type": "audio", "src": "asset:red.png"}]},
            "/scenes/0/elements/0/src",
            "ASSET_INVALID",
            "is neither a video nor a sound",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_named(
    make: Make, scene: dict[str, Any], pointer: str, code: str, words: str
) -> None:
    with pytest.raises(AssetError) as caught:
        make(scene)
    assert caught.value.code == code
    assert [detail.pointer for detail in caught.value.details] == [pointer]
    assert words in caught.value.message


@pytest.mark.parametrize("kind", ["mp4", "mkv"])
def test_a_clip_that_breaks_off_is_named(make: Make, media: Path, kind: str) -> None:
    whole = media / f"whole.{kind}"
    noise = "nullsrc=s=160x90:r=25:d=6,geq=random(1)*255:128:128"
    run_ffmpeg("-f", "lavfi", "-i", noise, "-preset", "ultrafast", "-movflags", "+faststart", str(whole))
    (media / f"half.{kind}").write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    words = rf"scenes\[1\]\.video: asset:half\.{kind} cannot be decoded after [23]\.\d s"
    with pytest.raises(AssetError, match=words):
        make(plain("#000", 0.5), {"video": f"asset:half.{kind}"})


def test_each_source_is_fetched_once(make: Make, media: Path, tmp_path: Path) -> None:
    make(plain("#000", 0.2, image="asset:red.png"), plain("#000", 0.2, image="asset:red.png"))
    assert len(list((tmp_path / "work-0").glob("asset-*"))) == 1
