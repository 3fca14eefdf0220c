"""A segment's fingerprint: it changes with everything that is seen, and with nothing else."""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reelqueue.spec import VideoRequest, parse_request
from render.engine import version
from render.engine.assets import Assets
from render.engine.cues import cues_of
from render.engine.fingerprint import fingerprints
from render.engine.probe import ImageFacts, MediaFacts
from render.engine.segments import Segment, make_segments
from render.engine.timeline import make_timeline

Body = dict[str, Any]
FUNCTIONS = Path(__file__).parents[3] / "functions"


CUE = {"start": 0, "end": 1, "text": "The very end"}


def body() -> Body:
    """Three scenes of 2 s, of everything that there is, going over into each other for 0.5 s."""
    fade = {"type": "fade", "duration": 0.5}
    image = {"type": "image", "src": "asset:photo"}
    clip = {"type": "video", "src": "asset:clip", "trim": {"start": 1, "end": 3}, "opacity": 0.5}
    text = {"type": "text", "text": "Hello", "style": "caption", "start": 0.5, "enter": {"type": "fade"}}
    return {
        "webhookUrl": "https://app.example.com/hook",
        "theme": {"extends": "minimal", "colors": {"accent": "#C06020"}},
        "output": {"width": 320, "height": 180, "fps": 10, "quality": "draft"},
        "scenes": [
            {"id": "one", "duration": 2, "background": "#102030", "elements": [image, text], "transition": fade},
            {"duration": 2, "elements": [clip, {"type": "audio", "src": "asset:tone"}], "transition": fade},
            {"text": "The end", "duration": 2, "voice": {"text": "The end."}, "captions": {"cues": [CUE]}},
        ],
    }


def assets(request: VideoRequest, contents: dict[str, str] | None = None) -> Assets:
    """Files that hold what their names say, unless told otherwise."""
    sources = [str(element.src) for scene in request.scenes for element in scene.elements if hasattr(element, "src")]
    sources += [request.soundtrack.src] if request.soundtrack else []
    digests = {src: (contents or {}).get(src, f"content of {src.rpartition(':')[2]}") for src in sources}
    paths = {src: Path(f"asset-{number}") for number, src in enumerate(sources)}
    images = {src: ImageFacts(400, 300) for src in sources if "photo" in digests[src]}
    lengths = {src: 1 if "tone" in digests[src] else 4 for src in sources}
    media = {src: MediaFacts(lengths[src], True, 160, 90) for src in sources if "photo" not in digests[src]}
    return Assets(paths, digests, images, media)


def named(sent: Body, contents: dict[str, str] | None = None, engine: str = "1") -> list[tuple[Segment, str]]:
    """The segments of a request, each with its fingerprint."""
    request = parse_request(sent)
    files = assets(request, contents)
    timeline = make_timeline(request, files.media)
    segments = make_segments(timeline)
    cues = cues_of(request, timeline, files)
    return list(zip(segments, fingerprints(request, timeline, segments, files, engine, cues), strict=True))


def prints(sent: Body, contents: dict[str, str] | None = None, engine: str = "1") -> list[str]:
    return [name for _, name in named(sent, contents, engine)]


def changed(place: str, value: Any) -> Body:
    """The body with another value at a place such as ``scenes.0.elements.1.text``."""
    sent: Any = copy.deepcopy(body())
    *way, last = (int(step) if step.isdigit() else step for step in place.split("."))
    inner = sent
    for step in way:
        inner = inner[step]
    inner[last] = value
    return dict(sent)


# Segments: scene 0, into 1, scene 1, into 2, scene 2.
OF_0, OF_1, OF_2, ALL = {0, 1}, {1, 2, 3}, {3, 4}, {0, 1, 2, 3, 4}


