"""Random timelines, rendered small: exactly the frames of the plan, in their order, and sound without a seam."""

from __future__ import annotations

import io
import math
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from reelqueue.spec import parse_request
from render.engine.assets import Assets, gather
from render.engine.audio import make_sound
from render.engine.compose import Composer
from render.engine.control import Control
from render.engine.drawings import Drawings
from render.engine.job import Job, Report, Task
from render.engine.material import Material
from render.engine.process import Ffmpeg, find_ffmpeg
from render.engine.segments import make_segments
from render.engine.text import draw_texts
from render.engine.timeline import make_timeline
from render.engine.worker import Worker

# More look longer: TIMELINES=2000.
EXAMPLES = int(os.environ.get("TIMELINES", "200"))
TONE = 440.0
RATE = 48_000

_SECONDS = st.floats(0.01, 2.2).map(lambda seconds: round(seconds, 3))
_SCENES: tuple[dict[str, Any], ...] = (
    {"image": "asset:upright.jpg"},
    {"video": "asset:red-blue.mp4"},
    {"video": "asset:flicker.mp4"},
    {"video": "asset:flicker.mp4"},
    {"background": "#336699"},
    {"elements": [{"type": "shape", "shape": "rectangle", "color": "#F80", "enter": {"type": "slideUp"}}]},
    {"elements": [{"type": "video", "src": "asset:green.mp4", "volume": 0, "speed": 1.3, "opacity": 0.8}]},
)
_TRANSITIONS = st.sampled_from(["none", "fade", "wipeleft", "slideup", "fadeblack", "circleopen"])


@st.composite
def bodies(draw: st.DrawFn) -> dict[str, Any]:
    """A request: one to four scenes of any length, transitions as long as is allowed."""
    fps = draw(st.sampled_from([10, 24, 25, 30, 60]))
    lengths = [max(length, 1 / fps) for length in draw(st.lists(_SECONDS, min_size=1, max_size=4))]
    scenes = []
    for index, length in enumerate(lengths):
        most = min(lengths[index : index + 2]) / 2
        overlap = math.floor(draw(st.floats(0, most)) * 1000) / 1000
        kind = draw(_TRANSITIONS) if overlap > 0 else "none"
        transition = {"type": kind} if kind == "none" else {"type": kind, "duration": overlap}
        shown: dict[str, Any] = draw(st.sampled_from(_SCENES))
        scenes.append({**shown, "duration": length, "transition": transition})
    return _request(draw(st.sampled_from(["minimal", "winter"])), fps, scenes)


def _request(theme: str, fps: int, scenes: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "webhookUrl": "https://app.example.com/hook",
        "theme": theme,
        "scenes": scenes,
        "soundtrack": {"src": "asset:long-tone.wav", "volume": 0.5},
        "output": {"width": 128, "height": 72, "fps": fps, "quality": "high"},
    }


@dataclass(frozen=True)
class Made:
    job: Job
    wanted: list[NDArray[np.uint8]]


@pytest.fixture(scope="module")
def assets(media: Path, tmp_path_factory: pytest.TempPathFactory) -> Assets:
    """All files that a request may name, probed once."""
    long_tone(media / "long-tone.wav")
    flicker(media / "flicker.mp4")
    folder = tmp_path_factory.mktemp("assets")

    def fetch(src: str, target: Path, check: Callable[[], None]) -> None:
        target.symlink_to(media / src.removeprefix("asset:"))

    everything = parse_request(_request("minimal", 25, [{**scene, "duration": 1} for scene in _SCENES]))
    return gather(everything, folder, fetch, Ffmpeg(find_ffmpeg(None), Control(), folder))


