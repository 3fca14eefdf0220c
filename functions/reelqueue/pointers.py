"""Where in a request something stands. It loads nothing that checks requests."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reelqueue.spec_request import VideoRequest


def pointer(path: Iterable[str | int]) -> str:
    """A JSON Pointer (RFC 6901)."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def source_pointer(request: VideoRequest, scene: int, element: int) -> str:
    """Where the source of this element stood in the body as it was sent."""
    written = request.shorthand.get(scene)
    if written:
        return pointer(("scenes", scene, written[element]))
    return pointer(("scenes", scene, "elements", element, "src"))
