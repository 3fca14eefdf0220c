"""docs/api.md: every route and error code is described."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

import status.app
import submit.app
from reelqueue import errors

DOCS = Path(__file__).parents[2] / "docs"
API = (DOCS / "api.md").read_text(encoding="utf-8")
ROUTES = [
    (method.upper(), path.replace("{job_id}", "{jobId}"))
    for app in (submit.app.app, status.app.app)
    for path, item in (app.get_openapi_schema().paths or {}).items()
    for method in item.model_dump(exclude_none=True)
]
CODES = {
    cls.code
    for _, cls in inspect.getmembers(errors, inspect.isclass)
    if issubclass(cls, errors.ReelqueueError) and "code" in vars(cls)
}


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_every_route_is_described(method: str, path: str) -> None:
    assert f"| `{method} /api{path}` |" in API


@pytest.mark.parametrize("code", sorted(CODES | {"UNAUTHORIZED"}))
def test_every_error_code_is_described(code: str) -> None:
    assert f"`{code}`" in API
