"""Writes what is generated: the OpenAPI document, the schema of requests, tables of docs/scenes.md (``make docs``).

The document lies where the function that serves it finds it; ``docs/openapi.json`` leads there.
"""

from __future__ import annotations

import json
from pathlib import Path

from reference import document, fields, request

PROJECT = Path(__file__).resolve().parents[1]
DOCUMENT = PROJECT / "functions" / "reelqueue" / "openapi.json"
SCENES = PROJECT / "docs" / "scenes.md"
REQUEST = PROJECT / "docs" / "request.schema.json"


def main() -> None:
    for path, text in files().items():
        path.write_text(text, encoding="utf-8")


def files() -> dict[Path, str]:
    """What stands in each generated file."""
    return {
        DOCUMENT: document.text(),
        REQUEST: json.dumps(request.request_schema(), indent=1, ensure_ascii=False) + "\n",
        SCENES: fields.with_tables(SCENES.read_text(encoding="utf-8")),
    }


if __name__ == "__main__":
    main()
