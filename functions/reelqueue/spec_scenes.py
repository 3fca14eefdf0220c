"""What a scene may hold: its background, its elements, how it goes over into the next.

Only what the engine draws stands here. What it cannot draw yet is refused, never ignored.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, ValidationInfo, field_validator, model_validator

from reelqueue.spec_values import (
    Color,
    Fraction,
    Length,
    Model,
    PositiveLength,
    PositiveSeconds,
    SceneDuration,
    Seconds,
    Src,
    Text,
    Volume,
    refusal,
    rules_of,
    shown,
)
from reelqueue.spec_voice import Captions, Voice
from reelqueue.typefaces import FontName

Fit = Literal["cover", "contain", "fill", "none", "blur"]
Shape = Literal["rectangle", "ellipse", "triangle"]
PositionName = Literal[
    "top-left", "top", "top-right", "left", "center", "right", "bottom-left", "bottom", "bottom-right"
]
Easing = Literal["linear", "easeIn", "easeOut", "easeInOut"]
AnimationType = Literal["fade", "slideUp", "slideDown", "slideLeft", "slideRight", "zoom", "typewriter"]
TransitionType = Literal[
    "none", "fade", "fadeblack", "fadewhite", "fadegrays", "fadefast", "fadeslow", "dissolve", "pixelize", "distance",
    "wipeleft", "wiperight", "wipeup", "wipedown", "wipetl", "wipetr", "wipebl", "wipebr",
    "slideleft", "slideright", "slideup", "slidedown", "smoothleft", "smoothright", "smoothup", "smoothdown",
    "coverleft", "coverright", "coverup", "coverdown", "revealleft", "revealright", "revealup", "revealdown",
    "circleopen", "circleclose", "circlecrop", "rectcrop", "radial", "zoomin", "hblur",
    "vertopen", "vertclose", "horzopen", "horzclose", "squeezeh", "squeezev",
    "diagtl", "diagtr", "diagbl", "diagbr", "hlslice", "hrslice", "vuslice", "vdslice",
    "hlwind", "hrwind", "vuwind", "vdwind",
]  # fmt: skip


class Transition(Model):
    """How a scene goes over into the NEXT one; the two overlap. Names as in ffmpeg's xfade filter."""

    type: TransitionType = "fade"
    duration: Annotated[float, Field(gt=0, le=10)] = 0.5

    @property
    def seconds(self) -> float:
        """The length of the overlap: none at all for a cut."""
        return 0.0 if self.type == "none" else self.duration


class KenBurns(Model):
    """A slow, eased move over a picture. ``amount`` is the part of the picture it travels or grows by."""

    direction: Literal["in", "out", "left", "right", "up", "down"] = "in"
    amount: Annotated[float, Field(ge=0, le=0.5)] = 0.12


class Animation(Model):
    """How an element comes in or goes out; ``typewriter`` is for texts, letter by letter."""

    type: AnimationType
    duration: Annotated[float, Field(gt=0, le=10)] = 0.4
    easing: Easing = "easeOut"


class Point(Model):
    """A place in the picture, in pixels or parts of it."""

    x: Length
    y: Length


class Outline(Model):
    color: Color
    width: Annotated[float, Field(gt=0, le=64)] = 2


class Trim(Model):
    """The part of a file that is used, in seconds of the file; to its end when ``end`` is left out."""

    start: Seconds = 0
    end: PositiveSeconds | None = None

    @field_validator("end")
    @classmethod
    def _after_start(cls, end: float | None, info: ValidationInfo) -> float | None:
        start = info.data.get("start")
        if end is not None and start is not None and end <= start:
            raise refusal(f"must be after the start of the trim ({start:g} s)")
        return end


Position = Annotated[
    Annotated[PositionName, Tag("~name")] | Annotated[Point, Tag("~point")],
    Discriminator(lambda value: "~point" if isinstance(value, dict | Point) else "~name"),
]


class Element(Model):
    """What every element has: when it is there, in seconds of its scene."""

    start: Seconds = 0
    duration: PositiveSeconds | None = None


class VisualElement(Element):
    """What every element that is seen has: where it is, and how it comes and goes."""

    position: Position | None = None
    x: Length | None = None
    y: Length | None = None
    width: PositiveLength | None = None
    height: PositiveLength | None = None
    opacity: Fraction = 1
    rotation: Annotated[float, Field(ge=-360, le=360)] = 0
    """Degrees, clockwise, about its centre."""
    enter: Animation | None = None
    exit: Animation | None = None

    @model_validator(mode="after")
    def _one_way_to_place(self) -> VisualElement:
        if (self.x is None) != (self.y is None):
            raise refusal("has only one of x and y; write both (the left upper corner) or use position")
        if self.x is not None and self.position is not None:
            raise refusal("has both position and x, y; keep one of them")
        return self

    @property
    def fills_the_frame(self) -> bool:
        """Nothing is said of its place or size, so it is as large as the picture."""
        return all(value is None for value in (self.position, self.x, self.y, self.width, self.height))


class FramedElement(VisualElement):
    """What pictures, clips and shapes have besides: rounded corners, and a soft shadow."""

    corner_radius: PositiveLength | None = None
    """In pixels, or a part of the shorter side of its box."""
    shadow: bool = False

    @model_validator(mode="after")
    def _letters_are_typed(self) -> FramedElement:
        for name, animation in (("enter", self.enter), ("exit", self.exit)):
            if animation is not None and animation.type == "typewriter":
                raise refusal(f"cannot {name} by typewriter, which is for texts; write fade or another type")
        return self


