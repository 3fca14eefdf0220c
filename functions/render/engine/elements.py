"""The elements of a scene as layers, from the bottom to the top."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from reelqueue.pointers import source_pointer
from render.engine.animated import AnimatedPicture
from render.engine.bars import progress_source, waveform_source
from render.engine.clip import Clip, ClipReader
from render.engine.colors import rgba
from render.engine.framing import Mask, blurred, rotated, shadow
from render.engine.geometry import Box, element_box, fitted, pixels
from render.engine.heard import heard_in
from render.engine.images import load_image
from render.engine.layers import Layer, Source, Views, animated_source, image_source, image_views, still, useful_size
from render.engine.material import Material
from render.engine.motion import image_move
from render.engine.planes import Picture, from_pixels, opaque
from render.engine.scrim import Behind
from render.engine.shapes import Gray, ellipse, rounded, triangle
from render.engine.spectrum import Spectrum
from render.engine.text_layer import text_layer
from render.engine.timeline import ElementSpan, SceneSpan

if TYPE_CHECKING:
    from reelqueue.spec_scenes import (
        AnyFramed,
        ImageElement,
        ProgressElement,
        ShapeElement,
        VideoElement,
        WaveformElement,
    )

# A progress bar that does not say how tall it is, as a part of the picture's height.
_BAR = 0.012


@dataclass(frozen=True)
class _Seen:
    """Pictures in their box; ``shape`` is what of the box throws a shadow, where that is not all of it."""

    source: Source
    box: Box
    moving: bool = False
    solid: bool = False
    views: Views | None = None
    clip: ClipReader | None = None
    shape: Gray | None = None

    def through(self, change: Callable[[Picture], Picture], box: Box | None = None) -> _Seen:
        """The same pictures, each changed; what stands still is changed once."""
        return replace(self, source=self._changed(change), box=box or self.box, solid=False, views=None)

    def _changed(self, change: Callable[[Picture], Picture]) -> Source:
        source = self.source
        if self.moving:
            return lambda number: change(source(number))
        changed = change(source(0))
        return lambda _: changed


class Cast:
    """Makes the layers of one scene. Files that it opens are closed with ``files``."""

    def __init__(self, material: Material, span: SceneSpan, files: ExitStack) -> None:
        self._material = material
        self._span = span
        self._files = files
        self._size = material.size
        self._theme = material.request.theme
        self._fps = material.timeline.fps

    def layers(self, here: ElementSpan, below: Sequence[Layer]) -> list[Layer]:
        """The layers of an element that stands over these."""
        element = self._material.request.scenes[self._span.index].elements[here.index]
        if element.type == "text":
            lettering = self._material.drawings.text(self._span.index, here.index)
            behind = Behind(partial(self._material.ground, self._span.index), below, self._theme)
            return [text_layer(element, lettering, self._theme, self._size, here, self._fps, behind)]
        if element.type == "audio":
            raise TypeError("a sound has no layer")
        seen = self._seen(element, here)
        if element.corner_radius is not None and element.type != "shape":
            seen = [self._rounded(each, element.corner_radius) for each in seen]
        if element.shadow and seen[0].box != Box(0, 0, *self._size):
            seen = [self._shadow(seen[0]), *seen]
        return [self._layer(element, here, each) for each in seen]

    def _layer(self, element: AnyFramed, here: ElementSpan, seen: _Seen) -> Layer:
        bare = seen.clip
        if element.rotation % 360:
            outer = element_box(element, self._size)
            middle = (outer.x + outer.width / 2, outer.y + outer.height / 2)
            corner = (seen.box.x, seen.box.y)
            first, x, y = rotated(seen.source(0), corner, middle, element.rotation)
            seen = seen.through(
                lambda picture: rotated(picture, corner, middle, element.rotation)[0],
                Box(x, y, first.width, first.height),
            )
            bare = None
        how = (element.opacity, element.enter, element.exit)
        place = (seen.box.x, seen.box.y, here.first, here.frames, self._fps)
        return Layer(
            seen.source,
            *place,
            *how,
            moving=seen.moving,
            views=seen.views,
            clip=seen.clip,
            bare=bare,
            solid=seen.solid,
            pictorial=element.type in ("image", "video"),
        )

    def _rounded(self, seen: _Seen, radius: float | str) -> _Seen:
        size = (seen.box.width, seen.box.height)
        shape = rounded(size, pixels(radius, min(size)))
        return replace(seen.through(Mask.of(shape).on), clip=None, shape=shape)

    def _shadow(self, seen: _Seen) -> _Seen:
        shape = seen.shape
        if shape is None:
            shape = np.full((seen.box.height, seen.box.width), 255, np.uint8)
        source, x, y = still(*shadow(shape, seen.box))
        first = source(0)
        return _Seen(source, Box(x, y, first.width, first.height))

    def _seen(self, element: AnyFramed, here: ElementSpan) -> list[_Seen]:
        if element.type == "shape":
            return [self._shape(element)]
        if element.type == "image":
            return self._image(element, here)
        if element.type == "video":
            return self._video(element, here)
        if element.type == "progress":
            return [self._progress(element, here)]
        return [self._waveform(element, here)]

    def _shape(self, element: ShapeElement) -> _Seen:
        box = element_box(element, self._size)
        size = (max(1, box.width), max(1, box.height))
        if element.shape == "rectangle":
            radius = element.corner_radius
            shape = rounded(size, 0.0 if radius is None else pixels(radius, min(size)))
        else:
            shape = ellipse(size) if element.shape == "ellipse" else triangle(size)
        color = rgba(element.color, self._theme.colors)
        flat = np.empty((size[1], size[0], 4), np.uint8)
        flat[:] = color
        flat[:, :, 3] = np.rint(shape * np.float32(color[3] / 255))
        source, x, y = still(flat, box.x, box.y)
        first = source(0)
        return _Seen(source, Box(x, y, first.width, first.height), shape=_within(shape, first, box.x - x, box.y - y))

    def _image(self, element: ImageElement, here: ElementSpan) -> list[_Seen]:
        assets = self._material.assets
        facts, path = assets.images[element.src], assets.paths[element.src]
        box = element_box(element, self._size)
        fit = fitted((facts.width, facts.height), box, element.fit)
        move = image_move(element, self._theme, self._span.index, animated=facts.animated)
        if facts.animated:
            reader = AnimatedPicture(path)
            self._files.callback(reader.close)
            seen = _Seen(animated_source(reader, fit, move, here.frames, self._fps), fit.box, moving=True)
        else:
            image = np.asarray(load_image(path, useful_size(fit, move)), np.uint8)
            if move is not None and move.amount > 0:
                views = image_views(image, fit, move, here.frames)
                seen = _Seen(lambda number: views(number).picture(), fit.box, moving=True, views=views)
            else:
                seen = _Seen(image_source(image, fit), fit.box)
            if image.shape[2] == 3:
                seen = replace(seen, solid=fit.box == Box(0, 0, *self._size))
            elif element.shadow:
                seen = replace(seen, shape=seen.source(0).alpha)
        return self._over_blurred(seen, box) if element.fit == "blur" else [seen]

    def _video(self, element: VideoElement, here: ElementSpan) -> list[_Seen]:
        assets = self._material.assets
        facts, path = assets.media[element.src], assets.paths[element.src]
        box = element_box(element, self._size)
        fit = fitted((facts.width, facts.height), box, element.fit)
        pointer = source_pointer(self._material.request, self._span.index, here.index)
        reader = ClipReader(Clip(element, path, facts, fit, self._fps, here.frames, pointer))
        self._files.callback(reader.close)
        solid = fit.box == Box(0, 0, *self._size) and not facts.transparent
        seen = _Seen(reader.picture, fit.box, moving=True, solid=solid, clip=reader)
        return self._over_blurred(seen, box) if element.fit == "blur" else [seen]

    def _over_blurred(self, seen: _Seen, box: Box) -> list[_Seen]:
        """A picture over a soft copy of itself that covers the box."""
        box = box.even()
        ground = seen.through(lambda picture: blurred(opaque(picture), (box.width, box.height)), box)
        return [replace(ground, solid=box == Box(0, 0, *self._size)), seen]

    def _progress(self, element: ProgressElement, here: ElementSpan) -> _Seen:
        tall = max(2, round(_BAR * self._size[1]))
        box = element_box(element, self._size, tall=tall, default="bottom").even()
        timeline, first, total = self._material.timeline, here.first, self._span.frames
        if element.of == "video":
            first, total = self._span.first + here.first, timeline.frames
        size = (box.height, box.width, 4)
        full, ground = (
            from_pixels(np.full(size, rgba(color, self._theme.colors), np.uint8))
            for color in (element.color, element.background)
        )
        return _Seen(progress_source(full, ground, first, total), box, moving=True)

    def _waveform(self, element: WaveformElement, here: ElementSpan) -> _Seen:
        box = element_box(element, self._size).even()
        request, assets = self._material.request, self._material.assets
        stretch = heard_in(request, self._material.timeline, self._span, here, element, assets.media[element.src])
        pointer = source_pointer(request, self._span.index, here.index)
        spectrum = Spectrum.of(assets.paths[element.src], stretch, element.bars, pointer)
        color = rgba(element.color, self._theme.colors)
        return _Seen(waveform_source(spectrum, (box.width, box.height), color), box, moving=True)


def _within(shape: Gray, picture: Picture, left: int, top: int) -> Gray:
    """A shape on the canvas of a picture that begins so many pixels before it."""
    around = ((top, picture.height - top - shape.shape[0]), (left, picture.width - left - shape.shape[1]))
    return np.pad(shape, around)
