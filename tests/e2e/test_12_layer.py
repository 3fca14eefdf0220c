"""The pinned ffmpeg by its own recipe: for both processors, and as the layer that SAM builds of it."""

from __future__ import annotations

import re
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.test_11_deploy import sam

LAYER = Path(__file__).parents[2] / "layers" / "ffmpeg"
MACHINES = {"x86_64": 62, "arm64": 183}
"""As the header of an ELF file names them."""


def machine(program: Path) -> int:
    head = program.read_bytes()[:20]
    assert head[:4] == b"\x7fELF"
    (number,) = struct.unpack("<H", head[18:20])
    return int(number)


@pytest.mark.parametrize("architecture", MACHINES)
def test_the_recipe_gives_the_binary_of_the_processor(architecture: str, tmp_path: Path) -> None:
    settings = [f"ARTIFACTS_DIR={tmp_path}", f"ARCHITECTURE={architecture}", f"PYTHON={sys.executable}"]
    subprocess.run(["make", "--silent", "-C", str(LAYER), "build-FfmpegLayer", *settings], check=True)

    program = tmp_path / "bin" / "ffmpeg"
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [program]
    assert machine(program) == MACHINES[architecture]
    assert program.stat().st_mode & 0o777 == 0o755


def test_sam_builds_the_layer_of_the_readme(tmp_path: Path) -> None:
    readme = (LAYER / "README.md").read_text(encoding="utf-8")
    [template] = re.findall(r"```yaml\n(.+?)```", readme, re.DOTALL)
    (tmp_path / "template.yaml").write_text(template, encoding="utf-8")

    sam("build", "--template", f"{tmp_path}/template.yaml", "--base-dir", ".", "--build-dir", f"{tmp_path}/build")

    program = tmp_path / "build" / "FfmpegLayer" / "bin" / "ffmpeg"
    version = subprocess.run([program, "-version"], capture_output=True, text=True, check=True).stdout
    assert version.startswith("ffmpeg version 7.0.2")
