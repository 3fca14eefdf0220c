"""A page on which the API can be read and tried out: Swagger UI, below the address of the emulator itself.

Its files are those that Powertools brings (5.31.0), so nothing comes from the internet and nothing is installed for it.
Page and API have one origin: no CORS, which the API does not have.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from local.overlay import API_PATH, PASSWORD, USERNAME

PAGE = "/_reelqueue/docs"

Application = Callable[[Mapping[str, Any], Any, Any], Awaitable[None]]

_SCRIPT, _STYLE, _DOCUMENT = "/_reelqueue/swagger-ui.js", "/_reelqueue/swagger-ui.css", "/_reelqueue/openapi.json"
_HTML = f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Reelqueue on this machine</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{_STYLE}">
</head>
<body>
<div id="page"></div>
<script src="{_SCRIPT}"></script>
<script>
  const page = SwaggerUIBundle({{
    url: "{_DOCUMENT}",
    dom_id: "#page",
    deepLinking: true,
    defaultModelsExpandDepth: 0,
    presets: [SwaggerUIBundle.presets.apis],
    onComplete: () => page.preauthorizeBasic("BasicAuth", "{USERNAME}", "{PASSWORD}"),
  }});
</script>
</body>
</html>
"""


def with_page(application: Application, document: Path) -> Application:
    """An ASGI application that answers for the page itself and leaves the rest to ``application``.

    Args:
        application: the emulator.
        document: the file of the OpenAPI document.
    """

    async def call(scope: Mapping[str, Any], receive: Any, send: Any) -> None:
        found = _content(scope.get("path", ""), document)
        if found is None:
            await application(scope, receive, send)
            return
        kind, body = found
        headers = [(b"content-type", kind.encode()), (b"cache-control", b"no-cache")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return call


def _content(path: str, document: Path) -> tuple[str, bytes] | None:
    if path == PAGE:
        return "text/html; charset=utf-8", _HTML.encode()
    if path == _SCRIPT:
        return "text/javascript; charset=utf-8", (_assets() / "swagger-ui-bundle.min.js").read_bytes()
    if path == _STYLE:
        return "text/css; charset=utf-8", (_assets() / "swagger-ui.min.css").read_bytes()
    if path == _DOCUMENT:
        here = {"url": API_PATH, "description": "The local stack"}
        local = json.loads(document.read_text(encoding="utf-8")) | {"servers": [here]}
        return "application/json", json.dumps(local).encode()
    return None


def _assets() -> Path:
    # Found without importing it: the emulator needs nothing else of it.
    spec = importlib.util.find_spec("aws_lambda_powertools")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("aws_lambda_powertools is not installed; run make setup")
    return Path(spec.origin).parent / "event_handler" / "openapi" / "swagger_ui"
