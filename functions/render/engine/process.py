"""Running ffmpeg: local files and pipes only, within limits, known to the stop switch.

What it reads may have been made to harm it. So it gets no more than it needs: no network, no playlists, none of this
process's environment (which holds the credentials of the function), and only so much memory and time.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import IO

from render.engine.control import Control, kill_group

# ffmpeg opens files and pipes, and no network whatever a file says inside.
LOCAL_PROTOCOLS = "file,pipe"

# Of a client's files, only containers that hold their own media. A playlist or a concat script, whatever it is called,
# could make ffmpeg open other files of this machine.
CLIENT_FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,flv,asf,ogg,mp3,wav,w64,aiff,aac,flac,ac3,amr,gif"
)

MAX_VIDEO_PIXELS = 8192 * 4320
"""Of one frame of a client's file. A header of a hundred bytes may claim a picture that takes gigabytes."""

# Instead of this process's own. A static ffmpeg that converts a name in an MPEG transport stream would load the
# system's converters for another libc, and crash (7.0.2 does, with any such stream).
_ENVIRONMENT = {"GCONV_PATH": "/nowhere"}

# In front of every -i.
LOCAL_INPUT = ("-protocol_whitelist", LOCAL_PROTOCOLS)

# In front of a client's file. One thread: more of them hold more frames (1 GB instead of 0.5 for 8K HEVC).
CLIENT_INPUT = (
    *LOCAL_INPUT,
    *("-format_whitelist", CLIENT_FORMATS),
    *("-max_pixels", str(MAX_VIDEO_PIXELS), "-threads", "1"),
)


@dataclass(frozen=True)
class Allowance:
    """What a process may take: seconds on the clock, seconds of a processor, bytes of memory of its own."""

    seconds: float
    cpu_seconds: int
    memory_bytes: int = 1 << 30


PROBING = Allowance(60, 30)
"""To open a file and decode its beginning, which takes a tenth of a second; reading 2 GB through takes a few."""

SOUNDING = Allowance(600, 600)
"""To decode up to half an hour of sound, which takes half a minute at most."""


def find_ffmpeg(chosen: str | None) -> str:
    """The ffmpeg to use: the caller's, else ``IMAGEIO_FFMPEG_EXE``, else the one imageio-ffmpeg carries."""
    found = chosen or os.environ.get("IMAGEIO_FFMPEG_EXE")
    if not found:
        # Loaded where it is asked: whoever renders is told.
        from imageio_ffmpeg import get_ffmpeg_exe

        found = get_ffmpeg_exe()
    return str(found)


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
    def running(self, arguments: Sequence[str], allowance: Allowance) -> Iterator[Running]:
        """A process that lives as long as the block: at its end it has finished or is killed.

        ``arguments`` are what follows the program's name and its standing options. When its time is over it is killed
        at once, which ends its output.
        """
        log = self._logs / f"ffmpeg-{os.getpid()}-{next(self._numbers)}.log"
        with log.open("wb") as stderr:
            process = subprocess.Popen(
                [self.program, "-hide_banner", "-nostdin", "-v", "error", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=stderr,
                env=_ENVIRONMENT,
                start_new_session=self._own_groups,
            )
        _limit(process, allowance)
        self.control.watch(process)
        running = Running(process, log)
        timer = threading.Timer(allowance.seconds, running.end)
        timer.daemon = True
        timer.start()
        try:
            yield running
        finally:
            timer.cancel()
            # Not before it has ended: it may be about to signal the process, whose id could be another's afterwards.
            timer.join()
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
        self._ended = threading.Event()

    def end(self) -> None:
        """Kill it, for its time is over."""
        self._ended.set()
        kill_group(self.process)

    @property
    def exceeded(self) -> bool:
        """It was killed, by its timer or by the system, for taking more than its allowance."""
        return self._ended.is_set() or self.process.returncode == -signal.SIGKILL

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


def _limit(process: subprocess.Popen[bytes], allowance: Allowance) -> None:
    """Hold a process that has just begun to its allowance, where the system can (Linux).

    Not the address space but what is written to: each thread of ffmpeg reserves much more than it uses.
    """
    if not hasattr(resource, "prlimit"):
        return
    with suppress(ProcessLookupError):  # it has ended already
        resource.prlimit(process.pid, resource.RLIMIT_DATA, (allowance.memory_bytes,) * 2)
        # No lower limit that warns: ffmpeg takes that for a wish to end what it does in good order.
        resource.prlimit(process.pid, resource.RLIMIT_CPU, (allowance.cpu_seconds,) * 2)
