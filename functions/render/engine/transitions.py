"""How one scene becomes the next: two frames and a part between 0 and 1 in, one frame out.

The names and the look are those of ffmpeg's xfade filter.
"""

from __future__ import annotations

import cv2
import numpy as np

from reelqueue.spec_scenes import TransitionType
from render.engine.planes import Frame, Plane

_BLACK, _WHITE = (16, 128, 128), (235, 128, 128)


def mix(target: Frame, before: Frame, after: Frame, kind: TransitionType, part: float) -> None:
    """Make ``target`` the frame at this part of the transition (0: before, 1: after)."""
    if kind in ("fadeblack", "fadewhite"):
        _through(target, before, after, _BLACK if kind == "fadeblack" else _WHITE, part)
    elif kind.startswith("wipe"):
        _wipe(target, before, after, kind[4:], part)
    elif kind.startswith("slide"):
        _slide(target, before, after, kind[5:], part)
    else:
        np.copyto(target.buffer, _blend(before.buffer, after.buffer, part))


def _blend(before: Plane, after: Plane, part: float) -> Plane:
    return np.asarray(cv2.addWeighted(before, 1 - part, after, part, 0), np.uint8).reshape(before.shape)


def _through(target: Frame, before: Frame, after: Frame, color: tuple[int, int, int], part: float) -> None:
    shown, amount = (before, part * 2) if part < 0.5 else (after, 2 - part * 2)
    for name, level in zip("yuv", color, strict=True):
        plane: Plane = getattr(shown, name)
        faded = cv2.convertScaleAbs(plane, alpha=1 - amount, beta=level * amount)
        np.copyto(getattr(target, name), np.asarray(faded, np.uint8))


def _wipe(target: Frame, before: Frame, after: Frame, way: str, part: float) -> None:
    target.copy_from(before)
    for name, divisor in (("y", 2), ("u", 1), ("v", 1)):
        # Cut on even lines, so that all three planes are cut at the same place.
        height, width = (side // divisor for side in getattr(target, name).shape)
        across, down = round(width * part) * divisor, round(height * part) * divisor
        where = {
            "left": np.s_[:, width * divisor - across :],
            "right": np.s_[:, :across],
            "up": np.s_[height * divisor - down :, :],
            "down": np.s_[:down, :],
        }[way]
        getattr(target, name)[where] = getattr(after, name)[where]


def _slide(target: Frame, before: Frame, after: Frame, way: str, part: float) -> None:
    for name, divisor in (("y", 2), ("u", 1), ("v", 1)):
        old, new, out = getattr(before, name), getattr(after, name), getattr(target, name)
        axis = 1 if way in ("left", "right") else 0
        length = out.shape[axis]
        shift = round(length // divisor * part) * divisor
        both = (old, new) if way in ("left", "up") else (new, old)
        start = shift if way in ("left", "up") else length - shift
        joined = np.concatenate(both, axis=axis)
        out[:] = joined[:, start : start + length] if axis == 1 else joined[start : start + length]
