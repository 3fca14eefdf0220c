"""Brings the files that a request names to the local disk: from https, the caller's assets, or a bucket."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urljoin

import requests
from botocore.exceptions import ClientError

from reelqueue.addresses import AddressRefused, check_url
from reelqueue.assets import MAX_ASSET_BYTES, asset_key
from reelqueue.deployment import Deployment
from render.engine import FetchError

MAX_REDIRECTS = 5
_TIMEOUT = (5.0, 20.0)
_CHUNK = 1 << 20


class Fetcher:
    """``fetch(src, destination, check)`` for one caller's render; may be called by several threads at once."""

    def __init__(self, at: Deployment, owner: str, session: requests.Session | None = None) -> None:
        self._at = at
        self._owner = owner
        self._session = session or requests.Session()

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
        try:
            self._at.s3.download_file(bucket, key, str(destination), Callback=lambda _: check())
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in ("404", "NoSuchKey", "NoSuchBucket"):
                raise FetchError(f"there is no file {name}; upload it first (POST /assets)") from error
            if code in ("403", "AccessDenied"):
                raise FetchError(f"the file {name} may not be read by this service") from error
            raise

    def _from_web(self, url: str, destination: Path, check: Callable[[], None]) -> None:
        try:
            for _ in range(MAX_REDIRECTS + 1):
                check_url(url, allow_private=self._at.settings.allow_private_addresses)
                with self._session.get(url, timeout=_TIMEOUT, allow_redirects=False, stream=True) as answer:
                    if answer.is_redirect:
                        url = urljoin(url, answer.headers["location"])
                        continue
                    if answer.status_code != 200:
                        raise FetchError(f"the server answered {answer.status_code}")
                    _save(answer, destination, check)
                    return
        except AddressRefused as error:
            raise FetchError(str(error)) from error
        except requests.RequestException as error:
            raise FetchError(f"the file could not be fetched ({type(error).__name__})") from error
        raise FetchError(f"more than {MAX_REDIRECTS} redirects")


def _save(answer: requests.Response, destination: Path, check: Callable[[], None]) -> None:
    size = 0
    with destination.open("wb") as file:
        for chunk in answer.iter_content(_CHUNK):
            check()
            size += len(chunk)
            if size > MAX_ASSET_BYTES:
                raise FetchError(f"the file is larger than {MAX_ASSET_BYTES // 1024**3} GB")
            file.write(chunk)
