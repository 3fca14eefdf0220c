"""Compile ``engine/pixels.c`` into the library that ``pixels.py`` loads: ``python compile.py <library> [<x86>]``.

Needs ``ziglang`` from PyPI, a Clang that is the same everywhere: on a laptop, in the image, on any processor.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

# What x86 processors have had since 2013, and those of AWS Lambda have: AVX2. "x86_64" is any.
X86 = "x86_64_v3"


def build(library: Path, x86: str = X86) -> None:
    """Compile for this kind of processor, not for this very one."""
    processor = platform.machine().replace("arm64", "aarch64")
    system = "macos" if sys.platform == "darwin" else "linux-gnu.2.17"
    command = [sys.executable, "-m", "ziglang", "cc", "-target", f"{processor}-{system}", "-shared", "-fPIC"]
    command += ["-O3", "-std=c11", "-Wall", "-Wextra", "-Werror", "-nostdlib", "-ffreestanding", "-fno-builtin", "-s"]
    if processor == "x86_64":
        command.append(f"-mcpu={x86}")
    with tempfile.TemporaryDirectory() as cache:
        caches = {"ZIG_GLOBAL_CACHE_DIR": cache, "ZIG_LOCAL_CACHE_DIR": cache}
        source = Path(__file__).parent / "engine" / "pixels.c"
        subprocess.run([*command, "-o", str(library), str(source)], env=os.environ | caches, check=True)


if __name__ == "__main__":
    build(Path(sys.argv[1]), *sys.argv[2:])
