"""Still images: checked before the first frame is made, decoded when their scene begins."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

from render.engine.probe import Unusable

MAX_PIXELS = 100_000_000
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")


@dataclass(frozen=True)
class ImageFacts:
    """A picture's size as it is seen, after its EXIF orientation."""

    width: int
    height: int


def probe_image(path: Path) -> ImageFacts:
    """The facts of a picture, which is decoded once, so that a damaged one is found now.

    Raises:
        Unusable: it is no picture that can be drawn, or larger than 100 megapixels.
    """
    try:
        with Image.open(path, formats=_FORMATS) as image:
            width, height = image.size
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError) as error:
        raise Unusable("is not an image that can be read (JPEG, PNG, WebP, GIF, BMP, TIFF)") from error
    if width * height > MAX_PIXELS:
        raise Unusable(f"has {width} x {height} pixels; the limit is {MAX_PIXELS // 1_000_000} megapixels")
    try:
        wide, tall = load_image(path, (1, 1)).size
    except (OSError, ValueError, SyntaxError) as error:
        raise Unusable("cannot be decoded; it may be damaged") from error
    # A quick decode may come out smaller; what it still tells is which side is the longer one.
    turned = (width > height) != (wide > tall) and width != height
    return ImageFacts(height, width) if turned else ImageFacts(width, height)


def load_image(path: Path, useful: tuple[int, int]) -> Image.Image:
    """An image, upright, as RGB, or RGBA where it may be seen through.

    A JPEG may come smaller than it is, but not smaller than ``useful``.
    """
    with Image.open(path, formats=_FORMATS) as image:
        # JPEG decodes straight to a half, a quarter or an eighth of its size.
        image.draft("RGB", useful)
        pixels = ImageOps.exif_transpose(image)
        return pixels.convert("RGBA" if pixels.has_transparency_data else "RGB")
