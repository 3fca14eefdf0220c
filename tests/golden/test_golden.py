"""Every feature looks as it did when somebody looked at it. ``make golden`` draws the pictures anew."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from .cases import CASES
from .frames import strip
from .media import make_media

PICTURES = Path(__file__).parent / "pictures"
# Another processor may round otherwise, which is far from being seen; a text that moves by a pixel is at 0.97.
LEAST_SSIM = 0.985


@pytest.fixture(scope="session")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("golden")
    make_media(folder)
    return folder


def ssim(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Structural similarity (Wang et al. 2004) of two pictures: the mean over channels and windows of 7 pixels."""
    a, b = one.astype(np.float64), other.astype(np.float64)

    def mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(cv2.blur(values, (7, 7)))

    at, bt = mean(a), mean(b)
    variances = mean(a * a) - at * at + mean(b * b) - bt * bt
    both = mean(a * b) - at * bt
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    score = (2 * at * bt + c1) * (2 * both + c2) / ((at * at + bt * bt + c1) * (variances + c2))
    return float(score.mean())


@pytest.mark.parametrize("name", CASES)
def test_a_feature_looks_as_it_should(name: str, media: Path, tmp_path: Path) -> None:
    picture = PICTURES / f"{name}.png"
    assert picture.exists(), f"nobody has looked at {name}: make golden, and look at {picture.name}"
    golden = np.asarray(Image.open(picture).convert("RGB"))
    seen = strip(CASES[name], media, tmp_path)
    assert seen.shape == golden.shape
    score = ssim(seen, golden)
    if score < LEAST_SSIM:
        Image.fromarray(np.concatenate([golden, seen])).save(tmp_path / f"{name}.png")
    assert score >= LEAST_SSIM, f"{name}: {score:.4f}; the golden picture over what is drawn now: {tmp_path}"


def test_there_is_no_picture_without_a_case() -> None:
    assert {path.stem for path in PICTURES.glob("*.png")} == set(CASES)


def test_the_comparison_sees_a_text_that_moved_by_a_pixel() -> None:
    """And two transitions that differ."""
    golden = np.asarray(Image.open(PICTURES / "enter-fade.png").convert("RGB"))
    assert ssim(golden, np.roll(golden, 1, axis=1)) < LEAST_SSIM
    left, right = (
        np.asarray(Image.open(PICTURES / f"transition-wipe{way}.png").convert("RGB")) for way in ("left", "right")
    )
    assert ssim(left, right) < 0.9
