"""Segments that were rendered before: fetched instead of rendered again, and those that are new kept for the next time.

Where they are kept is the caller's business (``Kept``). It can only save time: what cannot be had, comes too late or
proves damaged is rendered, and what cannot be kept is lost to the next render alone.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol

from render.engine.control import Control
from render.engine.segments import Segment

if TYPE_CHECKING:
    from reelqueue.spec_output import Output

_AT_ONCE = 8
_LOOK_SECONDS = 0.1
# A store that hangs must not cost more than rendering would. A gigabyte in a Lambda takes a fraction of it.
_FETCH_SECONDS = 60
# How long the end of a render, of whatever kind, waits for what is still being kept.
LAST_SECONDS = 5

_logger = logging.getLogger(__name__)


class Kept(Protocol):
    """A place for segments and speeches, by the names of their files. It is used by several threads at once."""

    def fetch(self, name: str, target: Path, check: Callable[[], None]) -> bool:
        """Write what has this name to a file; False if it is not there. May fail in any way.

        ``check``, to be called now and then, raises when it is not wanted any more.
        """

    def keep(self, name: str, file: Path) -> None:
        """Keep a file under this name, which it may have already. May fail in any way."""


@dataclass(frozen=True)
class Piece:
    """A segment with its fingerprint and its file."""

    segment: Segment
    name: str
    file: Path


class _TooLate(Exception):
    """The segment is being rendered already, or nobody wants it any more."""


class Keeper:
    """A context around the rendering. At its end what was finished is kept, or given up after ``LAST_SECONDS``."""

    def __init__(self, kept: Kept | None, pieces: Sequence[Piece], output: Output, control: Control) -> None:
        self._kept = kept
        self._pieces = pieces
        self._output = output
        self._control = control
        # Two pools: a fetch that hangs takes no place from what is to be kept.
        self._fetchers = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="fetch")
        self._keepers = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="keep")
        self._fetching: list[Future[bool]] = []
        self._keeping: list[Future[bool]] = []
        self._late = threading.Event()

    def __enter__(self) -> Keeper:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._late.set()
        self._fetchers.shutdown(wait=False, cancel_futures=True)
        # Fetches end with their next piece; then nothing writes to the folder any more, which may be removed.
        wait([*self._keeping, *(each for each in self._fetching if not each.cancelled())], LAST_SECONDS)
        self._keepers.shutdown(wait=False, cancel_futures=True)
        kept = [keeping.done() and not keeping.cancelled() and keeping.result() for keeping in self._keeping]
        self._control.tally.kept += sum(kept)
        if late := len(kept) - sum(keeping.done() for keeping in self._keeping):
            _logger.warning("%d finished segments could not be kept in time", late)

    def fetch(self) -> frozenset[int]:
        """Fetch what there is, in parallel; the indexes of the segments that lie in their files now.

        Raises:
            Stopped: the render was stopped.
        """
        if self._kept is None:
            return frozenset()
        deadline = time.monotonic() + _FETCH_SECONDS
        self._fetching = [self._fetchers.submit(self._fetch, self._kept, piece) for piece in self._pieces]
        waiting = set(self._fetching)
        while waiting and time.monotonic() < deadline:
            _, waiting = wait(waiting, _LOOK_SECONDS)
            self._control.check()
        self._late.set()
        found = frozenset(
            piece.segment.index
            for piece, fetch in zip(self._pieces, self._fetching, strict=True)
            if fetch not in waiting and fetch.result()
        )
        self._control.tally.reused = len(found)
        return found

    def keep(self, index: int) -> None:
        """Keep a finished segment, beside the rendering."""
        if self._kept is not None:
            self._keeping.append(self._keepers.submit(self._keep, self._kept, self._pieces[index]))

    def _fetch(self, kept: Kept, piece: Piece) -> bool:
        arriving = piece.file.with_suffix(".fetched")
        try:
            self._check()
            if not kept.fetch(f"{piece.name}.mp4", arriving, self._check):
                return False
            if not self._fits(piece, arriving):
                _logger.warning("the segment %s that was kept is damaged; it is rendered anew", piece.name)
                return False
            self._check()
            arriving.rename(piece.file)
        except _TooLate:
            return False
        except Exception:  # whatever it is, the segment is rendered as if it had never been kept
            _logger.exception("the segment %s could not be fetched", piece.name)
            return False
        return True

    def _check(self) -> None:
        if self._late.is_set():
            raise _TooLate

    def _keep(self, kept: Kept, piece: Piece) -> bool:
        try:
            kept.keep(f"{piece.name}.mp4", piece.file)
        except Exception:  # whatever it is, the video does not need it
            _logger.exception("the segment %s could not be kept", piece.name)
            return False
        return True

    def _fits(self, piece: Piece, file: Path) -> bool:
        # Loaded when there is something to look at: most renders find nothing kept, and start sooner without.
        from render.engine.encode import Encoding
        from render.engine.join import fits

        return fits(piece.segment, file, Encoding.of(self._output))
