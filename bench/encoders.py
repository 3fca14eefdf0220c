"""Which settings of x264 give the most picture for the time and for the bytes: the ground for ``Output.quality``.

    python -m bench encoders

Six seconds of finished frames of each workload, with a crossfade in them, encoded by one thread as a segment is. What
is told is seconds of the processor, since they change least on a busy machine, megabytes, and VMAF against the frames.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from bench.frames import FRAME_BYTES, RAW
from bench.workloads import FPS, SIZE, WORKLOADS, make_files
from reelqueue.spec_output import Quality
from render.engine.encode import Encoding, Setting
from render.engine.process import find_ffmpeg

SHOWN = ("slideshow", "photos", "text")
FIRST, FRAMES = 2 * FPS, 6 * FPS
CANDIDATES = (
    Setting("ultrafast", 28),
    Setting("superfast", 28),
    Setting("superfast", 27, lookahead=10),
    Setting("superfast", 23),
    Setting("superfast", 23, lookahead=10),
    Setting("superfast", 22, lookahead=10),
    Setting("superfast", 22, lookahead=20),
    Setting("superfast", 21, lookahead=20),
    Setting("veryfast", 23, lookahead=10),
    Setting("veryfast", 20, lookahead=10),
    Setting("veryfast", 17, lookahead=20),
    Setting("superfast", 17, lookahead=20),
    Setting("faster", 23, lookahead=20),
    Setting("faster", 18, lookahead=20),
    Setting("fast", 18, lookahead=30),
)


def main() -> dict[str, Any]:
    """Encode each workload with each setting.

    Returns:
        By setting: ``cpu_seconds``, ``megabytes`` and ``vmaf`` of each workload, and the ``quality`` of requests that
        uses it, if one does.
    """
    used = {Encoding(*SIZE, FPS, quality).setting: quality for quality in get_args(Quality)}
    results: dict[str, Any] = {
        _name(setting): {"quality": used.get(setting)} for setting in dict.fromkeys((*CANDIDATES, *used))
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_files(folder, SHOWN)
        for shown in SHOWN:
            subprocess.run([sys.executable, "-m", "bench.frames", WORKLOADS[shown].name, str(folder)], check=True)
            frames = _cut(folder)
            for setting in dict.fromkeys((*CANDIDATES, *used)):
                results[_name(setting)][shown] = _encoded(frames, setting, folder / "encoded.mp4")
    return results


def rows(results: Mapping[str, Any]) -> Iterator[list[str]]:
    """The results as a table for people: for each workload the seconds of the processor, megabytes and VMAF."""
    yield ["setting", "quality", *SHOWN]
    for name, found in results.items():
        figures = (found[shown] for shown in SHOWN)
        cells = (f"{each['cpu_seconds']:.1f} s  {each['megabytes']:.2f} MB  {each['vmaf']:.1f}" for each in figures)
        yield [name, found["quality"] or "", *cells]


def _name(setting: Setting) -> str:
    return f"{setting.preset} {setting.factor}" + (f" lookahead {setting.lookahead}" if setting.lookahead else "")


def _cut(folder: Path) -> Path:
    """The frames that are encoded, in a file of their own."""
    whole, target = folder / "frames.yuv", folder / "cut.yuv"
    with whole.open("rb") as source, target.open("wb") as cut:
        source.seek(FIRST * FRAME_BYTES)
        for _ in range(FRAMES):
            cut.write(source.read(FRAME_BYTES))
    whole.unlink()
    return target


def _encoded(frames: Path, setting: Setting, target: Path) -> dict[str, float]:
    options = [word for name, value in setting.options(FPS).items() for word in (f"-{name}", value)]
    source = [find_ffmpeg(None), "-v", "error", "-nostdin", "-y", *RAW, "-i", str(frames)]
    process = subprocess.Popen([*source, "-c:v", "libx264", *options, "-threads", "1", str(target)])
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"ffmpeg cannot encode with {setting}")
    return {
        "cpu_seconds": round(used.ru_utime + used.ru_stime, 2),
        "megabytes": round(target.stat().st_size / 1e6, 2),
        "vmaf": _vmaf(target, frames),
    }


def _vmaf(video: Path, frames: Path) -> float:
    """How much like the frames the video looks to people, 0 to 100, by a model of Netflix."""
    both = ["-i", str(video), *RAW, "-i", str(frames)]
    compare = ["-lavfi", "[0:v][1:v]libvmaf=n_subsample=3", "-f", "null", "-"]
    command = [find_ffmpeg(None), "-nostdin", *both, *compare]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    found = re.search(r"VMAF score: ([\d.]+)", told)
    assert found, told
    return round(float(found[1]), 2)
