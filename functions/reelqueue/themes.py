"""The named themes. A theme is data: it is resolved at submission and stored with the job,
so that a later change of a theme never alters a video that is already waiting.
"""

from __future__ import annotations

from functools import cache
from typing import Literal, get_args

from reelqueue.spec_scenes import Animation, GradientBackground, KenBurns, PositionName, Transition
from reelqueue.spec_values import Color, Fraction, HexColor, Model, PositiveLength, Src
from reelqueue.theme_data import AUTUMN, CORPORATE, MIDNIGHT, MINIMAL, NEON, SPRING, SUMMER, WINTER
from reelqueue.typefaces import FontName

ThemeName = Literal["winter", "spring", "summer", "autumn", "midnight", "minimal", "corporate", "neon"]
NAMES: tuple[ThemeName, ...] = get_args(ThemeName)
Scenery = Literal["snowy hills", "meadow", "sun", "ridges", "stars", "grid"]
Decoration = Literal["snow", "petals", "leaves", "glow"]
Weight = Literal["ExtraBold", "Bold", "SemiBold", "Medium", "Regular"]


class Colors(Model):
    """The palette; scenes use its names wherever a colour may stand."""

    background: HexColor
    text: HexColor
    primary: HexColor
    accent: HexColor


class ColorChanges(Model):
    """The colours of a theme that a request replaces."""

    background: HexColor | None = None
    text: HexColor | None = None
    primary: HexColor | None = None
    accent: HexColor | None = None


class TextStyle(Model):
    """How a kind of text looks. ``size`` is a part of the picture's shorter side, other measures of the size."""

    font: FontName
    weight: Weight
    size: float
    color: Color
    align: Literal["left", "center", "right"]
    position: PositionName
    line_height: float
    max_width: float
    shadow: bool
    glow: Color | None
    background: Color | None
    rule: Color | None
    enter: Animation
    exit: Animation


class TextStyles(Model):
    title: TextStyle
    subtitle: TextStyle
    body: TextStyle
    caption: TextStyle


class Logo(Model):
    """A picture over all scenes, at a corner or an edge. ``width`` is a part of the picture's width, or pixels."""

    src: Src
    position: PositionName = "top-right"
    width: PositiveLength = "12%"
    opacity: Fraction = 1


class FontChoice(Model):
    """The fonts that a request puts in place of the theme's: of titles and subtitles, of body and captions."""

    heading: FontName | None = None
    body: FontName | None = None


class Theme(Model):
    """Everything a theme decides. No field has a default: a stored theme is complete.

    ``scenery`` is painted once upon the theme's own background, ``decoration`` moves over it and over full pictures.
    """

    name: ThemeName
    colors: Colors
    styles: TextStyles
    background: GradientBackground
    scenery: Scenery | None
    decoration: Decoration | None
    image_motion: KenBurns
    transition: Transition
    scene_seconds: float
    safe_area: float
    logo: Logo | None


class ThemeChoice(Model):
    """A theme as a request may write it when a name is not enough."""

    extends: ThemeName
    colors: ColorChanges = ColorChanges.model_construct()
    fonts: FontChoice = FontChoice.model_construct()
    logo: Logo | None = None


_DATA = {theme["name"]: theme for theme in (WINTER, SPRING, SUMMER, AUTUMN, MIDNIGHT, MINIMAL, CORPORATE, NEON)}


@cache
def named(name: ThemeName) -> Theme:
    """The theme of this name. Made when it is first asked for: the processes of a render get theirs with the job."""
    return Theme.model_validate(_DATA[name])


def resolve(choice: ThemeName | ThemeChoice) -> Theme:
    """The theme that a request chose, complete, its own colours in place of the theme's.

    >>> resolve(ThemeChoice(extends="winter", colors=ColorChanges(accent="#FF6600"))).colors.accent
    '#FF6600'
    """
    if not isinstance(choice, ThemeChoice):
        return named(choice)
    theme = named(choice.extends)
    colors = theme.colors.model_copy(update=choice.colors.model_dump(exclude_none=True))
    styles = theme.styles
    for names, font in ((("title", "subtitle"), choice.fonts.heading), (("body", "caption"), choice.fonts.body)):
        if font is not None:
            changed = {name: getattr(styles, name).model_copy(update={"font": font}) for name in names}
            styles = styles.model_copy(update=changed)
    return theme.model_copy(update={"colors": colors, "styles": styles, "logo": choice.logo})
