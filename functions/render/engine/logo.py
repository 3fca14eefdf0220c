"""The logo of a theme: over all scenes, whatever they show and however they go over into each other."""

from __future__ import annotations

import numpy as np

from render.engine.geometry import Box, fitted, pixels, place_named
from render.engine.images import load_image
from render.engine.layers import Layer, image_source, useful_size
from render.engine.material import Material


def logo_of(material: Material) -> Layer | None:
    """The logo of the theme, in its place."""
    theme, frame = material.request.theme, material.size
    logo = theme.logo
    if logo is None:
        return None
    facts = material.assets.images[logo.src]
    width = min(pixels(logo.width, frame[0]), frame[0])
    # No taller than wide, and no taller than the picture: a tall one is small.
    height = min(width * facts.height / facts.width, width, frame[1])
    margin = round(theme.safe_area * min(frame))
    box = place_named(logo.position, (round(width), round(height)), frame, margin)
    fit = fitted((facts.width, facts.height), Box(box.x, box.y, box.width, box.height), "contain")
    image = np.asarray(load_image(material.assets.paths[logo.src], useful_size(fit, None)), np.uint8)
    return Layer(image_source(image, fit), fit.box.x, fit.box.y, 0, 1, 1, logo.opacity)
