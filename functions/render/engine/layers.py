"""The elements of a scene as layers: decoded, scaled and drawn once, then painted frame by frame."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from render.engine.animated import AnimatedPicture
from render.engine.clip import ClipReader
from render.engine.frame import Frame
from render.engine.geometry import Box, Fitted
from render.engine.motion import Move, Pose, ken_burns, pose
from render.engine.planes import Picture, View, from_pixels, moved, paint

if TYPE_CHECKING:
    from reelqueue.spec_scenes import Animation

Source = Callable[[int], Picture]
Views = Callable[[int], View]

_ABSENT = Pose(opacity=0)
_KEPT = 1.06
# Shrunk by less than this, a picture looks the same whether the mean of each area is taken or two pixels are looked at
# (51 dB apart), which takes a sixth of the time.
_MUCH = 1.5


@dataclass(frozen=True)
class Layer:
    """An element in its box: where its pictures come from, when it is there, how it comes and goes.

    ``views`` gives its pictures as views of a larger one, where they are that: opaque ones are painted faster.
    ``clip`` is the file that its pictures come from, ``bare`` the same where they are the file's own frames. ``solid``:
    its pictures fill the frame and cannot be seen through. ``letters`` gives a text of which only a part is typed.
    ``pictorial``: nobody knows what colours it has.
    """

    source: Source
    x: int
    y: int
    first: int
    frames: int
    fps: int
    opacity: float = 1.0
    enter: Animation | None = None
    leave: Animation | None = None
    moving: bool = False
    views: Views | None = None
    clip: ClipReader | None = None
    bare: ClipReader | None = None
    solid: bool = False
    letters: Callable[[float], Picture] | None = None
    pictorial: bool = False

    def stays(self, scene_frames: int) -> bool:
        """It is there, at rest, in every frame of its scene."""
        whole = self.first == 0 and self.frames >= scene_frames
        return whole and self.enter is None and self.leave is None

    def is_still(self, scene_frames: int) -> bool:
        """It looks the same in every frame of its scene, so it can become part of the backdrop."""
        return self.stays(scene_frames) and not self.moving

    def hides(self, scene_frames: int) -> bool:
        """Nothing that lies beneath it is ever seen."""
        return self.stays(scene_frames) and self.solid and self.opacity == 1

    def state(self, number: int) -> Pose | None:
        """How it looks in frame ``number`` of its scene: equal states look alike, and None like no other frame."""
        own = number - self.first
        if not 0 <= own < self.frames:
            return _ABSENT
        if self.moving and not (self.clip and self.clip.stays(own)):
            return None
        return pose(own, self.frames, self.enter, self.leave, self.fps)

    def is_there(self, number: int) -> bool:
        return 0 <= number - self.first < self.frames

    def bare_clip(self, number: int, size: tuple[int, int]) -> av.VideoFrame | None:
        """The clip's own frame, when in frame ``number`` of the scene it fills a picture of this size as it is."""
        own = number - self.first
        if self.bare is None or not self.solid or self.bare.box != Box(0, 0, *size) or self.opacity < 1:
            return None
        now = pose(own, self.frames, self.enter, self.leave, self.fps)
        return self.bare.frame(own) if now == Pose() else None

    def paint(self, frame: Frame, number: int) -> None:
        """Paint this element as it is in frame ``number`` of its scene."""
        own = number - self.first
        if not 0 <= own < self.frames:
            return
        now = pose(own, self.frames, self.enter, self.leave, self.fps)
        x, y = self.x, self.y
        if self.views and now.at_rest and self.opacity * now.opacity == 1 and (view := self.views(own)).opaque:
            view.show(frame, x, y)
            return
        picture = self.letters(now.typed) if self.letters and now.typed < 1 else self.source(own)
        if not now.at_rest:
            short = min(frame.width, frame.height)
            picture, x, y = moved(picture, x, y, now.dx * short, now.dy * short, now.scale)
        paint(frame, picture, x, y, self.opacity * now.opacity)


