"""Brings the files that a request names to the local disk: from https, the caller's assets, or a bucket.

Whoever names a file does not get to decide how much of this function it takes: each has a limit of size and of time,
and all of a request together have one, since they share the function's disk with the video.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

import requests
from botocore.exceptions import ClientError
from urllib3.exceptions import HTTPError

from reelqueue.addresses import AddressRefused
from reelqueue.assets import MAX_ASSET_BYTES, asset_key
from reelqueue.deployment import Deployment
from reelqueue.outgoing import Dialer, guarded_session
from render.engine.assets import FetchError

_TIMEOUT = (5.0, 20.0)
_CHUNK = 1 << 20
# What is compressed on its way may be a thousand times as large as what arrives, and pictures gain nothing by it.
_HEADERS = {"accept-encoding": "identity", "user-agent": "Reelqueue-Assets"}


@dataclass(frozen=True)
class FetchLimits:
    """What fetching may take. ``seconds`` are for one file, from the first byte of its answer to the last."""

    file_bytes: int = MAX_ASSET_BYTES
    seconds: float = 300
    redirects: int = 5
    total_bytes: int = 6 * 1024**3
    """Of all files of a request: of the 10 GB that a render function has, the rest is for the video."""


class Fetcher:
    """``fetch(src, destination, check)`` for one caller's render; may be called by several threads at once.

    ``session`` is a guarded one (``outgoing.py``), ``clock`` gives seconds.
    """

    def __init__(
        self,
        at: Deployment,
        owner: str,
        session: requests.Session | None = None,
        clock: Callable[[], float] = time.monotonic,
        limits: FetchLimits = FetchLimits(),
    ) -> None:
        self._at = at
        self._owner = owner
        self._session = session or guarded_session(Dialer(at.gate))
        self._clock = clock
        self._limits = limits
        self._lock = threading.Lock()
        self._total = 0

    def __call__(self, src: str, destination: Path, check: Callable[[], None]) -> None:
        """Stream a source into a file.

        Raises:
            FetchError: it cannot be had; the message says why.
            Stopped: ``check``, which is called with every piece, says that the file is not wanted any more.
        """
        scheme, _, rest = src.partition(":")
        if scheme == "asset":
            self._from_bucket(self._at.settings.bucket_name, asset_key(self._owner, rest), destination, rest, check)
        elif scheme == "s3":
            bucket, _, key = rest.removeprefix("//").partition("/")
            self._from_bucket(bucket, key, destination, src, check)
        else:
            self._from_web(src, destination, check)

    def _from_bucket(self, bucket: str, key: str, destination: Path, name: str, check: Callable[[], None]) -> None:
        meter = _Meter(self._limits, self._clock, self._count)

        def arrived(count: int) -> None:
            check()
            meter.add(count)

        try:
            self._at.s3.download_file(bucket, key, str(destination), Callback=arrived)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in ("404", "NoSuchKey", "NoSuchBucket"):
                raise FetchError(f"there is no file {name}; upload it first (POST /assets)") from error
            if code in ("403", "AccessDenied"):
                raise FetchError(f"the file {name} may not be read by this service") from error
            raise

    def _from_web(self, url: str, destination: Path, check: Callable[[], None]) -> None:
        try:
            for _ in range(self._limits.redirects + 1):
                check()
                with self._session.get(
                    url, headers=_HEADERS, timeout=_TIMEOUT, allow_redirects=False, stream=True
                ) as answer:
                    if answer.is_redirect:
                        url = urljoin(url, answer.headers["location"])
                        continue
                    if answer.status_code != 200:
                        raise FetchError(f"the server answered {answer.status_code}")
                    self._save(answer, destination, check)
                    return
        except AddressRefused as error:
            raise FetchError(f"it was not fetched: {error}") from error
        except (requests.RequestException, HTTPError, OSError) as error:
            raise FetchError(f"the file could not be fetched ({type(error).__name__})") from error
        raise FetchError(f"more than {self._limits.redirects} redirects")

    def _save(self, answer: requests.Response, destination: Path, check: Callable[[], None]) -> None:
        encoding = answer.headers.get("content-encoding", "identity")
        if encoding.lower() != "identity":
            raise FetchError(f"the server sent it compressed ({encoding[:20]}), which nobody had asked for")
        meter = _Meter(self._limits, self._clock, self._count)
        announced = answer.headers.get("content-length", "")
        if announced.isdecimal():
            meter.foresee(int(announced))
        with destination.open("wb") as file:
            # As it arrives: to wait for whole chunks would be to wait for as long as the server likes.
            while chunk := answer.raw.read1(_CHUNK, decode_content=False):
                check()
                meter.add(len(chunk))
                file.write(chunk)

    def _count(self, size: int) -> None:
        with self._lock:
            self._total += size
            total = self._total
        if total > self._limits.total_bytes:
            raise FetchError(f"the files of this request are larger together than {_size(self._limits.total_bytes)}")


class _Meter:
    """What has arrived of one file, and since when. ``count`` takes what arrives of all."""

    def __init__(self, limits: FetchLimits, clock: Callable[[], float], count: Callable[[int], None]) -> None:
        self._limits = limits
        self._clock = clock
        self._count = count
        self._size = 0
        self._ends = clock() + limits.seconds
        self._lock = threading.Lock()

    def foresee(self, size: int) -> None:
        """Refuse a file for what it is said to have.

        Raises:
            FetchError: it is larger than a file may be.
        """
        if size > self._limits.file_bytes:
            raise FetchError(f"the file is larger than {_size(self._limits.file_bytes)}")

    def add(self, size: int) -> None:
        """Count what has arrived. S3's threads bring the parts of one file together.

        Raises:
            FetchError: that is more, or later, than it may be.
        """
        with self._lock:
            self._size += size
            arrived = self._size
        self.foresee(arrived)
        self._count(size)
        if self._clock() > self._ends:
            raise FetchError(f"the file did not arrive within {self._limits.seconds:g} s")


def _size(count: int) -> str:
    return f"{count / 1024**3:g} GB"
