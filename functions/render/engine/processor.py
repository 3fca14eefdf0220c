"""What the processor can do, as Linux tells it."""

from __future__ import annotations

from pathlib import Path


def claims(instructions: str, told: Path = Path("/proc/cpuinfo")) -> bool | None:
    """Whether the processor claims to have such instructions, by Linux's name for them; None where nobody tells."""
    if not told.exists():
        return None
    return f" {instructions} " in told.read_text(encoding="ascii", errors="replace").replace("\n", " ")
