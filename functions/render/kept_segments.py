"""Where segments are kept: in the bucket, by owner, until they expire.

    segments/<hash of the owner>/<fingerprint>.mp4             for all jobs of this owner
    segments/<hash of the owner>/<job id>/<fingerprint>.mp4    for the attempts of a job with ``"cache": false``

and what voices have said beside them, as ``<hash>.speech``.

Nobody's segments are ever looked for under another owner's hash, so what a caller gets, and how soon, tells nothing of
what others have rendered.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# S3 says AccessDenied for what is not there to those who may not list it, and the render may not.
_ABSENT = ("NoSuchKey", "AccessDenied")
_CHUNK = 1 << 20


def segments_folder(owner: str, job_id: str, *, shared: bool) -> str:
    """The prefix of the keys of a job's segments: its owner's, or its own."""
    folder = f"segments/{hashlib.sha256(owner.encode()).hexdigest()[:32]}"
    return folder if shared else f"{folder}/{job_id}"


class KeptSegments:
    """The engine's ``Kept``: the segments below one folder of the bucket."""

    def __init__(self, s3: S3Client, bucket: str, folder: str) -> None:
        self._s3 = s3
        self._bucket = bucket
        self.folder = folder

    def fetch(self, name: str, target: Path, check: Callable[[], None]) -> bool:
        try:
            answer = self._s3.get_object(Bucket=self._bucket, Key=self._key(name))
        except ClientError as error:
            if error.response["Error"]["Code"] in _ABSENT:
                return False
            raise
        with closing(answer["Body"]) as content, target.open("wb") as file:
            for chunk in content.iter_chunks(_CHUNK):
                check()
                file.write(chunk)
        return True

    def keep(self, name: str, file: Path) -> None:
        kind = "video/mp4" if name.endswith(".mp4") else "application/octet-stream"
        with file.open("rb") as content:
            self._s3.put_object(Bucket=self._bucket, Key=self._key(name), Body=content, ContentType=kind)

    def _key(self, name: str) -> str:
        return f"{self.folder}/{name}"
