"""What comes out: the size, rate and quality of the video, its poster, and the sound under it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, model_validator

from reelqueue.spec_values import EvenPixels, Model, Moment, Src, Volume, refusal, rules_of

AspectRatio = Literal["16:9", "9:16", "1:1", "4:5", "4:3"]
Resolution = Literal["360p", "480p", "720p", "1080p", "1440p", "4k"]
Quality = Literal["draft", "low", "medium", "high"]
Format = Literal["mp4", "webm", "gif"]
# A GIF counts its times in hundredths of a second, and players take a single one for a tenth of a second.
MAX_GIF_FPS = 50

_SHORT_SIDE = {"360p": 360, "480p": 480, "720p": 720, "1080p": 1080, "1440p": 1440, "4k": 2160}


class Poster(Model):
    """The picture of a video: at a time, or the frame with the most to see among the middles of its scenes."""

    at: Moment


class Soundtrack(Model):
    """Music under the whole video. Fades are in seconds; ``loop`` repeats a file that is too short, and ``ducking``
    turns the music down while anything else is heard."""

    src: Src
    volume: Volume = 1
    loop: bool = True
    fade_in: Annotated[float, Field(ge=0, le=60)] = 0
    fade_out: Annotated[float, Field(ge=0, le=60)] = 0
    ducking: bool = False


class Output(Model):
    """The output, its size settled in pixels."""

    width: EvenPixels = 1920
    height: EvenPixels = 1080
    fps: Annotated[int, Field(ge=1, le=60)] = 30
    format: Format = "mp4"
    quality: Quality = "medium"
    poster: Poster | None = None


class OutputChoice(Model):
    """The output as a request writes it: by shape and resolution (the short side), or in pixels."""

    aspect_ratio: AspectRatio | None = None
    resolution: Resolution | None = None
    width: EvenPixels | None = None
    height: EvenPixels | None = None
    fps: Annotated[int, Field(ge=1, le=60)] = 30
    format: Format = "mp4"
    quality: Quality = "medium"
    poster: Poster | None = None

    @model_validator(mode="after")
    def _one_way_to_size(self, info: ValidationInfo) -> OutputChoice:
        if (self.width is None) != (self.height is None):
            raise refusal("has only one of width and height; write both, or aspectRatio and resolution")
        if self.width is not None and (self.aspect_ratio or self.resolution):
            raise refusal("has both width, height and aspectRatio, resolution; keep one pair")
        if self.format == "gif" and self.fps > MAX_GIF_FPS:
            raise refusal(f"asks for {self.fps} fps; a GIF has at most {MAX_GIF_FPS}")
        rules = rules_of(info)
        if rules:
            width, height = self.size
            most, least = rules.limits.max_width, rules.limits.max_height
            if max(width, height) > most or min(width, height) > least:
                raise refusal(f"asks for {width} x {height} pixels; the limit is {most} x {least}")
        return self

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels, both even."""
        if self.width is not None and self.height is not None:
            return self.width, self.height
        across, down = (int(part) for part in (self.aspect_ratio or "16:9").split(":"))
        short = _SHORT_SIDE[self.resolution or "1080p"]
        long = 2 * round(short * max(across, down) / min(across, down) / 2)
        return (long, short) if across >= down else (short, long)

    def settled(self) -> Output:
        width, height = self.size
        return Output(
            width=width,
            height=height,
            fps=self.fps,
            format=self.format,
            quality=self.quality,
            poster=self.poster,
        )
