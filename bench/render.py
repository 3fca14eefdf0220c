"""What a render costs against what nobody can avoid, encoding, and against other ways to the same video.

    python -m bench render

Whole processes from start to end. The ways take turns, so that a machine that slows down slows all of them; figures
are medians of the rounds. Ours and the limit, which lie close together, take turns more often than the rest. The peak
of memory is of a run of its own. MoviePy, which takes minutes, runs in the first round only. ``long`` runs once and has
neither limit nor rivals: its finished frames would fill 28 GB; it shows that memory does not grow with the video.
"""

from __future__ import annotations

import compileall
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.processes import Cost, measured, peak_memory
from bench.rivals import Graph, encode_only, encode_split, transcode
from bench.workloads import FPS, SIZE, WORKLOADS, Workload, is_clip, make_files
from render.engine.process import find_ffmpeg

ROUNDS = 3
_CLOSE = ("ours", "encode_only", "one_core")
_MORE = 3
"""So many times the rounds have those whose ratios are wanted, or lie close together."""


def main(names: Sequence[str] = tuple(WORKLOADS), *, rounds: int = ROUNDS, moviepy: bool = True) -> dict[str, Any]:
    """Measure workloads.

    Returns:
        For each workload ``seconds``, ``cpu_seconds``, ``peak_rss_mb``, ``peak_pss_mb`` (shared pages counted once),
        ``frames_per_second`` and ``megabytes``; except for ``long`` also ``encode_only_seconds`` (one ffmpeg; for
        ``clips`` it decodes them too),
        ``encode_split_seconds`` (one process for each core), both also ``tuned`` (x264 is told which instructions of
        the processor to use, as in the engine), ``ffmpeg_graph_seconds``, ``moviepy_seconds``, and
        ``ssim`` against the frames before encoding, and CPU seconds of each way, which a busy machine changes least;
        of ``slideshow`` also ``one_worker_seconds``, ours with one worker, beside which its sound is made by another
        core, and ``one_core_seconds``, ours with all of its processes on one core. ``rounds`` holds the seconds of
        each way in each round.
    """
    # As in the image: all is compiled, and nobody has to look for ffmpeg.
    for code in ("functions", "bench"):
        compileall.compile_dir(Path(__file__).parents[1] / code, quiet=1)
    os.environ["IMAGEIO_FFMPEG_EXE"] = find_ffmpeg(None)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_files(folder, names)
        return {name: _measure(WORKLOADS[name], folder, rounds, moviepy=moviepy) for name in names}


def rows(results: Mapping[str, Any]) -> Iterator[list[str]]:
    """The results as a table for people."""
    ways = (
        ("encode_only_seconds",),
        ("encode_split_seconds",),
        ("encode_only_tuned_seconds", "encode_split_tuned_seconds"),
        ("ffmpeg_graph_seconds",),
        ("moviepy_seconds",),
    )
    yield [
        "workload", "seconds", "encode only", "split", "both tuned", "one graph", "MoviePy",
        "of the limit", "CPU s", "peak MB", "frames/s", "SSIM",
    ]  # fmt: skip
    for name, found in results.items():
        limit = found.get("encode_only_seconds")
        yield [
            name,
            f"{found['seconds']:.1f}",
            *(" / ".join(f"{found[way]:.1f}" for way in together if way in found) for together in ways),
            f"{found['seconds'] / limit:.2f}" if limit else "",
            f"{found['cpu_seconds']:.1f}",
            f"{found['peak_rss_mb']:.0f}",
            f"{found['frames_per_second']:.0f}",
            f"{found['ssim']:.4f}" if "ssim" in found else "",
        ]


def _measure(workload: Workload, folder: Path, rounds: int, *, moviepy: bool) -> dict[str, Any]:
    alone = workload.name == "long"
    (folder / "request.json").write_text(json.dumps(workload.body), encoding="utf-8")
    if not alone:
        measured([sys.executable, "-m", "bench.frames", workload.name, str(folder)], folder)
    costs: dict[str, list[Cost]] = defaultdict(list)
    ways = _ways(workload, folder, alone=alone)
    for number in range(1 if alone else rounds * _MORE):
        # There and back: what ran before leaves memory and processors in one state or another.
        for way, command in [*ways.items()][:: -1 if number % 2 else 1]:
            if number < (int(moviepy) if way == "moviepy" else rounds * _MORE if way in _CLOSE else rounds):
                costs[way].append(measured(command, folder))
    peak = peak_memory(ways["ours"], folder)
    seconds = {way: [round(cost.seconds, 2) for cost in found] for way, found in costs.items()}
    median = {way: round(statistics.median(found), 2) for way, found in seconds.items()}
    cpu = {way: round(statistics.median(cost.cpu_seconds for cost in found), 2) for way, found in costs.items()}
    result: dict[str, Any] = {
        "seconds": median.pop("ours"),
        **{f"{way}_seconds": value for way, value in median.items()},
        "cpu_seconds": cpu.pop("ours"),
        **{f"{way}_cpu_seconds": value for way, value in cpu.items()},
        "peak_rss_mb": round(peak.rss_mb),
        "peak_pss_mb": round(peak.pss_mb or 0),
        "megabytes": round((folder / "ours.mp4").stat().st_size / 1e6, 2),
        "rounds": seconds,
    }
    result["frames_per_second"] = round(workload.seconds * FPS / result["seconds"], 1)
    if not alone:
        result["ssim"] = _ssim(folder / "ours.mp4", folder / "frames.yuv")
    return result


def _ways(workload: Workload, folder: Path, *, alone: bool) -> dict[str, list[str]]:
    ours = [sys.executable, "-m", "bench.ours", str(folder / "request.json"), str(folder)]
    if alone:
        return {"ours": ours}
    frames, target = folder / "frames.yuv", folder / "limit.mp4"

    def limit(*, tuned: bool) -> list[str]:
        if all(map(is_clip, workload.shows)):
            return transcode(workload, folder, target, tuned=tuned)
        return encode_only(frames, target, tuned=tuned)

    fewer = {"one_worker": [*ours, "1"], "one_core": ["taskset", "--cpu-list", "0", *ours]}
    return {
        "ours": ours,
        "encode_only": limit(tuned=False),
        "encode_split": encode_split(frames, target),
        "encode_only_tuned": limit(tuned=True),
        "encode_split_tuned": encode_split(frames, target, tuned=True),
        "ffmpeg_graph": Graph(workload, folder).command(folder / "graph.mp4"),
        **(fewer if workload.name == "slideshow" else {}),
        "moviepy": [sys.executable, "-m", "bench.with_moviepy", workload.name, str(folder)],
    }


def _ssim(video: Path, frames: Path) -> float:
    """How like the encoded video is to its frames; 1 is the same."""
    raw = ("-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{SIZE[0]}x{SIZE[1]}", "-r", str(FPS), "-i", str(frames))
    command = [find_ffmpeg(None), "-nostdin", "-i", str(video), *raw, "-lavfi", "[0:v][1:v]ssim", "-f", "null", "-"]
    report = subprocess.run(command, check=True, capture_output=True, text=True).stderr
    (found,) = re.findall(r"SSIM .*All:([\d.]+)", report)
    return float(found)
