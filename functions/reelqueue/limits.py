"""How much a request may ask for, and how far its scenes may overlap. It loads nothing that checks requests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reelqueue.spec_scenes import Transition


@dataclass(frozen=True)
class Limits:
    """What a request may ask for at most. Each refusal names the limit it comes from."""

    max_scenes: int = 200
    max_elements: int = 50
    max_files: int = 500
    max_spoken_characters: int = 30_000
    max_seconds: float = 1800
    max_gif_seconds: float = 60
    max_width: int = 3840
    max_height: int = 2160
    max_metadata_bytes: int = 4096
    max_expires_seconds: int = 1_209_600
    max_timeout_seconds: int = 43_200


def overlap_seconds(transition: Transition, before: float, after: float) -> float:
    """How long two scenes of these lengths overlap: at most half of the shorter one."""
    return min(transition.seconds, before / 2, after / 2)
