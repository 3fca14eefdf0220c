"""checkov's findings are heeded, unless somebody has said why not."""

from __future__ import annotations

import re

from tests.template.conftest import PROJECT


def test_each_suppressed_check_has_its_reason_beside_it() -> None:
    lines = (PROJECT / ".checkov.yaml").read_text(encoding="utf-8").partition("skip-check:\n")[2].splitlines()
    checks = [line for line in lines if line.strip().startswith("- ")]
    assert checks
    assert [line for line in checks if not re.fullmatch(r" *- CKV2?_AWS_\d+  # \S.*", line)] == []
