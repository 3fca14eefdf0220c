"""One ffmpeg everywhere: the layer, the image and the laptop take it from the same wheel."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
LAYER = (ROOT / "layers" / "ffmpeg" / "requirements.txt").read_text()
LOCK = (ROOT / "requirements.lock").read_text()


def test_the_layer_and_the_render_image_take_the_same_version() -> None:
    pin = r"^(imageio-ffmpeg==\S+)"
    (wanted,) = re.findall(pin, (ROOT / "functions" / "render" / "requirements.txt").read_text(), re.MULTILINE)
    assert re.findall(pin, LAYER, re.MULTILINE) == [wanted]
    assert re.findall(pin, LOCK, re.MULTILINE) == [wanted]


def test_the_layer_s_wheels_are_those_of_the_lock() -> None:
    hashes = re.findall(r"sha256:[0-9a-f]{64}", LAYER)
    assert len(hashes) == 2
    assert all(digest in LOCK for digest in hashes)


def test_the_readme_names_the_version() -> None:
    (version,) = re.findall(r"imageio-ffmpeg==(\S+)", LAYER)
    assert f"`imageio-ffmpeg` {version}" in (ROOT / "layers" / "ffmpeg" / "README.md").read_text()
