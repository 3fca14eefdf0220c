"""Timeline in, frames out: each scene is built when it begins and dropped when it ends."""

from __future__ import annotations

from collections.abc import Iterator

from render.engine.planes import Frame
from render.engine.stage import Material, Stage
from render.engine.transitions import mix


def frames(material: Material) -> Iterator[Frame]:
    """All frames of the video. The same buffers are used again: a frame is good until the next one is taken.

    Raises:
        AssetError: a file proves damaged when it is decoded.
        Stopped: the render was stopped.
    """
    spans = material.timeline.scenes
    check = material.ffmpeg.control.check
    before, after, mixed = (Frame(*material.size) for _ in range(3))
    stage, following, shared = Stage(material, spans[0]), None, 0
    try:
        for index, span in enumerate(spans):
            for number in range(shared, span.frames - span.overlap):
                check()
                stage.paint(before, number)
                yield before
            if index + 1 == len(spans):
                return
            following = Stage(material, spans[index + 1])
            for number in range(span.overlap):
                check()
                stage.paint(before, span.frames - span.overlap + number)
                following.paint(after, number)
                mix(mixed, before, after, span.transition, (number + 0.5) / span.overlap)
                yield mixed
            stage.close()
            stage, following, shared = following, None, span.overlap
    finally:
        stage.close()
        if following:
            following.close()
