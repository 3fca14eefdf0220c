"""What the processes of a render tell each other: the job, its tasks, and what is reported of them.

The request goes to the crew first, so that its texts are drawn, then the job, both as pickles; tasks and reports are
lines of JSON. All of it passes through pipes between processes of this engine, and nothing a client wrote is ever
unpickled.
"""

from __future__ import annotations

import json
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reelqueue.errors import AssetError, RenderError

if TYPE_CHECKING:
    # Loaded by those who make and who do jobs: the crew is started before any of it is needed.
    from reelqueue.spec_request import VideoRequest
    from render.engine.assets import Assets
    from render.engine.cues import Cues
    from render.engine.segments import Segment
    from render.engine.timeline import Timeline


@dataclass(frozen=True)
class Job:
    """A render, prepared: everything is fetched and planned. All files lie in ``folder``, and its drawings will."""

    request: VideoRequest
    timeline: Timeline
    segments: tuple[Segment, ...]
    missing: tuple[int, ...]
    """The segments to render, by index; the others lie in the folder already."""
    assets: Assets
    folder: Path
    ffmpeg: str
    workers: int
    cues: Cues = field(default_factory=dict)

    def segment_file(self, index: int) -> Path:
        return self.folder / f"segment-{index}.mp4"

    @property
    def sound(self) -> Path:
        return self.folder / ("sound.mka" if self.request.output.format == "webm" else "sound.m4a")

    @property
    def poster(self) -> Path:
        return self.folder / "poster.jpg"

    @property
    def video(self) -> Path:
        return self.folder / f"video.{self.request.output.format}"


@dataclass(frozen=True)
class Task:
    """Of a worker: ``segment`` (by index), ``poster``, ``join``; of a helper: ``sound``, ``texts``, ``captions``."""

    kind: str
    index: int = 0

    def line(self) -> bytes:
        return _line({"kind": self.kind, "index": self.index})

    @classmethod
    def from_line(cls, line: bytes) -> Task:
        return cls(**json.loads(line))


@dataclass(frozen=True)
class Report:
    """What came of a task: so many ``frames`` more, ``done``, or an ``error``."""

    kind: str
    task: Task
    frames: int = 0
    error: dict[str, Any] | None = None

    @classmethod
    def of_error(cls, task: Task, error: Exception) -> Report:
        """What went wrong, as it passes through a pipe."""
        if isinstance(error, AssetError):
            told = {"asset": error.details[0].pointer, "message": error.details[0].message, "code": error.code}
        elif isinstance(error, RenderError):
            told = {"render": error.message}
        else:
            told = {"trace": "".join(traceback.format_exception(error))}
        return cls("error", task, error=told)

    def line(self) -> bytes:
        return _line({"kind": self.kind, "task": vars(self.task), "frames": self.frames, "error": self.error})

    @classmethod
    def from_line(cls, line: bytes) -> Report:
        fields = json.loads(line)
        return cls(fields["kind"], Task(**fields["task"]), fields["frames"], fields["error"])


def _line(fields: dict[str, Any]) -> bytes:
    return json.dumps(fields).encode() + b"\n"
