"""What every scene of a video is made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from render.engine.assets import Assets
from render.engine.backdrop import Backgrounds
from render.engine.decoration import Decoration, decoration_of
from render.engine.drawings import Drawings
from render.engine.frame import Frame
from render.engine.timeline import Timeline

if TYPE_CHECKING:
    from reelqueue.spec_request import VideoRequest


@dataclass(frozen=True)
class Material:
    """A request with all that was prepared for it."""

    request: VideoRequest
    timeline: Timeline
    assets: Assets
    drawings: Drawings
    backgrounds: Backgrounds
    decoration: Decoration | None

    @classmethod
    def of(cls, request: VideoRequest, timeline: Timeline, assets: Assets, drawings: Drawings) -> Material:
        theme, size = request.theme, (request.output.width, request.output.height)
        backgrounds, decoration = Backgrounds(theme, size), decoration_of(theme, size)
        return cls(request, timeline, assets, drawings, backgrounds, decoration)

    @property
    def size(self) -> tuple[int, int]:
        return self.request.output.width, self.request.output.height

    def begins_with_text(self, scene: int) -> bool:
        """Whether its lowest element that is seen is a text, so that the background is."""
        seen = self.timeline.scenes[scene].elements
        return bool(seen) and self.request.scenes[scene].elements[seen[0].index].type == "text"

    def ground(self, scene: int) -> Frame:
        """The background of a scene."""
        return self.backgrounds.of(self.request.scenes[scene])
