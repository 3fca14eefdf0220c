"""Draws the golden pictures anew: ``make golden``, some with ``NAMES="logo clip-loop"``. Look before you commit."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from PIL import Image

from .cases import CASES
from .frames import strip
from .media import make_media
from .test_golden import PICTURES


def main() -> None:
    names = sys.argv[1:] or list(CASES)
    PICTURES.mkdir(exist_ok=True)
    for stray in {path.stem for path in PICTURES.glob("*.png")} - set(CASES):
        (PICTURES / f"{stray}.png").unlink()
    with tempfile.TemporaryDirectory() as folder:
        media = Path(folder)
        make_media(media)
        for name in names:
            work = media / f"work-{name}"
            work.mkdir()
            picture = Image.fromarray(strip(CASES[name], media, work))
            picture.save(PICTURES / f"{name}.png", optimize=True)
    print(f"{len(names)} pictures in {PICTURES}")


if __name__ == "__main__":
    main()
