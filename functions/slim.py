"""Take out of a folder of installed libraries what no function ever reads: ``python3 slim.py FOLDER``.

The zip functions and the render image are both built with it. A zip is downloaded and unpacked whole at each cold
start, and of the AWS SDK's 30 MB 27 describe services, of which six are used here.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

SERVICES = {"dynamodb", "lambda", "polly", "s3", "secretsmanager", "sqs"}
"""The AWS services that functions call; of the SDK, all others go. Without its folder here no client can be made."""

_FOLDERS = {"__pycache__", "bin", "include", "tests"}
_SUFFIXES = {".c", ".h", ".pxd", ".pyi", ".pyx"}
_RENDER = ("cv2/data/*.xml", "imageio_ffmpeg/binaries/ffmpeg-*")
"""Detectors of faces, and the second copy of ffmpeg: render has the one in ``/opt``."""


def slim(libraries: Path) -> None:
    """Remove from ``libraries``, a folder made by ``pip install --target``, what is not needed to run it."""
    for package in ("boto3", "botocore"):
        for entry in (libraries / package / "data").iterdir():
            if entry.is_dir() and entry.name not in SERVICES:
                shutil.rmtree(entry)
    for pattern in _RENDER:
        for path in libraries.glob(pattern):
            path.unlink()
    for path in sorted(libraries.rglob("*"), reverse=True):
        if path.is_dir() and path.name in _FOLDERS:
            shutil.rmtree(path)
        elif path.is_file() and path.suffix in _SUFFIXES:
            path.unlink()


if __name__ == "__main__":
    slim(Path(sys.argv[1]))
