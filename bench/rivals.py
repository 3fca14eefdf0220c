"""The limit, and one ffmpeg that does it all, as commands.

All encode with the engine's settings, and show the same picture for the same time. Titles are drawn and snow is
rendered beforehand for the rivals, uncounted: that is to their advantage. So is that zoompan moves by whole pixels.
"""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from bench.frames import FRAME_BYTES, RAW, titles
from bench.workloads import ENTER, FADE, FPS, SIZE, Workload, is_clip
from render.engine.encode import Encoding, instructions
from render.engine.process import find_ffmpeg

_WIDE = "crop=min(iw\\,ih*16/9):min(ih\\,iw*9/16)"
_ALL = f"{SIZE[0]}x{SIZE[1]}"


def encoding(*, tuned: bool = False) -> list[str]:
    """The arguments of ffmpeg for what the engine's encoder is set to.

    ``tuned``: for the instructions of the processor that the engine chooses, too, instead of x264's own choice.
    """
    options = Encoding(*SIZE, FPS, "medium").setting.options(FPS, instructions() if tuned else "")
    return ["-c:v", "libx264", *(word for name, value in options.items() for word in (f"-{name}", value))]


def encode_only(frames: Path, target: Path, *, tuned: bool = False) -> list[str]:
    """The limit: one ffmpeg with automatic threads encodes the finished frames."""
    return [find_ffmpeg(None), "-y", "-v", "error", *RAW, "-i", str(frames), *encoding(tuned=tuned), str(target)]


