"""Still images: checked before the first frame is made, decoded when their scene begins.

Of a file of several pages the first picture is shown, and of an animation nothing else is decoded before its frames are
made. What a header claims is compared with the limits before any pixel is.
"""

from __future__ import annotations

import io
import warnings
from pathlib import Path

from PIL import ExifTags, Image, ImageCms, ImageOps

from render.engine.probe import ImageFacts, Unusable

MAX_PIXELS = 100_000_000
MAX_MOVING_PIXELS = 17_000_000
"""Of an animation, several pictures of which are in memory while it is decoded."""

MAX_BYTES = 400 << 20
"""As many as 100 megapixels have without any compression. Pillow keeps some of a file's parts in memory."""

MAX_SCANS = 100
"""A progressive JPEG has about ten. Each takes as long as a whole picture, and may have just a few bytes."""

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
_ANIMATED = ("GIF", "WEBP", "PNG")
_PIECE = 1 << 20
# The EXIF orientations of pictures whose sides have to be swapped.
_LYING = (5, 6, 7, 8)

# Pillow's own guard, for what it learns only while it decodes: it refuses twice as much. What it would warn of before
# is refused by the limit here.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS
warnings.simplefilter("ignore", Image.DecompressionBombWarning)


def probe_image(path: Path) -> ImageFacts:
    """The facts of a picture, which is decoded once, so that a damaged one is found now.

    Raises:
        Unusable: it is no picture that can be drawn, or larger than 100 megapixels.
    """
    if path.stat().st_size > MAX_BYTES:
        raise Unusable(f"is larger than {MAX_BYTES >> 20} MB, the limit of a picture")
    try:
        with Image.open(path, formats=FORMATS) as image:
            (width, height), kind = image.size, image.format
            animated = kind in _ANIMATED and bool(getattr(image, "is_animated", False))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Unusable(f"has more pixels than the limit of {MAX_PIXELS // 1_000_000} megapixels") from error
    except Exception as error:  # Pillow raises whatever its parsers stumble over
        raise Unusable("is not an image that can be read (JPEG, PNG, WebP, GIF, BMP, TIFF)") from error
    most = MAX_MOVING_PIXELS if animated else MAX_PIXELS
    if width * height > most:
        kind = " for an animation" if animated else ""
        raise Unusable(f"has {width} x {height} pixels; the limit is {most // 1_000_000} megapixels{kind}")
    if kind in ("JPEG", "MPO") and _scans(path) > MAX_SCANS:
        raise Unusable(f"is a JPEG of more than {MAX_SCANS} scans, which takes too long to decode; save it anew")
    try:
        wide, tall = load_image(path, (1, 1)).size
    except Exception as error:  # as above
        raise Unusable("cannot be decoded; it may be damaged") from error
    # A quick decode may come out smaller; what it still tells is which side is the longer one.
    turned = (width > height) != (wide > tall) and width != height
    return ImageFacts(*((height, width) if turned else (width, height)), animated)


def _scans(path: Path) -> int:
    """How many scans a JPEG has at most: its data cannot hold their marker, and its thumbnail has one or two."""
    count, last = 0, b""
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            count += (last + piece).count(b"\xff\xda")
            last = piece[-1:]
    return count


def load_image(path: Path, useful: tuple[int, int]) -> Image.Image:
    """An image, upright, in sRGB: as RGB, or RGBA where it may be seen through. Of an animation the first picture.

    A JPEG may come smaller than it is, but not smaller than ``useful``, its width and height when it is upright.
    """
    with Image.open(path, formats=FORMATS) as image:
        lies = image.getexif().get(ExifTags.Base.Orientation, 1) in _LYING
        # JPEG decodes straight to a half, a quarter or an eighth of its size.
        image.draft("RGB", useful[::-1] if lies else useful)
        return upright(image)


def upright(image: Image.Image) -> Image.Image:
    """What an opened image shows now, decoded; the image itself where nothing has to be changed."""
    image.load()
    # Copying takes as long as a quarter of the decoding, and both of these copy what they need not change.
    turned = image.getexif().get(ExifTags.Base.Orientation, 1) != 1
    pixels = ImageOps.exif_transpose(image) if turned else image
    profile = image.info.get("icc_profile")
    mode = "RGBA" if pixels.has_transparency_data else "RGB"
    converted = _in_srgb(pixels, profile, mode) if profile else None
    return converted or (pixels if pixels.mode == mode else pixels.convert(mode))


def _in_srgb(image: Image.Image, profile: bytes, mode: str) -> Image.Image | None:
    """The image in the colours that its profile says; None where that says nothing of use, as with sRGB itself."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "srgb" in ImageCms.getProfileDescription(source).lower():
            return None
        if mode == "RGBA":
            alpha = image.convert("RGBA").getchannel("A")
            colors = _in_srgb(image.convert("RGB"), profile, "RGB")
            if colors is not None:
                colors.putalpha(alpha)
            return colors
        return ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        # A profile that cannot be used: players show such a picture as if it had none.
        return None
