"""One scene, ready to be painted: what stands still is painted once, what moves waits in layers."""

from __future__ import annotations

from collections.abc import Hashable
from contextlib import ExitStack
from dataclasses import dataclass
from types import MappingProxyType

import av
import numpy as np

from reelqueue.spec_request import VideoRequest
from reelqueue.spec_scenes import Element, ImageElement, ShapeElement, TextElement, VideoElement
from render.engine.assets import Assets
from render.engine.backdrop import Backgrounds
from render.engine.captions import CaptionLayer, DrawnCaptions
from render.engine.clip import Clip, ClipReader
from render.engine.decoration import Decoration, decoration_of
from render.engine.geometry import Box, Fitted, element_box, fitted
from render.engine.images import load_image
from render.engine.layers import Layer, Source, image_source, shape_source, text_source
from render.engine.lettering import Letterings
from render.engine.motion import image_move
from render.engine.planes import Frame, paint
from render.engine.timeline import ElementSpan, SceneSpan, Timeline


@dataclass(frozen=True)
class Material:
    """What every scene of a video is made from."""

    request: VideoRequest
    timeline: Timeline
    assets: Assets
    letterings: Letterings
    backgrounds: Backgrounds
    decoration: Decoration | None
    captions: DrawnCaptions

    @classmethod
    def of(
        cls,
        request: VideoRequest,
        timeline: Timeline,
        assets: Assets,
        letterings: Letterings,
        captions: DrawnCaptions = MappingProxyType({}),
    ) -> Material:
        theme, size = request.theme, (request.output.width, request.output.height)
        backgrounds, decoration = Backgrounds(theme, size), decoration_of(theme, size)
        return cls(request, timeline, assets, letterings, backgrounds, decoration, captions)

    @property
    def size(self) -> tuple[int, int]:
        return self.request.output.width, self.request.output.height


class Stage:
    """A scene from its first frame to its last."""

    def __init__(self, material: Material, span: SceneSpan) -> None:
        self._material = material
        self._span = span
        self._readers = ExitStack()
        self._scene = material.request.scenes[span.index]
        layers: list[Layer | CaptionLayer] = [self._layer(element_span) for element_span in span.elements]
        if captions := material.captions.get(span.index):
            layers.append(CaptionLayer(captions))
        below_decoration = self._pictures_below_decoration()
        # What lies beneath a layer that hides it is not painted, be it pictures, decoration or the background.
        hiding = max((index for index, layer in enumerate(layers) if layer.hides(span.frames)), default=-1)
        self._decoration = None if hiding >= below_decoration else material.decoration
        self._below_decoration = max(0, below_decoration - max(0, hiding))
        self._layers = layers[max(0, hiding) :]
        self._backdrop = self._painted_once(hiding)

    def _painted_once(self, hiding: int) -> Frame | None:
        """What stands still at the bottom, in one picture; None where a layer hides it in every frame."""
        backdrop = None
        if hiding < 0:
            backdrop = Frame(*self._material.size)
            paint(backdrop, self._material.backgrounds.of(self._scene), 0, 0)
        while self._layers and self._layers[0].is_still(self._span.frames):
            if self._decoration and self._below_decoration == 0:
                break
            backdrop = backdrop or Frame(*self._material.size)
            self._layers.pop(0).paint(backdrop, 0)
            self._below_decoration = max(0, self._below_decoration - 1)
        return backdrop

    def paint(self, frame: Frame, number: int) -> None:
        """Make ``frame`` the scene's frame ``number``. Numbers may not go back."""
        if self._backdrop:
            frame.copy_from(self._backdrop)
        for index, layer in enumerate(self._layers):
            if index == self._below_decoration:
                self._decorate(frame, number)
            layer.paint(frame, number)
        if self._below_decoration >= len(self._layers):
            self._decorate(frame, number)

    def state(self, number: int) -> Hashable | None:
        """How frame ``number`` looks: frames of equal state look alike, and one without a state like no other."""
        if self._decoration:
            return None
        states = [layer.state(number) for layer in self._layers]
        return None if None in states else tuple(states)

    def bare_clip(self, number: int) -> av.VideoFrame | None:
        """The frame of a clip that frame ``number`` consists of, if nothing lies over it: it needs no painting."""
        there = [layer for layer in self._layers if layer.is_there(number)]
        return there[-1].bare_clip(number, self._material.size) if there else None

    def close(self) -> None:
        """Close the files of this scene."""
        self._readers.close()

    def _decorate(self, frame: Frame, number: int) -> None:
        if self._decoration:
            # By the video's clock, so that it goes on through a crossfade.
            self._decoration.paint(frame, (self._span.first + number) / self._material.timeline.fps)

    def _pictures_below_decoration(self) -> int:
        """A decoration moves over the background and the pictures that fill the frame, never over text, shapes or clips."""
        count = 0
        for element_span in self._span.elements:
            element = self._element(element_span)
            if not (isinstance(element, ImageElement) and element.fills_the_frame):
                break
            count += 1
        return count

    def _element(self, element_span: ElementSpan) -> Element:
        return self._scene.elements[element_span.index]

    def _layer(self, here: ElementSpan) -> Layer:
        element = self._element(here)
        theme, size = self._material.request.theme, self._material.size
        fps = self._material.timeline.fps
        moving, solid, clip = False, False, None
        source: Source
        if isinstance(element, TextElement):
            style = getattr(theme.styles, element.style)
            lettering = self._material.letterings[self._span.index, here.index]
            source, x, y = text_source(element, lettering, theme, size)
            enter, leave = element.enter or style.enter, element.exit or style.exit
            return Layer(source, x, y, here.first, here.frames, fps, element.opacity, enter, leave)
        if isinstance(element, ShapeElement):
            source, x, y = shape_source(element, theme, element_box(element, size))
        elif isinstance(element, ImageElement):
            fit = self._fit(element)
            move = image_move(element, theme, self._span.index)
            image = load_image(self._material.assets.paths[element.src], (size[0] * 2, size[1] * 2))
            pixels = np.asarray(image, np.uint8)
            source = image_source(pixels, fit, move, here.frames)
            solid = pixels.shape[2] == 3 and fit.box == Box(0, 0, *size)
            moving = move is not None and move.amount > 0
            x, y = fit.box.x, fit.box.y
        elif isinstance(element, VideoElement):
            fit = self._fit(element)
            clip = self._reader(element, fit, here)
            source, moving = clip.picture, True
            solid = fit.box == Box(0, 0, *size)
            x, y = fit.box.x, fit.box.y
        else:
            raise TypeError(f"no layer for {type(element).__name__}")
        comes_and_goes = (element.opacity, element.enter, element.exit)
        return Layer(source, x, y, here.first, here.frames, fps, *comes_and_goes, moving, clip, solid)

    def _fit(self, element: ImageElement | VideoElement) -> Fitted:
        assets = self._material.assets
        facts = assets.images[element.src] if isinstance(element, ImageElement) else assets.media[element.src]
        return fitted((facts.width, facts.height), element_box(element, self._material.size), element.fit)

    def _reader(self, element: VideoElement, fit: Fitted, here: ElementSpan) -> ClipReader:
        assets = self._material.assets
        pointer = self._material.request.pointer(self._span.index, here.index)
        path, facts = assets.paths[element.src], assets.media[element.src]
        reader = ClipReader(Clip(element, path, facts, fit, self._material.timeline.fps, here.frames, pointer))
        self._readers.callback(reader.close)
        return reader
