"""How things move, as functions of the frame: easing, Ken Burns, coming in and going out. Pure.

Nothing is rounded to whole pixels here: that is what makes slow moves smooth.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reelqueue.spec_scenes import Animation, Easing, ImageElement
    from reelqueue.themes import Theme


@dataclass(frozen=True)
class Pose:
    """How an element stands in one frame: moved by parts of the picture's height, scaled about its centre.

    ``typed`` is the part of its letters that are there.
    """

    opacity: float = 1.0
    dx: float = 0.0
    dy: float = 0.0
    scale: float = 1.0
    typed: float = 1.0

    @property
    def at_rest(self) -> bool:
        return self.dx == 0 and self.dy == 0 and self.scale == 1


# How far a slide travels, as a part of the shorter side; how small a zoom starts.
_SLIDE = 0.06
_ZOOM = 0.85
_SLIDES = {"slideUp": (0.0, 1.0), "slideDown": (0.0, -1.0), "slideLeft": (1.0, 0.0), "slideRight": (-1.0, 0.0)}


def ease(easing: Easing, at: float) -> float:
    """The eased part (0 to 1) of a movement at this part of its time (0 to 1)."""
    if easing == "easeIn":
        return at**3
    if easing == "easeOut":
        return 1 - (1 - at) ** 3
    if easing == "easeInOut":
        return 0.5 - 0.5 * math.cos(math.pi * at)
    return at


def pose(frame: int, frames: int, enter: Animation | None, leave: Animation | None, fps: float) -> Pose:
    """The pose in frame number ``frame`` of an element that is there for ``frames`` frames.

    Coming in and going out share the time of an element that is too short for both.
    """
    length = frames / fps
    wanted = sum(animation.duration for animation in (enter, leave) if animation)
    squeeze = min(1.0, length / wanted) if wanted else 1.0
    # The first frame already shows a little, the last one still does: measured at the frame's middle.
    now = (frame + 0.5) / fps
    if enter and now < enter.duration * squeeze:
        return _posed(enter, now / (enter.duration * squeeze), 1)
    if leave and length - now < leave.duration * squeeze:
        return _posed(leave, (length - now) / (leave.duration * squeeze), -1)
    return Pose()


def _posed(animation: Animation, shown: float, way: int) -> Pose:
    part = ease(animation.easing, shown)
    if animation.type == "typewriter":
        return Pose(typed=part)
    if animation.type == "zoom":
        return Pose(part, scale=_ZOOM + (1 - _ZOOM) * part)
    dx, dy = _SLIDES.get(animation.type, (0.0, 0.0))
    return Pose(part, dx * way * _SLIDE * (1 - part), dy * way * _SLIDE * (1 - part))


@dataclass(frozen=True)
class View:
    """The part of a picture that is seen: its size as a part of the whole, and the place of its left upper corner."""

    size: float
    x: float
    y: float


@dataclass(frozen=True)
class Move:
    """A move over a picture, as ``KenBurns`` tells it."""

    direction: str
    amount: float


def image_move(element: ImageElement, theme: Theme, scene: int, *, animated: bool = False) -> Move | None:
    """The element's own move; else, for a still that fills the frame, the theme's, in and out by turns of scenes."""
    if element.ken_burns is not None or not element.fills_the_frame or element.fit != "cover" or animated:
        own = element.ken_burns
        return None if own is None else Move(own.direction, own.amount)
    return Move(theme.image_motion.direction if scene % 2 == 0 else "out", theme.image_motion.amount)


def ken_burns(move: Move, at: float) -> View:
    """The view at this part (0 to 1) of the move: half eased, so that it neither starts nor stops hard."""
    part = (at + ease("easeInOut", at)) / 2
    grown = 1 + move.amount
    if move.direction in ("in", "out"):
        # Growing by equal factors in equal times looks even; equal steps would seem to slow down.
        zoom = grown ** (part if move.direction == "in" else 1 - part)
        return View(1 / zoom, (1 - 1 / zoom) / 2, (1 - 1 / zoom) / 2)
    room = 1 - 1 / grown
    travelled = room * (part if move.direction in ("right", "down") else 1 - part)
    across = move.direction in ("left", "right")
    return View(1 / grown, travelled if across else room / 2, room / 2 if across else travelled)
