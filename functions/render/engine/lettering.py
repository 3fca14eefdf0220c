"""The texts of a request, drawn before the first frame: each once, whichever processes paint it then.

They lie in files, so that their number costs no memory. The workers load neither fonts nor MoviePy, which composes
texts: its import alone takes as long as they need to begin.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Lettering:
    """A drawn text: a file (``.npy``) of RGBA pixels, not premultiplied, ``spread`` around the text on each side.

    For one that is typed, ``blank`` is the same without its letters, and ``steps`` are the places of these (left, top,
    right, bottom), in the order in which they are read. ``color`` is that of the letters where nothing but what lies
    behind sets them off, else None.
    """

    path: Path
    spread: int
    blank: Path | None = None
    steps: tuple[tuple[int, int, int, int], ...] = ()
    color: tuple[int, int, int] | None = None


Letterings = Mapping[tuple[int, int], Lettering]
"""The texts of a request, by the numbers of their scene and of their element in it."""
