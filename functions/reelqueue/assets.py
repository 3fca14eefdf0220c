"""Files that callers bring: uploaded to the bucket through a presigned form, then ``asset:<name>`` in scenes."""

from __future__ import annotations

import re
from typing import Any

from reelqueue.deployment import LINK_SECONDS, Deployment
from reelqueue.errors import Detail, InvalidBody
from reelqueue.http import Caller
from reelqueue.spec_values import ASSET_NAME

MAX_ASSET_BYTES = 2 * 1024**3


def asset_key(owner: str, name: str) -> str:
    """Where a caller's asset lies in the bucket."""
    return f"assets/{owner}/{name}"


def upload_form(at: Deployment, caller: Caller, body: object) -> dict[str, Any]:
    """A form that uploads one file of at most 2 GB: POST its ``fields`` and the ``file`` as multipart to its ``url``.

    Raises:
        InvalidBody: the body is not ``{"name": "<file name>"}``.
    """
    fields = body if isinstance(body, dict) else {}
    name = fields.get("name")
    mistakes = [Detail(f"/{field}", "is not a known field; remove it") for field in sorted(fields.keys() - {"name"})]
    if not isinstance(name, str) or not re.fullmatch(ASSET_NAME, name):
        mistakes.insert(0, Detail("/name", f"must be a file name such as photo.jpg (pattern {ASSET_NAME})"))
    if mistakes:
        raise InvalidBody(tuple(mistakes))
    form = at.s3.generate_presigned_post(
        at.settings.bucket_name,
        asset_key(caller.name, str(name)),
        Conditions=[["content-length-range", 0, MAX_ASSET_BYTES]],
        ExpiresIn=LINK_SECONDS,
    )
    return {"success": True, "src": f"asset:{name}", "upload": form, "expiresInSeconds": LINK_SECONDS}
