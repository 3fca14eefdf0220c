"""Where things are: lengths to pixels, places to boxes, pictures fitted into boxes. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reelqueue.spec_scenes import Fit, PositionName, VisualElement


_ROWS = 32


@dataclass(frozen=True)
class Box:
    """A rectangle in whole pixels; it may reach beyond the picture."""

    x: int
    y: int
    width: int
    height: int

    def even(self) -> Box:
        """The nearest box on even pixels: where a moving picture's halved colour planes fit."""
        return Box(_even(self.x), _even(self.y), max(2, _even(self.width)), max(2, _even(self.height)))


@dataclass(frozen=True)
class Fitted:
    """A picture in its box: which part of its width and height is seen (about its middle), and where."""

    seen: tuple[float, float]
    box: Box


def bands(height: int, top: int = 0) -> Iterator[slice]:
    """The rows of a picture, from the top one on, a few at a time: what is reckoned for them stays in the cache."""
    for first in range(top, height, _ROWS):
        yield slice(first, min(first + _ROWS, height))


def pixels(length: float | str, whole: int) -> float:
    """A length of the request in pixels; a part is a part of ``whole``.

    >>> pixels("50%", 1080)
    540.0
    """
    return float(length[:-1]) / 100 * whole if isinstance(length, str) else length


def element_box(
    element: VisualElement, frame: tuple[int, int], *, tall: int | None = None, default: PositionName = "center"
) -> Box:
    """The box of an element that is not text: what it does not say is the whole picture, or so ``tall``."""
    width = round(pixels(element.width, frame[0])) if element.width is not None else frame[0]
    height = round(pixels(element.height, frame[1])) if element.height is not None else tall or frame[1]
    return place(element, (width, height), frame, margin=0, default=default)


def place(
    element: VisualElement,
    size: tuple[int, int],
    frame: tuple[int, int],
    *,
    margin: int,
    default: PositionName,
) -> Box:
    """The box of this size where the element says: at x and y, centred on a point, or at a named place."""
    width, height = size
    if element.x is not None and element.y is not None:
        return Box(round(pixels(element.x, frame[0])), round(pixels(element.y, frame[1])), width, height)
    position = element.position or default
    if not isinstance(position, str):
        x, y = pixels(position.x, frame[0]), pixels(position.y, frame[1])
        return Box(round(x - width / 2), round(y - height / 2), width, height)
    return place_named(position, size, frame, margin)


def place_named(position: PositionName, size: tuple[int, int], frame: tuple[int, int], margin: int) -> Box:
    """The box of this size at a named place, ``margin`` away from the edges."""
    width, height = size
    left, right = margin, frame[0] - margin - width
    top, bottom = margin, frame[1] - margin - height
    x = left if "left" in position else right if "right" in position else (frame[0] - width) / 2
    y = top if "top" in position else bottom if "bottom" in position else (frame[1] - height) / 2
    return Box(round(x), round(y), width, height)


def fitted(size: tuple[int, int], box: Box, fit: Fit) -> Fitted:
    """A picture of this size in this box, as CSS ``object-fit`` has it; ``blur`` is what lies over
    the blurred copy."""
    across, down = box.width / size[0], box.height / size[1]
    if fit == "fill":
        return Fitted((1.0, 1.0), box.even())
    small = min(across, down)
    scale = {"cover": max(across, down), "contain": small, "blur": small, "none": 1.0}[fit]
    width, height = size[0] * scale, size[1] * scale
    inside = (min(round(width), box.width), min(round(height), box.height))
    corner = (box.x + (box.width - inside[0]) // 2, box.y + (box.height - inside[1]) // 2)
    return Fitted((min(1.0, box.width / width), min(1.0, box.height / height)), Box(*corner, *inside).even())


def _even(value: int) -> int:
    return value // 2 * 2