def made(body: dict[str, Any], assets: Assets, folder: Path) -> Made:
    """The video of a request, rendered in this process: starting a crew 200 times would take minutes."""
    request = parse_request(body)
    program = find_ffmpeg(None)
    timeline = make_timeline(request, assets.media)
    segments = make_segments(timeline)
    drawings = Drawings(folder)
    draw_texts(request, drawings)
    everything = tuple(range(len(segments)))
    job = Job(request, timeline, segments, everything, assets, folder, program, 1)
    # Backwards, as a crew of many might.
    tasks = [*(Task("segment", segment.index) for segment in reversed(segments)), Task("join")]
    make_sound(timeline, assets.paths, request.output, job.sound, Ffmpeg(program, Control(), folder))
    reports = io.BytesIO()
    material = Material.of(request, timeline, assets, drawings)
    Worker(job, material, reports).run(io.BytesIO(b"".join(task.line() for task in tasks)))
    told = [Report.from_line(line) for line in reports.getvalue().splitlines()]
    assert [report.error for report in told if report.kind == "error"] == []
    assert sum(report.frames for report in told) == timeline.frames
    composer = Composer(material)
    wanted = [composer.frame(segment, number).buffer.copy() for segment in segments for number in range(segment.frames)]
    composer.close()
    return Made(job, wanted)


def long_tone(target: Path) -> None:
    wave = np.sin(2 * np.pi * TONE * np.arange(15 * RATE) / RATE) * 0.5
    with av.open(str(target), "w") as file:
        stream = file.add_stream("pcm_s16le", rate=RATE, layout="stereo")
        samples = np.repeat(np.rint(wave * 32767).astype(np.int16), 2)[None, :]
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="stereo")
        frame.sample_rate = RATE
        file.mux(stream.encode(frame))
        file.mux(stream.encode(None))


def flicker(target: Path) -> None:
    """A clip of which no frame is like another: black and white squares by chance."""
    chance = np.random.default_rng(1)
    with av.open(str(target), "w") as file:
        stream = file.add_stream("libx264", rate=60, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 128, 72, "yuv420p"
        for _ in range(160):
            squares = np.kron(chance.integers(0, 2, (9, 16)), np.ones((8, 8))) * 200 + 20
            picture = np.repeat(squares.astype(np.uint8)[:, :, None], 3, axis=2)
            file.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        file.mux(stream.encode(None))


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(body=bodies())
def test_every_frame_is_where_the_plan_says_and_no_join_is_heard(assets: Assets, body: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        video = made(body, assets, Path(folder))
        with av.open(str(video.job.video)) as file:
            shown = [(frame.time, _levels(frame)) for frame in file.decode(video=0)]
        with av.open(str(video.job.video)) as file:
            ends = tuple(float((track.duration or 0) * (track.time_base or 0)) for track in file.streams)
            heard = np.concatenate([frame.to_ndarray()[0] for frame in file.decode(audio=0)])
    timeline = video.job.timeline
    fps = timeline.fps
    assert [round((time or 0) * fps, 2) for time, _ in shown] == list(range(timeline.frames))
    # The last block of AAC holds more samples than are to be heard; the file says how many are.
    assert timeline.samples <= len(heard) < timeline.samples + 1024
    assert ends == pytest.approx((timeline.frames / fps,) * 2, abs=0.5 / fps)
    _no_frame_is_another_s([picture for _, picture in shown], video.wanted)
    _goes_on_as_a_tone(heard[: timeline.samples])


def _levels(frame: av.VideoFrame) -> NDArray[np.uint8]:
    return np.asarray(frame.to_ndarray(format="yuv420p"), np.uint8).ravel()


def _no_frame_is_another_s(shown: list[NDArray[np.uint8]], wanted: list[NDArray[np.uint8]]) -> None:
    """Each frame is most like the one that was painted for it, among its neighbours."""
    for number, picture in enumerate(shown):
        own, *others = (
            float(np.abs(picture.astype(np.int16) - wanted[other]).mean())
            for other in (number, number - 1, number + 1)
            if 0 <= other < len(wanted)
        )
        assert own <= min(others, default=own) + 0.25, f"frame {number}"


def _goes_on_as_a_tone(samples: NDArray[np.float32]) -> None:
    """A tone is foretold by its last two samples; a click is not."""
    inner = samples[2048:-2048]
    if len(inner) < 3:
        return
    foretold = 2 * math.cos(2 * math.pi * TONE / RATE) * inner[1:-1] - inner[:-2]
    assert float(np.abs(inner[2:] - foretold).max()) < 0.01