@pytest.mark.parametrize(
    ("place", "value", "touched"),
    [
        ("output.width", 322, ALL),
        ("output.height", 182, ALL),
        ("output.quality", "low", ALL),
        ("theme", "minimal", ALL),
        ("theme", {"extends": "minimal", "colors": {"background": "#FFF"}}, ALL),
        ("scenes.0.background", "#112131", OF_0),
        ("scenes.0.background", {"type": "gradient", "colors": ["#000", "#FFF"], "angle": 3}, OF_0),
        ("scenes.0.elements.1.text", "Hallo", OF_0),
        ("scenes.0.elements.1.style", "title", OF_0),
        ("scenes.0.elements.1.start", 0.7, OF_0),
        ("scenes.0.elements.1.duration", 1, OF_0),
        ("scenes.0.elements.1.enter", {"type": "zoom"}, OF_0),
        ("scenes.0.elements.1.position", "top", OF_0),
        ("scenes.0.elements.1.color", "accent", OF_0),
        ("scenes.0.elements.0.fit", "contain", OF_0),
        ("scenes.0.elements.0.kenBurns", {"direction": "left"}, OF_0),
        ("scenes.0.elements.0.opacity", 0.9, OF_0),
        ("scenes.1.elements.0.trim", {"start": 1.5}, OF_1),
        ("scenes.1.elements.0.speed", 1.5, OF_1),
        ("scenes.1.elements.0.width", "50%", OF_1),
        ("scenes.0.transition", {"type": "wipeleft", "duration": 0.5}, {1}),
        ("scenes.2.text", "The End", OF_2),
        ("scenes.2.captions.cues.0.text", "The very End", OF_2),
        ("scenes.2.captions.cues.0.end", 1.5, OF_2),
        ("scenes.2.captions.style", "karaoke", OF_2),
        ("scenes.2.captions.position", "top", OF_2),
    ],
)
def test_what_is_seen_counts_where_it_is_seen(place: str, value: Any, touched: set[int]) -> None:
    before, after = prints(body()), prints(changed(place, value))
    assert {index for index, names in enumerate(zip(before, after, strict=True)) if names[0] != names[1]} == touched


def test_the_order_of_elements_counts() -> None:
    elements = body()["scenes"][0]["elements"]
    assert prints(changed("scenes.0.elements", elements[::-1]))[0] != prints(body())[0]


def test_the_rate_counts_everywhere() -> None:
    assert not set(prints(changed("output.fps", 12))) & set(prints(body()))


def test_the_content_of_a_file_counts_for_its_scene() -> None:
    before, after = prints(body()), prints(body(), {"asset:clip": "another clip"})
    assert [old == new for old, new in zip(before, after, strict=True)] == [True, False, False, False, True]


def test_the_engine_counts_everywhere() -> None:
    assert not set(prints(body())) & set(prints(body(), engine="2"))


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("webhookUrl", "https://elsewhere.example.com/"),
        ("metadata", {"order": 7}),
        ("priority", "high"),
        ("timeoutSeconds", 100),
        ("cache", False),
        ("expiresInSeconds", 100),
        ("soundtrack", {"src": "asset:tone", "volume": 0.5}),
        ("output.poster", {"at": 1}),
        ("scenes.0.id", "uno"),
        ("scenes.1.elements.0.volume", 0.5),
        ("scenes.1.elements.1", {"type": "audio", "src": "asset:tone", "volume": 0.5}),
        ("scenes.1.elements", body()["scenes"][1]["elements"][:1]),
        ("scenes.1.elements", body()["scenes"][1]["elements"][::-1]),
        ("scenes.1.duration", "auto"),
        ("scenes.2.transition", {"type": "fade", "duration": 1}),
    ],
)
def test_what_is_not_seen_does_not_count(place: str, value: Any) -> None:
    assert prints(changed(place, value)) == prints(body())


def test_the_name_of_a_file_does_not_count() -> None:
    sent = changed("scenes.1.elements.0.src", "https://cdn.example.com/clip.mp4")
    assert prints(sent, {"https://cdn.example.com/clip.mp4": "content of clip"}) == prints(body())


