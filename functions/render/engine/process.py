"""Running ffmpeg: local files and pipes only, in a process group of its own, known to the stop switch."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import imageio_ffmpeg

from render.engine.control import Control, kill_group

# In front of every -i: ffmpeg opens files and pipes, and no network whatever a file says inside.
LOCAL_INPUT = ("-protocol_whitelist", "file,pipe")

# In front of a client's file, moreover: containers that hold their own media. A playlist or a concat script, whatever
# it is called, could make ffmpeg open other files of this machine.
CLIENT_INPUT = (
    *LOCAL_INPUT,
    "-format_whitelist",
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,flv,asf,ogg,mp3,wav,w64,aiff,aac,flac,ac3,amr,gif",
)


def find_ffmpeg(chosen: str | None) -> str:
    """The ffmpeg to use: the caller's, else ``IMAGEIO_FFMPEG_EXE``, else the one imageio-ffmpeg carries."""
    return chosen or os.environ.get("IMAGEIO_FFMPEG_EXE") or str(imageio_ffmpeg.get_ffmpeg_exe())


class Ffmpeg:
    """One ffmpeg program, one control, one place for logs."""

    def __init__(self, program: str, control: Control, logs: Path) -> None:
        self.program = program
        self.control = control
        self._logs = logs
        self._count = 0

    @contextmanager
    def running(self, arguments: Sequence[str], *, feed: bool = False) -> Iterator[Running]:
        """A process that lives as long as the block: at its end it has finished or is killed.

        Args:
            arguments: what follows the program's name and its standing options.
            feed: give it a pipe as standard input.
        """
        self._count += 1
        log = self._logs / f"ffmpeg-{self._count}.log"
        with log.open("wb") as stderr:
            process = subprocess.Popen(
                [self.program, "-hide_banner", "-nostdin", "-v", "error", *arguments],
                stdin=subprocess.PIPE if feed else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=stderr,
                start_new_session=True,
            )
        self.control.watch(process)
        try:
            yield Running(process, log)
        finally:
            kill_group(process)
            process.wait()
            self.control.release(process)
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    _close(pipe)


def _close(pipe: IO[bytes]) -> None:
    try:
        pipe.close()
    except BrokenPipeError:
        return  # what was still buffered for a process that is gone


class Running:
    """A started ffmpeg: its pipes, and its last words."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process = process
        self._log = log

    @property
    def output(self) -> IO[bytes]:
        assert self.process.stdout is not None  # noqa: S101 - always a pipe, see Ffmpeg.running
        return self.process.stdout

    @property
    def input(self) -> IO[bytes]:
        assert self.process.stdin is not None  # noqa: S101 - only asked for by those who feed
        return self.process.stdin

    def report(self) -> str:
        """All that it wrote to standard error."""
        return self._log.read_text(errors="replace")

    def complaint(self) -> str:
        """What it wrote to standard error, the last line, short, without paths."""
        lines = self.report().strip().splitlines()
        return lines[-1].rsplit("/", 1)[-1][:200] if lines else ""
