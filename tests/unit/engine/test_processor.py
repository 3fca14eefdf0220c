"""What the processor says of itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from render.engine.processor import claims


@pytest.mark.parametrize(
    ("flags", "found"),
    [("flags\t\t: avx2 avx512f avx512dq", True), ("flags\t\t: avx avx2", False), ("Features\t: asimd", False)],
)
def test_instructions_are_found_by_their_whole_name(tmp_path: Path, flags: str, found: bool) -> None:
    told = tmp_path / "cpuinfo"
    told.write_text(f"processor : 0\n{flags}\nbogomips : 5192\n", encoding="ascii")
    assert claims("avx512f", told) is found
    assert claims("avx51", told) is False


def test_the_last_of_a_line_counts_too(tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text("flags : avx avx2\nbugs :\n", encoding="ascii")
    assert claims("avx2", tmp_path / "cpuinfo") is True


def test_a_machine_that_says_nothing_claims_nothing(tmp_path: Path) -> None:
    assert claims("avx2", tmp_path / "none") is None
