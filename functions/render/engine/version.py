"""Which engine this is, told by itself: nobody has to remember a number when the engine's pictures change."""

from __future__ import annotations

import hashlib
import platform
from functools import cache
from importlib.metadata import version
from pathlib import Path

import reelqueue

# The libraries that make pixels and bits: decoding, painting, drawing text, encoding.
LIBRARIES = ("av", "font-manrope", "moviepy", "numpy", "opencv-python-headless", "pillow")
# What the engine takes from the domain: what a request means, in methods and constants.
DOMAIN = ("spec*.py", "themes.py")


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
    """All source that can change a picture, and a little more."""
    domain = Path(reelqueue.__file__).parent
    return sorted([*Path(__file__).parent.glob("*.py"), *(path for name in DOMAIN for path in domain.glob(name))])
