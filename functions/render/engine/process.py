"""Running ffmpeg: local files and pipes only, known to the stop switch."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import IO

import imageio_ffmpeg

from render.engine.control import Control, kill_group

# ffmpeg opens files and pipes, and no network whatever a file says inside.
LOCAL_PROTOCOLS = "file,pipe"

# Of a client's files, only containers that hold their own media. A playlist or a concat script, whatever it is called,
# could make ffmpeg open other files of this machine.
CLIENT_FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,flv,asf,ogg,mp3,wav,w64,aiff,aac,flac,ac3,amr,gif"
)

# In front of every -i.
LOCAL_INPUT = ("-protocol_whitelist", LOCAL_PROTOCOLS)

# In front of a client's file.
CLIENT_INPUT = (*LOCAL_INPUT, "-format_whitelist", CLIENT_FORMATS)


def find_ffmpeg(chosen: str | None) -> str:
    """The ffmpeg to use: the caller's, else ``IMAGEIO_FFMPEG_EXE``, else the one imageio-ffmpeg carries."""
    return chosen or os.environ.get("IMAGEIO_FFMPEG_EXE") or str(imageio_ffmpeg.get_ffmpeg_exe())


class Ffmpeg:
    """One ffmpeg program, one control, one place for logs."""

    def __init__(self, program: str, control: Control, logs: Path, *, own_groups: bool = True) -> None:
        """``own_groups``: each process leads a group; else it belongs to that of this process, and dies with it."""
        self.program = program
        self.control = control
        self._logs = logs
        self._own_groups = own_groups
        self._numbers = count(1)

    @contextmanager
    def running(self, arguments: Sequence[str]) -> Iterator[Running]:
        """A process that lives as long as the block: at its end it has finished or is killed.

        ``arguments`` are what follows the program's name and its standing options.
        """
        log = self._logs / f"ffmpeg-{os.getpid()}-{next(self._numbers)}.log"
        with log.open("wb") as stderr:
            process = subprocess.Popen(
                [self.program, "-hide_banner", "-nostdin", "-v", "error", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=stderr,
                start_new_session=self._own_groups,
            )
        self.control.watch(process)
        try:
            yield Running(process, log)
        finally:
            kill_group(process)
            process.wait()
            self.control.release(process)
            if process.stdout is not None:
                process.stdout.close()


class Running:
    """A started ffmpeg: its output, and its last words."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process = process
        self._log = log

    @property
    def output(self) -> IO[bytes]:
        assert self.process.stdout is not None  # noqa: S101 - always a pipe, see Ffmpeg.running
        return self.process.stdout

    def report(self) -> str:
        """All that it wrote to standard error."""
        return self._log.read_text(errors="replace")

    def complaint(self) -> str:
        """What it wrote to standard error, the last line, short, without paths."""
        lines = self.report().strip().splitlines()
        return lines[-1].rsplit("/", 1)[-1][:200] if lines else ""
