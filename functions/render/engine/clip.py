"""Video clips: ffmpeg decodes, scales and crops them; here they arrive as planes, one frame after the other."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from reelqueue.errors import AssetError
from reelqueue.spec_scenes import VideoElement
from render.engine.geometry import Fitted
from render.engine.planes import Frame, Picture
from render.engine.probe import MediaFacts
from render.engine.process import CLIENT_INPUT, Ffmpeg, Running

# A file that ends this long before its own header says is damaged, not merely rounded.
_MISSING_SECONDS = 1.0


class ClipReader:
    """The frames of one clip in their order. After its end the last frame stays."""

    def __init__(
        self,
        element: VideoElement,
        path: Path,
        facts: MediaFacts,
        fitted: Fitted,
        *,
        fps: int,
        frames: int,
        ffmpeg: Ffmpeg,
        pointer: str,
    ) -> None:
        self._arguments = _arguments(element, path, facts, fitted, fps, frames)
        self._ffmpeg = ffmpeg
        self._pointer = pointer
        self._element = element
        self._fps = fps
        self._frame = Frame(fitted.box.width, fitted.box.height)
        self._picture = Picture(self._frame.y, self._frame.u, self._frame.v)
        end = facts.seconds if element.trim.end is None else min(element.trim.end, facts.seconds)
        self._expected = min(frames, int((end - element.trim.start) / element.speed * fps))
        self._stack = ExitStack()
        self._run: Running | None = None
        self._read = 0
        self._ended = False

    def picture(self, number: int) -> Picture:
        """Frame ``number`` of the clip; numbers may not go back.

        Raises:
            AssetError: the clip cannot be decoded, or breaks off long before its end.
        """
        if self._run is None:
            self._run = self._stack.enter_context(self._ffmpeg.running(self._arguments))
        while self._read <= number and not self._ended:
            if self._fill(self._run):
                self._read += 1
            else:
                self._ended = True
                self._judge(self._run)
        return self._picture

    def close(self) -> None:
        """End the decoder. Called when the last frame was taken, and when the render breaks off."""
        self._stack.close()

    def _fill(self, run: Running) -> bool:
        view = self._frame.buffer.data
        while view:
            count = run.output.readinto(view)  # type: ignore[attr-defined]
            if not count:
                return False
            view = view[count:]
        return True

    def _judge(self, run: Running) -> None:
        """The decoder ended: by a stop, because the clip is short, or because it is damaged."""
        self._ffmpeg.control.check()
        run.process.wait()
        missing = (self._expected - self._read) / self._fps
        if self._read == 0 or (missing > _MISSING_SECONDS and run.complaint()):
            where = f"after {self._read / self._fps:.1f} s" if self._read else "from the start"
            raise AssetError(self._pointer, f"{self._element.src} cannot be decoded {where}; it may be damaged")


def _arguments(
    element: VideoElement, path: Path, facts: MediaFacts, fitted: Fitted, fps: int, frames: int
) -> list[str]:
    # Untagged video of HD size is BT.709 by convention, smaller is BT.601, which swscale assumes.
    matrix = ":in_color_matrix=bt709" if not facts.tagged_color and facts.height >= 720 else ""
    filters = [
        f"setpts=(PTS-STARTPTS)/{element.speed:.6f}" if element.speed != 1 else "null",
        # start_time=0: a first frame that comes late is repeated to the front, which keeps sound and picture together.
        f"fps={fps}:start_time=0",
        f"crop=iw*{fitted.seen[0]:.6f}:ih*{fitted.seen[1]:.6f}",
        f"scale={fitted.box.width}:{fitted.box.height}:flags=bicubic{matrix}:out_color_matrix=bt709:out_range=tv",
        "format=yuv420p",
    ]
    limit = () if element.trim.end is None else ("-t", f"{element.trim.end - element.trim.start:.6f}")
    return [
        *CLIENT_INPUT,
        *("-ss", f"{element.trim.start:.6f}", *limit, "-i", str(path)),
        *("-map", "0:v:0", "-an", "-sn", "-dn", "-vf", ",".join(filters)),
        *("-frames:v", str(frames), "-f", "rawvideo", "pipe:1"),
    ]
