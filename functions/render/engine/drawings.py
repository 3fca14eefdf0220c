"""What is written in a video, drawn: texts and captions, by one process while others already render.

Each is drawn once, whichever processes paint it then. They lie in files, so that their number costs no memory.
"""

from __future__ import annotations

import pickle
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    # Loaded by those who draw and who paint.
    import numpy as np
    from numpy.typing import NDArray

    from render.engine.captions import Caption

_LOOK_SECONDS = 0.002


def until_there(path: Path) -> None:
    """Wait for a file that another process of the crew makes, and gives its name when it is whole."""
    # Should that one fail or die, the foreman ends this process.
    while not path.exists():
        time.sleep(_LOOK_SECONDS)


@dataclass(frozen=True)
class Lettering:
    """A drawn text: RGBA pixels (not premultiplied); ``spread`` of them lie around the text on each side.

    For one that is typed, ``blank`` is the same without its letters, and ``steps`` are the places of these (left, top,
    right, bottom), in the order in which they are read. ``color`` is that of the letters where nothing but what lies
    behind sets them off, else None.
    """

    rgba: NDArray[np.uint8]
    spread: int
    blank: NDArray[np.uint8] | None = None
    steps: tuple[tuple[int, int, int, int], ...] = ()
    color: tuple[int, int, int] | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the text with its panel, without what its shadow reaches beyond."""
        return self.rgba.shape[1] - 2 * self.spread, self.rgba.shape[0] - 2 * self.spread


class Drawings:
    """The drawings of a render, in its folder. Who asks for one that is not there yet waits until it is."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep_text(self, scene: int, element: int, drawn: Lettering) -> None:
        self._keep(self._text(scene, element), drawn)

    def text(self, scene: int, element: int) -> Lettering:
        """A text, by the numbers of its scene and of its element in it."""
        found: Lettering = self._awaited(self._text(scene, element))
        return found

    def keep_captions(self, scene: int, drawn: tuple[Caption, ...]) -> None:
        self._keep(self._captions(scene), drawn)

    def captions(self, scene: int) -> tuple[Caption, ...]:
        """The captions of a scene that has any, in their order."""
        found: tuple[Caption, ...] = self._awaited(self._captions(scene))
        return found

    def _text(self, scene: int, element: int) -> Path:
        return self.folder / f"text-{scene}-{element}"

    def _captions(self, scene: int) -> Path:
        return self.folder / f"captions-{scene}"

    def _keep(self, target: Path, drawn: Any) -> None:
        # Renamed when it is whole: another process may be waiting for it.
        unfinished = target.with_suffix(".part")
        with unfinished.open("wb") as file:
            pickle.dump(drawn, file, protocol=5)
        unfinished.rename(target)

    def _awaited(self, path: Path) -> Any:
        until_there(path)
        with path.open("rb") as file:
            return pickle.load(file)  # noqa: S301 - written by this engine, in a folder of its own
