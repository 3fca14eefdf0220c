"""The captions of a video, drawn before the first frame (``caption_art.py``) and shown by ``caption_layer.py``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from render.engine.geometry import Box


@dataclass(frozen=True)
class Lit:
    """From frame ``first`` to ``end`` these parts of a caption are lit."""

    first: int
    end: int
    boxes: tuple[Box, ...]


@dataclass(frozen=True)
class Caption:
    """A drawn caption, in frames of its scene: a file of RGBA pixels and the place of its left upper corner.

    ``bright`` is the same with all its words lit, of which those in ``lit`` are shown in their time.
    """

    first: int
    end: int
    path: Path
    x: int
    y: int
    bright: Path | None = None
    lit: tuple[Lit, ...] = ()
