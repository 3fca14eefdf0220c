"""One scene, ready to be painted: what stands still is painted once, what moves waits in layers."""

from __future__ import annotations

from collections.abc import Hashable
from contextlib import ExitStack

import av

from render.engine.caption_layer import CaptionLayer
from render.engine.elements import Cast
from render.engine.frame import Frame
from render.engine.layers import Layer
from render.engine.material import Material
from render.engine.timeline import SceneSpan


class Stage:
    """A scene from its first frame to its last."""

    def __init__(self, material: Material, span: SceneSpan) -> None:
        self._material = material
        self._span = span
        self._readers = ExitStack()
        self._scene = material.request.scenes[span.index]
        if material.begins_with_text(span.index):
            # It lies on the ground, which can be made while it may still be drawn.
            material.ground(span.index)
        cast = Cast(material, span, self._readers)
        found: list[Layer] = []
        for element_span in span.elements:
            found += cast.layers(element_span, tuple(found))
        layers: list[Layer | CaptionLayer] = [*found]
        if self._scene.captions:
            layers.append(CaptionLayer(material.drawings.captions(span.index)))
        below_decoration = self._pictures_below_decoration()
        # What lies beneath a layer that hides it is not painted, be it pictures, decoration or the background.
        hiding = max((index for index, layer in enumerate(layers) if layer.hides(span.frames)), default=-1)
        self._decoration = None if hiding >= below_decoration else material.decoration
        self._below_decoration = max(0, below_decoration - max(0, hiding))
        self._layers = layers[max(0, hiding) :]
        self.decoded = any(isinstance(layer, Layer) and layer.clip for layer in layers)
        """It has a clip, whose decoder takes much memory."""
        self._backdrop = self._painted_once(hiding)

    def _painted_once(self, hiding: int) -> Frame | None:
        """What stands still at the bottom, in one picture; None where a layer hides it in every frame."""
        ground = self._material.ground(self._span.index) if hiding < 0 else None
        backdrop = None
        while self._layers and self._layers[0].is_still(self._span.frames):
            if self._decoration and self._below_decoration == 0:
                break
            if backdrop is None:
                backdrop = Frame(*self._material.size)
                if ground is not None:
                    backdrop.copy_from(ground)
            self._layers.pop(0).paint(backdrop, 0)
            self._below_decoration = max(0, self._below_decoration - 1)
        return backdrop or ground

    def paint(self, frame: Frame, number: int) -> None:
        """Make ``frame`` the scene's frame ``number``. Numbers may not go back."""
        if self._backdrop:
            frame.copy_from(self._backdrop)
        else:
            frame.changed()
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
        """A decoration moves over the background and pictures that fill the frame, never over text, shapes or clips."""
        count = 0
        for element_span in self._span.elements:
            element = self._scene.elements[element_span.index]
            if not (element.type == "image" and element.fills_the_frame and element.fit != "blur"):
                break
            count += 1
        return count
