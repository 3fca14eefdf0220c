"""Which engine this is, told by itself: nobody has to remember a number when the engine's pictures change."""

from __future__ import annotations

import hashlib
import platform
from functools import cache
from importlib.metadata import version
from pathlib import Path

import reelqueue

# The libraries that make pixels and bits: decoding, painting, setting text and the fonts for that, encoding.
LIBRARIES = (
    "av", "icu4py", "moviepy", "numpy", "opencv-python-headless", "pillow", "uharfbuzz", "webvtt-py",
    "fontpkg-comfortaa", "fontpkg-eb-garamond", "fontpkg-geologica", "fontpkg-ibm-plex-sans", "fontpkg-inter",
    "fontpkg-manrope", "fontpkg-play", "fontpkg-roboto-slab", "fontpkg-source-sans-3", "fontpkg-source-serif-4",
    "fontpkg-vollkorn", "manimgx-fonts", "manimgx-fonts-cjk",
)  # fmt: skip
# What the engine takes from the domain: what a request means, in methods and constants.
DOMAIN = ("glyphs.py", "limits.py", "pointers.py", "spec*.py", "theme*.py", "typefaces.py", "voices.py")


@cache
def engine_version() -> str:
    """A hash of the engine's source, of the meaning of requests, of its libraries' versions and of the processor.

    Read once for each process. Another kind of processor may round otherwise, and two halves of a scene would differ.
    """
    digest = hashlib.sha256(platform.machine().encode())
    for name in LIBRARIES:
        digest.update(f" {name} {version(name)}".encode())
    for path in source_files():
        source = path.read_bytes()
        digest.update(f" {path.name} {len(source)} ".encode() + source)
    return digest.hexdigest()


def source_files() -> list[Path]:
    """All source that can change a picture, and a little more; the font that comes with it is source too."""
    domain, engine = Path(reelqueue.__file__).parent, Path(__file__).parent
    theirs = (path for name in DOMAIN for path in domain.glob(name))
    return sorted([*engine.glob("*.py"), *engine.glob("*.c"), *theirs, *engine.parent.glob("fonts/*.ttf")])
