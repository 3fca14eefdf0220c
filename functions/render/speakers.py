"""Who speaks in this deployment: Amazon Polly, or espeak-ng on a laptop. ``VOICE_ENGINE`` decides, and nothing else."""

from __future__ import annotations

from reelqueue.deployment import Deployment
from render.espeak import Espeak
from render.polly import Polly


def speaker_of(at: Deployment) -> Polly | Espeak:
    """The deployment's speaker.

    Raises:
        ValueError: the setting names another one.
    """
    engine = at.settings.voice_engine
    if engine == "polly":
        return Polly(at.polly)
    if engine == "espeak":
        return Espeak()
    raise ValueError(f"VOICE_ENGINE is {engine!r}; it must be polly or espeak")