def test_a_change_of_one_scene_of_ten_touches_it_and_its_two_transitions() -> None:
    scenes = [{"text": f"Scene {number}", "duration": 1} for number in range(10)]
    other = [*scenes[:4], {"text": "Changed", "duration": 1}, *scenes[5:]]
    before, after = (named({**body(), "scenes": each}) for each in (scenes, other))
    touched = [old for (old, name), (_, new) in zip(before, after, strict=True) if name != new]
    assert [(segment.scene, segment.into_next) for segment in touched] == [(3, True), (4, False), (4, True)]


def tail(theme: str, scenes: list[Body]) -> set[str]:
    """The fingerprints of the last scene."""
    found = named({**body(), "theme": theme, "scenes": scenes})
    return {name for segment, name in found if segment.scene == len(scenes) - 1}


LAST = {"text": "Last", "duration": 1}


@pytest.mark.parametrize(("theme", "same"), [("minimal", True), ("winter", False)])
def test_the_place_in_the_video_counts_only_where_snow_falls(theme: str, same: bool) -> None:
    before, after = (tail(theme, [{"text": "First", "duration": seconds}, LAST]) for seconds in (2, 3))
    assert (before == after) is same


PHOTO = {"image": "asset:photo", "duration": 1}


@pytest.mark.parametrize(
    ("last", "same"),
    [
        (LAST, True),
        (PHOTO, False),
        ({"elements": [{"type": "image", "src": "asset:photo", "kenBurns": {"amount": 0.1}}], "duration": 1}, True),
        ({"elements": [{"type": "image", "src": "asset:photo", "width": "50%"}], "duration": 1}, True),
    ],
)
def test_the_turn_of_the_theme_s_move_counts_only_where_it_moves_a_picture(last: Body, same: bool) -> None:
    cut = {"transition": {"type": "none"}}
    before, after = (tail("minimal", [{"text": "x", "duration": 1, **cut}] * count + [last]) for count in (1, 2))
    assert (before == after) is same


# The engine's version


@pytest.fixture(autouse=True)
def _forget_the_version() -> None:
    version.engine_version.cache_clear()


@pytest.mark.parametrize(
    "change",
    [
        lambda path: path.write_text("# painted otherwise\n"),
        lambda path: path.rename(path.with_name("renamed.py")),
    ],
)
def test_the_version_follows_the_source(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, change: Callable[[Path], object]
) -> None:
    source = tmp_path / "paint.py"
    source.write_text("# painted\n")
    monkeypatch.setattr(version, "source_files", lambda: sorted(tmp_path.iterdir()))
    before = version.engine_version()
    version.engine_version.cache_clear()
    change(source)
    assert version.engine_version() != before


def test_the_version_follows_each_library(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {version.engine_version()}
    for newer in version.LIBRARIES:
        version.engine_version.cache_clear()
        monkeypatch.setattr(version, "version", lambda name, newer=newer: "99" if name == newer else "1")
        found.add(version.engine_version())
    assert len(found) == 1 + len(version.LIBRARIES)


def test_the_version_covers_all_libraries_of_the_render() -> None:
    wanted = re.findall(r"^([\w-]+)==", (FUNCTIONS / "render" / "requirements.txt").read_text(), re.MULTILINE)
    # ffmpeg as a program makes sound, and facts about files, which are in the fingerprint themselves.
    assert sorted({*version.LIBRARIES, "imageio-ffmpeg"}) == sorted(wanted)


def test_the_version_covers_all_that_the_engine_imports() -> None:
    covered = {path.resolve() for path in version.source_files()}
    engine = sorted((FUNCTIONS / "render" / "engine").glob("*.py"))
    assert covered >= set(engine)
    for path in engine:
        for node in ast.walk(ast.parse(path.read_text())):
            module = node.module if isinstance(node, ast.ImportFrom) else None
            if module and module.startswith("reelqueue.") and module != "reelqueue.errors":
                assert FUNCTIONS / f"{module.replace('.', '/')}.py" in covered, (path.name, module)
