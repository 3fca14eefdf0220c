"""The request as it is sent and as it is stored: the same fields, before and after normalisation."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, ValidationInfo, field_validator

from reelqueue.limits import overlap_seconds
from reelqueue.spec_output import Output, OutputChoice, Soundtrack
from reelqueue.spec_scenes import Scene, Transition
from reelqueue.spec_values import Model, Url, refusal, rules_of
from reelqueue.themes import Theme, ThemeChoice, ThemeName


class CommonFields(Model):
    """The fields that a request and its stored form share."""

    webhook_url: Url
    soundtrack: Soundtrack | None = None
    priority: Literal["low", "normal", "high"] = "normal"
    expires_in_seconds: Annotated[int, Field(ge=1)] | None = None
    timeout_seconds: Annotated[int, Field(ge=1)] | None = None
    metadata: dict[str, Any] | None = None
    cache: bool = True
    """Whether segments are shared with the caller's other jobs, both ways."""

    @field_validator("expires_in_seconds", "timeout_seconds")
    @classmethod
    def _within_limits(cls, seconds: int | None, info: ValidationInfo) -> int | None:
        rules = rules_of(info)
        if seconds is None or rules is None:
            return seconds
        waiting = info.field_name == "expires_in_seconds"
        most = rules.limits.max_expires_seconds if waiting else rules.limits.max_timeout_seconds
        if seconds > most:
            raise refusal(f"must be at most {most}, not {seconds}")
        return seconds

    @field_validator("metadata")
    @classmethod
    def _small(cls, metadata: dict[str, Any] | None, info: ValidationInfo) -> dict[str, Any] | None:
        rules = rules_of(info)
        if metadata is None or rules is None:
            return metadata
        try:
            size = len(json.dumps(metadata, separators=(",", ":"), allow_nan=False).encode())
        except ValueError:
            raise refusal("holds a number that is not finite") from None
        if size > rules.limits.max_metadata_bytes:
            raise refusal(f"takes {size} bytes; the limit is {rules.limits.max_metadata_bytes}")
        return metadata


class RequestHead(CommonFields):
    """A request as it is sent, without its scenes (they are checked one by one)."""

    theme: Annotated[
        Annotated[ThemeName, Tag("~name")] | Annotated[ThemeChoice, Tag("~theme")],
        Discriminator(lambda theme: "~theme" if isinstance(theme, dict | ThemeChoice) else "~name"),
    ] = "winter"
    output: OutputChoice = OutputChoice.model_construct()


class VideoRequest(CommonFields):
    """An accepted request. ``shorthand`` keeps, by scene, the short fields that its elements came from."""

    theme: Theme
    output: Output
    scenes: Annotated[tuple[Scene, ...], Field(strict=False)]
    shorthand: Annotated[dict[int, tuple[str, ...]], Field(default_factory=dict)]

    def to_json(self) -> str:
        """Compact and sparse: what has its default is left out; only the theme is whole."""
        fields = self.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        theme = self.theme.model_dump(mode="json", by_alias=True)
        return json.dumps(fields | {"theme": theme}, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> VideoRequest:
        return cls.model_validate_json(text)

    def transition_after(self, index: int) -> Transition:
        """How this scene goes over into the next: its own transition, else the theme's; after the last a cut."""
        if index == len(self.scenes) - 1:
            return Transition(type="none")
        return self.scenes[index].transition or self.theme.transition

    @property
    def total_seconds(self) -> float | None:
        """The length of the video, or None when it lies in files that nobody has probed yet."""
        return total_seconds(self.scenes, self.theme)


def total_seconds(scenes: Sequence[Scene], theme: Theme) -> float | None:
    """The sum of the scenes less the sum of their overlaps; None when a scene's length lies in its files."""
    lengths = [scene_seconds(scene, theme) for scene in scenes]
    known = [length for length in lengths if length is not None]
    if len(known) < len(lengths):
        return None
    overlaps = (
        overlap_seconds(scene.transition or theme.transition, *pair)
        for scene, pair in zip(scenes, pairwise(known), strict=False)
    )
    return sum(known) - sum(overlaps)


def scene_seconds(scene: Scene, theme: Theme) -> float | None:
    """The length of a scene as far as the request tells it."""
    if scene.duration != "auto":
        return scene.duration
    return None if scene.length_is_in_its_files else theme.scene_seconds
