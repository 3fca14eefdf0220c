"""The program of the crew: it loads what rendering takes, and has texts drawn meanwhile.

Who draws is forked as soon as the request has come, and loads beside it what sets type, and MoviePy.
"""

from __future__ import annotations

import gc
import os
import pickle
import select
import signal
from functools import partial
from importlib import import_module
from typing import IO, TYPE_CHECKING

import cv2

from render.engine.drawings import Drawings
from render.engine.hands import FROM_CALLER, Hand, forked
from render.engine.job import Job, Task

if TYPE_CHECKING:
    from pathlib import Path

    from reelqueue.spec_request import VideoRequest

# What is loaded one after the other, with a look for the request between: each takes 20 to 40 ms.
_PARTS = ("av", "PIL.Image", "render.engine.material", "render.engine.foreman")


def main() -> None:
    """Read a request, then its job, and have it done."""
    # A worker is one thread beside its encoder: more only wait for each other (measured: 8.9 ms of CPU for a frame of
    # snow with two threads, 4.3 ms with one), and threads of this process would not survive the fork.
    cv2.setNumThreads(1)
    # Closed by no one: what is forked meanwhile is a copy of this process.
    caller = open(FROM_CALLER, "rb", closefd=False)  # noqa: SIM115
    drawing: list[Hand] | None = None
    try:
        for part in _PARTS:
            if drawing is None and select.select([caller], [], [], 0)[0]:
                drawing = _begin(caller)
            import_module(part)
        helpers = _begin(caller) if drawing is None else drawing
        job = pickle.load(caller)  # noqa: S301 - written by crew.py, on the other end of this pipe
    except (EOFError, pickle.UnpicklingError):
        # The caller is gone, or has no job; whoever draws goes with the group.
        os.killpg(0, signal.SIGKILL)
    from render.engine.foreman import Foreman

    if any(scene.captions for scene in job.request.scenes):
        helpers.append(forked(Task("captions"), partial(_draw_captions, job)))
    gc.freeze()
    gc.enable()
    Foreman(job, helpers).run()


def _begin(caller: IO[bytes]) -> list[Hand]:
    """Read the request, and have its texts drawn."""
    request, folder = pickle.load(caller)  # noqa: S301
    if not any(element.type == "text" for scene in request.scenes for element in scene.elements):
        return []
    # What was loaded is no garbage, and shall not be copied for being looked at; the crew began without looking.
    gc.freeze()
    return [forked(Task("texts"), partial(_draw_texts, request, folder))]


# Loaded where it is needed, and in no process that renders: its import alone takes as long as these need to begin.


def _draw_texts(request: VideoRequest, folder: Path) -> None:
    from render.engine.text import draw_texts

    draw_texts(request, Drawings(folder))


def _draw_captions(job: Job) -> None:
    from render.engine.caption_art import draw_captions

    draw_captions(job.request, job.cues, job.timeline.fps, Drawings(job.folder))
