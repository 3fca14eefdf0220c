"""What moves gently over a theme's background and its full pictures: snow, petals, leaves, sparks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from render.engine.drift import LEAVES, PETALS, Drift
from render.engine.frame import Frame
from render.engine.glow import Glow
from render.engine.snow import Snow

if TYPE_CHECKING:
    from reelqueue.themes import Theme


class Decoration(Protocol):
    """Paints what is there at a moment of the video, in seconds: a function of the time, without a state."""

    def paint(self, frame: Frame, seconds: float) -> None: ...


def decoration_of(theme: Theme, size: tuple[int, int]) -> Decoration | None:
    """The theme's decoration for frames of this size."""
    match theme.decoration:
        case "snow":
            return Snow(*size)
        case "petals":
            return Drift(*size, PETALS, theme.colors)
        case "leaves":
            return Drift(*size, LEAVES, theme.colors)
        case "glow":
            return Glow(*size, theme.colors)
        case None:
            return None
