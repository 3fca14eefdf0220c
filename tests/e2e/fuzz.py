"""Requests that nobody would write, against the whole system over HTTP: schemathesis on the API's own document.

    python -m tests.e2e.fuzz --examples 500

What it holds: no answer of 500 or above; every answer is one that the document has for its route, with its content
type, its headers and, field by field, its schema; what the schema refuses is refused.

The queue of its stack is paused, and stays so: what is accepted waits, and nothing renders.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from local.stack import LocalStack
from reference.document import document

PARAMETERS = {"RateLimitPerMinute": "60000", "MaxQueueLength": "1000000"}
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "missing_required_header",
    "ignored_auth",
)
"""Not ``positive_data_acceptance``: what the parts of a request tell only together no schema has. Not
``unsupported_method``: API Gateway answers an unknown method with 404, not 405."""

PHASES = "examples,fuzzing,stateful"
"""Not ``coverage``: some of its requests say that they carry more than they do, and wait until they time out."""

PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Outcome:
    """What a run found: how many requests it made, and its report, empty of failures when ``clean``."""

    requests: int
    seconds: float
    clean: bool
    report: str


def fuzz(stack: LocalStack, *, examples: int, phases: str = PHASES, seed: int = 1, workers: int = 4) -> Outcome:
    """Let schemathesis at a local stack, its queue paused; ``examples`` is how many tests of each route and phase."""
    pause = requests.patch(f"{stack.api_url}/queue-settings", json={"paused": True}, auth=stack.auth, timeout=30)
    pause.raise_for_status()
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        schema = Path(folder, "openapi.json")
        schema.write_text(json.dumps(strict(document())), encoding="utf-8")
        command = [
            *(sys.executable, "-m", "schemathesis.cli", "--no-color", "run", str(schema)),
            *("--url", stack.api_url, "--auth", ":".join(stack.auth)),
            *("--checks", ",".join(CHECKS), "--phases", phases),
            *("--max-examples", str(examples), "--seed", str(seed), "--generation-database", "none"),
            *("--suppress-health-check", "all", "--warnings", "off", "--continue-on-failure"),
            *("--request-timeout", "30", "--workers", str(workers)),
        ]
        environment = {**os.environ, "SCHEMATHESIS_HOOKS": "tests.e2e.fuzz_hooks", "PYTHONPATH": str(PROJECT)}
        run = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    counted = re.search(r"([\d,]+) generated", run.stdout)
    return Outcome(
        requests=int(counted[1].replace(",", "")) if counted else 0,
        seconds=time.monotonic() - started,
        clean=run.returncode == 0,
        report=run.stdout + run.stderr,
    )


def strict(part: Any) -> Any:
    """A document that allows no field which it does not name. Clients are promised less: fields may be added."""
    if isinstance(part, list):
        return [strict(each) for each in part]
    if not isinstance(part, dict):
        return part
    inner = {name: strict(each) for name, each in part.items()}
    if part.get("type") == "object" and "properties" in part:
        inner.setdefault("additionalProperties", False)
    return inner


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--examples", type=int, default=500, help="tests of each route in each phase")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as root, LocalStack.start(Path(root), parameters=PARAMETERS) as stack:
        outcome = fuzz(stack, examples=chosen.examples, seed=chosen.seed)
    print(outcome.report)
    print(f"{outcome.requests} requests in {outcome.seconds:.0f} s, {outcome.requests / outcome.seconds:.0f} a second")
    return 0 if outcome.clean else 1


if __name__ == "__main__":
    sys.exit(main())
