"""What a deployment decides: read once from the environment, on first use, never at import.

``template.yaml`` sets each variable from a parameter or a resource of the stack.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from dataclasses import dataclass

Value = str | int | bool | tuple[int, ...]


@dataclass(frozen=True)
class Settings:
    """All settings. A function gets only the variables that it uses; the rest keep their defaults."""

    table_name: str = ""
    bucket_name: str = ""
    jobs_queue_url: str = ""
    webhook_queue_url: str = ""
    jobs_dead_letters_url: str = ""
    webhook_dead_letters_url: str = ""
    render_function_name: str = ""
    auth_secret_arn: str = ""
    webhook_secret_arn: str = ""
    max_concurrent_renders: int = 5
    max_queue_length: int = 10_000
    rate_limit_per_minute: int = 120
    video_retention_days: int = 30
    job_expiry_seconds: int = 86_400
    admission_lease_seconds: int = 180
    allowed_ports: tuple[int, ...] = (443,)
    allow_private_addresses: bool = False
    voice_engine: str = "polly"

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read the settings from environment variables: each field's name in capitals.

        Raises:
            ValueError: a variable is set to something that is not of its type; the message names it.
        """
        environ = os.environ if environ is None else environ
        values: dict[str, Value] = {}
        for name, default in cls().__dict__.items():
            raw = environ.get(name.upper())
            if raw is None:
                continue
            try:
                values[name] = _parse(raw, type(default))
            except ValueError as error:
                raise ValueError(f"environment variable {name.upper()}={raw!r}: {error}") from error
        return cls(**values)  # type: ignore[arg-type]


def _parse(raw: str, kind: type) -> Value:
    if kind is tuple:
        return tuple(int(number) for number in raw.split(","))
    if kind is bool:
        if raw not in ("true", "false"):
            raise ValueError("must be true or false")
        return raw == "true"
    return int(raw) if kind is int else raw


@functools.cache
def settings() -> Settings:
    """The settings of this process."""
    return Settings.from_env()