def still(pixels: NDArray[np.uint8], x: int, y: int) -> tuple[Source, int, int]:
    """RGBA pixels at any place, as a picture at an even place with even sides."""
    left, top = x % 2, y % 2
    right, bottom = (left + pixels.shape[1]) % 2, (top + pixels.shape[0]) % 2
    if left or top or right or bottom:
        pixels = np.pad(pixels, ((top, bottom), (left, right), (0, 0)))
    picture = from_pixels(np.ascontiguousarray(pixels))
    return (lambda _: picture), x - left, y - top


def image_source(image: NDArray[np.uint8], fitted: Fitted) -> Source:
    """A picture in its box."""
    source = from_pixels(_scaled(image, fitted, _kept_size(fitted, None)))
    return lambda _: source


def image_views(image: NDArray[np.uint8], fitted: Fitted, move: Move, frames: int) -> Views:
    """A picture that moves slowly in its box, over ``frames`` frames.

    It is scaled once, and kept larger by the amount of the move, so that the closest view has all its pixels, and a
    little more than that: in steps of one pixel, all of it would by turns be sharp and soft.
    """
    source, size = from_pixels(_scaled(image, fitted, _kept_size(fitted, move))), (fitted.box.width, fitted.box.height)
    return lambda number: _view(source, size, move, (number + 0.5) / frames)


def _view(source: Picture, size: tuple[int, int], move: Move, part: float) -> View:
    """A picture in a box of this size, so far into its move, 0 to 1."""
    view = ken_burns(move, part)
    step = (view.size * source.width / size[0], view.size * source.height / size[1])
    return View(source, *size, step, (view.x * source.width, view.y * source.height))


def useful_size(fitted: Fitted, move: Move | None) -> tuple[int, int]:
    """The width and height of a whole picture beyond which there is no use for more pixels."""
    width, height = _kept_size(fitted, move)
    return math.ceil(width / fitted.seen[0]), math.ceil(height / fitted.seen[1])


def _kept_size(fitted: Fitted, move: Move | None) -> tuple[int, int]:
    """The width and height at which what is seen of a picture is kept."""
    grown = _grown(move) if move and move.amount else 1
    return round(fitted.box.width * grown / 2) * 2, round(fitted.box.height * grown / 2) * 2


def _grown(move: Move) -> float:
    """How much larger than its box a picture is kept for a move."""
    return (1 + move.amount) * _KEPT


def animated_source(reader: AnimatedPicture, fitted: Fitted, move: Move | None, frames: int, fps: int) -> Source:
    """The pictures of an animation in their box, by their time."""
    last: list[tuple[int, Picture]] = []

    def picture(number: int) -> Picture:
        pixels = reader.at(number / fps)
        size = (fitted.box.width, fitted.box.height)
        if not last or last[0][0] != reader.shown:
            last[:] = [(reader.shown, from_pixels(_scaled(pixels, fitted, size)))]
        source = last[0][1]
        if move is None or move.amount == 0:
            return source
        return _view(source, size, move, (number + 0.5) / frames).picture()

    return picture


def _scaled(image: NDArray[np.uint8], fitted: Fitted, size: tuple[int, int]) -> NDArray[np.uint8]:
    """The part of the image that its box shows, at this size."""
    height, width = image.shape[:2]
    cut_x = min(round(width * (1 - fitted.seen[0]) / 2), (width - 1) // 2)
    cut_y = min(round(height * (1 - fitted.seen[1]) / 2), (height - 1) // 2)
    cut = image[cut_y : height - cut_y, cut_x : width - cut_x]
    shrinks = max(cut.shape[1] / size[0], cut.shape[0] / size[1])
    how = cv2.INTER_AREA if shrinks > _MUCH else cv2.INTER_LINEAR if shrinks > 1 else cv2.INTER_CUBIC
    scaled = cv2.resize(cut, size, interpolation=how)
    return np.asarray(scaled, np.uint8)