class TextElement(VisualElement):
    type: Literal["text"]
    text: Text
    style: Literal["title", "subtitle", "body", "caption"] = "body"
    font: FontName | None = None
    size: PositiveLength | None = None
    color: Color | None = None
    align: Literal["left", "center", "right"] | None = None
    max_width: PositiveLength | None = None
    line_height: Annotated[float, Field(ge=0.5, le=4)] | None = None
    background: Color | None = None
    outline: Outline | None = None
    shadow: bool | None = None


class ImageElement(FramedElement):
    type: Literal["image"]
    src: Src
    fit: Fit = "cover"
    ken_burns: KenBurns | None = None


class VideoElement(FramedElement):
    type: Literal["video"]
    src: Src
    fit: Fit = "cover"
    trim: Trim = Trim.model_construct()
    speed: Annotated[float, Field(ge=0.25, le=4)] = 1
    loop: bool = False
    volume: Volume = 1


class AudioElement(Element):
    type: Literal["audio"]
    src: Src
    trim: Trim = Trim.model_construct()
    volume: Volume = 1
    fade_in: Annotated[float, Field(ge=0, le=60)] = 0
    fade_out: Annotated[float, Field(ge=0, le=60)] = 0


class ShapeElement(FramedElement):
    type: Literal["shape"]
    shape: Shape
    color: Color


class ProgressElement(FramedElement):
    """A bar that fills as time passes: that of the video, or of its scene. Full width at the lower edge by itself."""

    type: Literal["progress"]
    of: Literal["video", "scene"] = "video"
    color: Color = "accent"
    background: Color = "#00000055"


class WaveformElement(FramedElement):
    """Bars that move with the sound of a file, which it does not play by itself."""

    type: Literal["waveform"]
    src: Src
    color: Color = "accent"
    bars: Annotated[int, Field(ge=3, le=128)] = 48


ELEMENTS: dict[str, type[Element]] = {
    "text": TextElement,
    "image": ImageElement,
    "video": VideoElement,
    "audio": AudioElement,
    "shape": ShapeElement,
    "progress": ProgressElement,
    "waveform": WaveformElement,
}


AnyFramed = ImageElement | VideoElement | ShapeElement | ProgressElement | WaveformElement
WITH_A_FILE = (ImageElement, VideoElement, AudioElement, WaveformElement)


def _kind(value: Any) -> Any:
    return value.get("type") if isinstance(value, dict) else getattr(value, "type", None)


def _has_known_type(value: Any) -> Any:
    names = ", ".join(ELEMENTS)
    kind = _kind(value)
    if isinstance(kind, str) and kind in ELEMENTS:
        return value
    if not isinstance(value, dict):
        raise refusal(f"must be an object with a type ({names}), not {shown(value)}")
    if kind is None:
        raise refusal(f"has no type; write one of {names}")
    raise refusal(f"the type {shown(kind)} is not known; write one of {names}")


AnyElement = Annotated[
    Annotated[TextElement, Tag("~text")]
    | Annotated[ImageElement, Tag("~image")]
    | Annotated[VideoElement, Tag("~video")]
    | Annotated[AudioElement, Tag("~audio")]
    | Annotated[ShapeElement, Tag("~shape")]
    | Annotated[ProgressElement, Tag("~progress")]
    | Annotated[WaveformElement, Tag("~waveform")],
    Discriminator(lambda element: f"~{_kind(element)}"),
    BeforeValidator(_has_known_type),
]


class ColorBackground(Model):
    type: Literal["color"]
    color: Color


class GradientBackground(Model):
    """A linear gradient as in CSS: 0 degrees runs to the top, 90 to the right."""

    type: Literal["gradient"]
    colors: Annotated[tuple[Color, ...], Field(min_length=2, max_length=8, strict=False)]
    angle: Annotated[float, Field(ge=-360, le=360)] = 180


def _is_background(value: Any) -> Any:
    if isinstance(value, str) or _kind(value) in ("color", "gradient"):
        return value
    raise refusal(
        'must be a colour such as "#0B1020", or an object of type color or gradient; '
        "for a picture behind everything use an image as the first element"
    )


Background = Annotated[
    Annotated[Color, Tag("~name")]
    | Annotated[ColorBackground, Tag("~color")]
    | Annotated[GradientBackground, Tag("~gradient")],
    Discriminator(lambda value: "~name" if isinstance(value, str) else f"~{_kind(value)}"),
    BeforeValidator(_is_background),
]


class Scene(Model):
    """One scene: its elements are painted in their order, later on top."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")] | None = None
    duration: SceneDuration = "auto"
    background: Background | None = None
    elements: Annotated[tuple[AnyElement, ...], Field(strict=False)] = ()
    transition: Transition | None = None
    voice: Voice | None = None
    captions: Captions | None = None

    @field_validator("elements", mode="before")
    @classmethod
    def _not_too_many(cls, elements: Any, info: ValidationInfo) -> Any:
        rules = rules_of(info)
        if rules and isinstance(elements, list) and len(elements) > rules.limits.max_elements:
            raise refusal(f"holds {len(elements)} elements; the limit is {rules.limits.max_elements} a scene")
        return elements

    @property
    def length_is_in_its_files(self) -> bool:
        """Its length is known only when its clips have been probed and its voice has spoken."""
        return self.duration == "auto" and (
            self.voice is not None or any(isinstance(element, VideoElement | AudioElement) for element in self.elements)
        )
