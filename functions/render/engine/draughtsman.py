"""Draws what is written in a video, in a thread, while files are fetched and when frames are already rendered."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import TYPE_CHECKING

from reelqueue.spec_request import VideoRequest
from reelqueue.spec_scenes import TextElement
from render.engine.control import Control, Stopped
from render.engine.drawings import Drawings

if TYPE_CHECKING:
    from render.engine.cues import Cues

# MoviePy, fonts and what sets type are loaded where they are needed: many requests have no use for them.


class Draughtsman:
    """A context, at the end of which nothing is drawn any more."""

    def __init__(self, drawings: Drawings, control: Control) -> None:
        self._drawings = drawings
        self._control = control
        self._over = threading.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="drawing")
        self._begun: list[Future[None]] = []

    def __enter__(self) -> Draughtsman:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.shutdown(cancel_futures=True)

    def begin_texts(self, request: VideoRequest) -> None:
        """Begin with the texts."""
        if any(isinstance(element, TextElement) for scene in request.scenes for element in scene.elements):
            self._begin(lambda: _draw_texts(request, self._drawings, self._check))

    def begin_captions(self, request: VideoRequest, cues: Cues, fps: int) -> None:
        """Begin with the captions, after the texts."""
        if any(scene.captions for scene in request.scenes):
            self._begin(lambda: _draw_captions(request, cues, fps, self._drawings, self._check))

    def finish(self) -> None:
        """Wait until all is drawn.

        Raises:
            Stopped: the render was stopped.
        """
        self._control.wait(self._begun)

    def _begin(self, draw: Callable[[], None]) -> None:
        self._begun.append(self._thread.submit(draw))

    def _check(self) -> None:
        self._control.check()
        if self._over.is_set():
            raise Stopped


def _draw_texts(request: VideoRequest, drawings: Drawings, check: Callable[[], None]) -> None:
    from render.engine.text import draw_texts

    draw_texts(request, drawings, check)


def _draw_captions(request: VideoRequest, cues: Cues, fps: int, drawings: Drawings, check: Callable[[], None]) -> None:
    from render.engine.caption_art import draw_captions

    draw_captions(request, cues, fps, drawings, check)
