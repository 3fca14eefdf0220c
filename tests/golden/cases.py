"""One small request for each feature, and the moments at which it is looked at, in seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_args

from reelqueue.spec_scenes import AnimationType, Fit, KenBurns, PositionName, Shape, TransitionType
from reelqueue.spec_voice import CaptionStyle
from reelqueue.themes import ThemeName

Scene = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """A request's scenes and theme, looked at at these times."""

    name: str
    scenes: tuple[Scene, ...]
    times: tuple[float, ...]
    theme: Any = "minimal"
    size: tuple[int, int] = (256, 144)


PHOTO = {"type": "image", "src": "asset:photo.jpg", "kenBurns": {"amount": 0}}
STILL = {"duration": 2, "elements": [PHOTO]}


def _title(**fields: Any) -> Scene:
    return {"duration": 2, "elements": [{"type": "text", "text": "Ship it", "style": "title", **fields}]}


def _boxed(**fields: Any) -> Scene:
    """A picture in a box of its own."""
    return {"duration": 2, "elements": [{**PHOTO, "x": "20%", "y": "15%", "width": "60%", "height": "70%", **fields}]}


def _cases() -> list[Case]:
    cases = []
    for theme in get_args(ThemeName):
        scenes = (
            {"text": "The new season", "duration": 2},
            {"image": "asset:photo.jpg", "text": "Up to 50 % off", "duration": 2},
        )
        cases.append(Case(f"theme-{theme}", scenes, (1.0, 3.0), theme))
    for transition in get_args(TransitionType):
        scenes = (
            {**STILL, "transition": {"type": transition, "duration": 0.9}},
            {"duration": 2, "background": {"type": "gradient", "colors": ["#0B4F6C", "#F2C14E"], "angle": 60}},
        )
        cases.append(Case(f"transition-{transition}", scenes, (1.3, 1.6, 1.85), size=(192, 108)))
    for kind in get_args(AnimationType):
        enter = {"type": kind, "duration": 0.8, "easing": "linear"}
        cases.append(Case(f"enter-{kind}", (_title(enter=enter),), (0.15, 0.4, 1.0)))
        cases.append(Case(f"exit-{kind}", (_title(exit=enter),), (1.0, 1.6, 1.85)))
    for direction in get_args(KenBurns.model_fields["direction"].annotation):
        move = {"direction": direction, "amount": 0.4}
        cases.append(
            Case(f"kenburns-{direction}", ({"duration": 2, "elements": [PHOTO | {"kenBurns": move}]},), (0, 1.9))
        )
    for fit in get_args(Fit):
        cases.append(Case(f"fit-{fit}", (_boxed(src="asset:tall.jpg", fit=fit),), (1.0,)))
        clip = {"duration": 1, "elements": [{"type": "video", "src": "asset:clip.mp4", "fit": fit}]}
        cases.append(Case(f"clip-{fit}", (clip,), (0.5,), size=(108, 192)))
    for place in get_args(PositionName):
        cases.append(Case(f"position-{place}", (_title(style="body", position=place),), (1.0,), size=(192, 108)))
    for shape in get_args(Shape):
        one = {
            "type": "shape",
            "shape": shape,
            "x": "25%",
            "y": "20%",
            "width": "50%",
            "height": "60%",
            "color": "accent",
        }
        cases.append(Case(f"shape-{shape}", ({"duration": 1, "elements": [one]},), (0.5,)))
        cases.append(
            Case(
                f"shape-{shape}-turned",
                ({"duration": 1, "elements": [one | {"rotation": 25, "shadow": True}]},),
                (0.5,),
            )
        )
    for style in get_args(CaptionStyle):
        words = [{"text": word, "start": 0.2 + 0.4 * number} for number, word in enumerate(("We", "ship", "today"))]
        cue = {"start": 0.1, "end": 1.8, "text": "We ship today", "words": words}
        scene = {**STILL, "captions": {"cues": [cue], "style": style}}
        cases.append(Case(f"captions-{style}", (scene,), (0.3, 0.8, 1.3)))
    cases.append(
        Case("captions-top", ({**STILL, "captions": {"src": "asset:cues.vtt", "position": "top"}},), (0.5, 1.5))
    )
    cases += [
        Case("image-corners", (_boxed(cornerRadius=16),), (1.0,)),
        Case("image-corners-round", (_boxed(cornerRadius="50%", width="39%", height="70%"),), (1.0,)),
        Case("image-shadow", (_boxed(shadow=True, cornerRadius=8),), (1.0,)),
        Case("image-turned", (_boxed(rotation=-12),), (1.0,)),
        Case("image-moving-corners", (_boxed(kenBurns={"direction": "in", "amount": 0.3}, cornerRadius=20),), (0, 1.9)),
        Case("image-opacity", (_boxed(opacity=0.4),), (1.0,)),
        Case("image-alpha", (_boxed(src="asset:half.png", fit="contain"),), (1.0,)),
        Case("image-profile", (_boxed(src="asset:wide-gamut.jpg"),), (1.0,)),
        Case("image-upright", (_boxed(src="asset:upright.jpg", fit="contain"),), (1.0,)),
        Case("image-gif", (_boxed(src="asset:spin.gif", fit="contain"),), (0.05, 0.25, 0.65)),
        Case("image-webp", (_boxed(src="asset:spin.webp", fit="contain"),), (0.05, 0.25, 0.65)),
        Case("clip-alpha", ({"duration": 1, "background": "#F2C14E", "elements": [{"type": "video", "src": "asset:round.mov"}]},), (0.5,)),
        *(
            Case(f"clip-alpha-{name}", ({"duration": 1, "background": "#F2C14E", "elements": [{"type": "video", "src": f"asset:round-{name}.webm"}]},), (0.5,))
            for name in ("vp8", "vp9")
        ),
        Case("clip-loop", ({"duration": 2, "elements": [{"type": "video", "src": "asset:clip.mp4", "loop": True}]},), (0.2, 1.2)),
        Case("clip-speed", ({"duration": 1, "elements": [{"type": "video", "src": "asset:clip.mp4", "speed": 2}]},), (0.2, 0.4)),
        Case("clip-trim", ({"duration": 1, "elements": [{"type": "video", "src": "asset:clip.mp4", "trim": {"start": 0.5}}]},), (0.2,)),
        Case("text-veil", ({"duration": 1, "elements": [PHOTO, {"type": "text", "text": "Over it", "style": "title", "color": "#FFF"}]},), (0.5,)),
        Case("text-panel", (_title(background="#0B4F6C", color="#FFF"),), (1.0,)),
        Case("text-outline", (_title(outline={"color": "accent", "width": 2}),), (1.0,)),
        Case("text-shadow", (_title(shadow=True),), (1.0,)),
        Case("text-turned", (_title(rotation=30),), (1.0,)),
        Case("text-right", (_title(align="right", width="80%", text="Two lines\nof text"),), (1.0,)),
        Case("text-scripts", (_title(style="body", text="Ω Ж שלום مرحبا नमस्ते ไทย 日本 한국 👩🏽‍🚀 🇵🇹"),), (1.0,)),
        Case("text-fonts", (_title(),), (1.0,), {"extends": "minimal", "fonts": {"heading": "Play"}}),
        Case("background-gradient", ({"duration": 1, "background": {"type": "gradient", "colors": ["#E63946", "#F1FAEE", "#1D3557"], "angle": 30}},), (0.5,)),
        Case("background-color", ({"duration": 1, "background": "accent"},), (0.5,)),
        Case("progress", (STILL, {**STILL, "elements": [PHOTO, {"type": "progress", "height": "6%"}]}), (2.5, 3.2)),
        Case("progress-scene", ({"duration": 2, "elements": [{"type": "progress", "of": "scene", "height": "6%", "cornerRadius": "50%", "width": "80%", "position": "center"}]},), (0.5, 1.5)),
        Case("waveform", ({"duration": 2, "elements": [{"type": "waveform", "src": "asset:music.m4a", "x": "10%", "y": "30%", "width": "80%", "height": "40%", "bars": 24}]},), (0.5, 1.5)),
        Case("logo", (STILL,), (1.0,), {"extends": "minimal", "logo": {"src": "asset:half.png", "width": "16%"}}),
        Case("logo-place", (STILL,), (1.0,), {"extends": "minimal", "logo": {"src": "asset:half.png", "position": "bottom-left", "opacity": 0.5}}),
        Case("portrait", ({"image": "asset:photo.jpg", "text": "A caption that needs two lines", "duration": 2},), (1.0,), "winter", (144, 256)),
    ]  # fmt: skip
    return cases


CASES = {case.name: case for case in _cases()}
