"""Every colour of text can be read on its ground, in true colour and in sixteen colours."""

import pytest
from rich.color import Color, ColorSystem
from rich.style import Style
from rich.terminal_theme import DEFAULT_TERMINAL_THEME

from aideator_cli.views.panes.palette import DARK, LIGHT, styles

LEAST = 4.5  # WCAG AA


def luminance(colour: Color) -> float:
    parts = [part / 255 for part in colour.get_truecolor(DEFAULT_TERMINAL_THEME)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Color, other: Color) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_text_stands_out(theme: object) -> None:
    ground = Style.parse(f"on {theme.background}")  # type: ignore[attr-defined]
    each = {name: ground + style for name, style in styles(dark=theme.dark).items()}  # type: ignore[attr-defined]
    told = {name: contrast(style.color, style.bgcolor) for name, style in each.items() if style.color and style.bgcolor}
    assert {name: ratio for name, ratio in told.items() if ratio < LEAST} == {}


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_in_sixteen_colours_nothing_vanishes(theme: object) -> None:
    ground = Style.parse(f"on {theme.background}")  # type: ignore[attr-defined]
    for name, style in styles(dark=theme.dark).items():  # type: ignore[attr-defined]
        both = ground + style
        if both.color and both.bgcolor:
            few = [colour.downgrade(ColorSystem.STANDARD) for colour in (both.color, both.bgcolor)]
            assert few[0].number != few[1].number, name


@pytest.mark.parametrize("dark", [True, False])
def test_without_colours_every_style_of_a_row_is_there_and_has_none(dark: bool) -> None:
    told = styles(dark=dark, colourless=True)
    assert told.keys() == styles(dark=dark).keys()
    assert all(style.color is None and style.bgcolor is None for style in told.values())