def encode_split(frames: Path, target: Path, *, tuned: bool = False) -> list[str]:
    """The same over as many processes as there are cores, with one thread each."""
    parts = os.cpu_count() or 1
    whole = frames.stat().st_size // FRAME_BYTES
    cuts = [FRAME_BYTES * (whole * part // parts) for part in range(parts + 1)]
    commands = []
    for part in range(parts):
        source = f"subfile,,start,{cuts[part]},end,{cuts[part + 1]},,:{frames}"
        output = target.with_stem(f"{target.stem}-{part}")
        command = [find_ffmpeg(None), "-y", "-nostdin", "-v", "error", *RAW, "-i", source, *encoding(tuned=tuned)]
        commands.append(shlex.join([*command, "-threads", "1", str(output)]))
    return ["sh", "-c", " & ".join(commands) + " & wait"]


def transcode(workload: Workload, folder: Path, target: Path, *, tuned: bool = False) -> list[str]:
    """The limit for clips: ffmpeg decodes them one after the other, and encodes."""
    count = len(workload.shows)
    inputs = [word for shown in workload.shows for word in _clip(workload, folder / shown)]
    joined = "".join(f"[{number}:v]" for number in range(count)) + f"concat=n={count}[v]"
    graph = ["-filter_complex", joined, "-map", "[v]", "-t", str(workload.seconds)]
    return [find_ffmpeg(None), "-y", "-v", "error", *inputs, *graph, *encoding(tuned=tuned), str(target)]


class Graph:
    """One ffmpeg does all: zoompan, overlay, xfade, amix."""

    def __init__(self, workload: Workload, folder: Path) -> None:
        self._workload = workload
        self._folder = folder
        self._inputs: list[str] = []
        self._count = 0
        self._steps: list[str] = []
        self._titles = titles(workload, folder)

    def command(self, target: Path) -> list[str]:
        """The whole command."""
        picture = self._scenes() if any(self._workload.shows) else self._texts()
        sound = self._sound()
        maps = ["-filter_complex", ";".join(self._steps), "-map", picture, "-map", sound]
        ends = ["-t", str(self._workload.seconds), "-pix_fmt", "yuv420p", "-movflags", "+faststart"]
        audio = ["-c:a", "aac", "-b:a", "192k"]
        return [find_ffmpeg(None), "-y", "-v", "error", *self._inputs, *maps, *encoding(), *audio, *ends, str(target)]

    def _scenes(self) -> str:
        length = self._workload.scene_seconds
        for number, shown in enumerate(self._workload.shows):
            if is_clip(shown):
                clip = self._add(*_clip(self._workload, self._folder / shown))
                scaled = f"scale={SIZE[0]}:{SIZE[1]},fps={FPS},settb=1/{FPS},format=yuv420p"
                self._steps.append(f"[{clip}:v]{scaled}[s{number}]")
                continue
            below = self._picture(number, shown)
            path, x, y = self._titles[number]
            over = self._add(*_still(length), "-i", str(path))
            self._steps.append(f"[{over}:v]format=yuva420p,fade=in:d={ENTER}:alpha=1[t{number}]")
            self._steps.append(f"{below}[t{number}]overlay={x}:{y},settb=1/{FPS},format=yuv420p[s{number}]")
        last = "[s0]"
        for number in range(1, len(self._workload.shows)):
            offset = self._workload.start(number)
            self._steps.append(f"{last}[s{number}]xfade=fade:duration={FADE}:offset={offset:.3f}[x{number}]")
            last = f"[x{number}]"
        return last

    def _picture(self, number: int, shown: str) -> str:
        length, amount = self._workload.scene_seconds, self._workload.ken_burns
        frames = round(length * FPS)
        if not amount:
            picture = self._add(*_still(length), "-i", str(self._folder / shown))
            self._steps.append(f"[{picture}:v]{_WIDE},scale={SIZE[0]}:{SIZE[1]}[z{number}]")
            return f"[z{number}]"
        picture = self._add("-i", str(self._folder / shown))
        at = f"on/{frames}" if number % 2 == 0 else f"(1-on/{frames})"
        middle = "x='iw/2-iw/zoom/2':y='ih/2-ih/zoom/2'"
        zoom = f"zoompan=z='1+{amount}*{at}':{middle}:d={frames}:s={_ALL}:fps={FPS}"
        self._steps.append(f"[{picture}:v]{_WIDE},{zoom}[z{number}]")
        return f"[z{number}]"

    def _texts(self) -> str:
        """One ground with snow for all scenes: only titles come and go."""
        seconds, length = self._workload.seconds, self._workload.scene_seconds
        ground = self._add(*_still(seconds), "-i", str(self._folder / "ground.png"))
        snow = self._add("-i", str(self._folder / "snow.mp4"))
        self._steps.append(f"color=white:s={_ALL}:r={FPS}:d={seconds}[w];[{snow}:v]format=gray[m]")
        self._steps.append(f"[w][m]alphamerge,format=yuva420p[f];[{ground}:v]format=yuv420p[g];[g][f]overlay[x]")
        last = "[x]"
        for number, (path, x, y) in self._titles.items():
            over = self._add(*_still(length), "-i", str(path))
            fades = [f"fade=in:d={ENTER}:alpha=1"]
            fades += [f"fade=in:d={FADE}:alpha=1"] if number else []
            fades += [f"fade=out:st={length - FADE}:d={FADE}:alpha=1"] if number + 1 < len(self._titles) else []
            shifted = f"setpts=PTS+{self._workload.start(number)}/TB"
            self._steps.append(f"[{over}:v]format=yuva420p,{','.join(fades)},{shifted}[t{number}]")
            self._steps.append(f"{last}[t{number}]overlay={x}:{y}:eof_action=pass[x{number}]")
            last = f"[x{number}]"
        return last

    def _sound(self) -> str:
        music = self._add("-i", str(self._folder / "music.wav"))
        self._steps.append(f"[{music}:a]volume=0.5[a]")
        heard = ["[a]"]
        for number, shown in enumerate(self._workload.shows):
            if is_clip(shown):
                clip = self._add(*_clip(self._workload, self._folder / shown))
                end = self._workload.scene_seconds - FADE
                fades = f"afade=in:d={FADE},afade=out:st={end}:d={FADE}"
                late = f"adelay={round(1000 * self._workload.start(number))}:all=1"
                self._steps.append(f"[{clip}:a]aformat=channel_layouts=stereo,{fades},{late}[a{number}]")
                heard.append(f"[a{number}]")
        self._steps.append(f"{''.join(heard)}amix=inputs={len(heard)}:normalize=0[sound]")
        return "[sound]"

    def _add(self, *arguments: str) -> int:
        self._inputs.extend(arguments)
        self._count += 1
        return self._count - 1


def _clip(workload: Workload, path: Path) -> list[str]:
    return ["-t", str(workload.scene_seconds), "-i", str(path)]


def _still(seconds: float) -> list[str]:
    return ["-loop", "1", "-framerate", str(FPS), "-t", str(seconds)]
