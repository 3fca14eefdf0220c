"""What was freed, back to the system."""

from __future__ import annotations

import ctypes


def give_back() -> None:
    """Give what was freed back: else what is allocated next ends up between it, and it is never whole again."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:  # GNU's C library has it
        trim(0)
