"""The design system's colours can be read in both modes, and no other stylesheet has colours of its own."""

import colorsys
import re
from importlib.resources import files
from pathlib import Path

import pytest

STATIC = Path(str(files("aideator_templates"))) / "page" / "static"
DOCS = Path(__file__).parents[3] / "docs" / "design-system.md"
GROUNDS = ("paper", "card", "sunk")
TEXT = (
    *((name, ground) for name in ("text", "dim", "link") for ground in GROUNDS),
    ("on-primary", "primary"),
    *(("secondary", ground) for ground in ("paper", "card")),
    *((f"{kind}-text", ground) for kind in ("success", "warning", "error") for ground in (*GROUNDS, f"{kind}-soft")),
    *(("text", f"{kind}-soft") for kind in ("success", "warning", "error", "info")),
    ("dim", "info-soft"),
    ("dim", "success-soft"),
)  # fmt: skip
EDGES = (
    *((name, ground) for name in ("focus", "edge") for ground in GROUNDS),
    *((name, ground) for name in ("primary", "live") for ground in ("paper", "card")),
    *((f"agent-{number}", "card") for number in range(1, 6)),
    *((kind, ground) for kind in ("success", "warning", "error", "info") for ground in ("paper", "card", f"{kind}-soft")),
)  # fmt: skip


def tokens(mode: str) -> dict[str, str]:
    light, _, dark = (STATIC / "tokens.css").read_text().partition("prefers-color-scheme: dark")
    declared = re.compile(r"--([a-z0-9-]+): ([^;]+);")
    return dict(declared.findall(light)) | (dict(declared.findall(dark)) if mode == "dark" else {})


def contrast(one: str, other: str) -> float:
    """As WCAG 2 has it."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    found = re.fullmatch(r"hsl\(([\d.]+) ([\d.]+)% ([\d.]+)%\)", colour)
    assert found, colour
    hue, saturation, lightness = map(float, found.groups())
    rgb = colorsys.hls_to_rgb(hue / 360, lightness / 100, saturation / 100)
    red, green, blue = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_contrast_is_counted_as_wcag_does() -> None:
    assert contrast("hsl(0 0% 0%)", "hsl(0 0% 100%)") == pytest.approx(21)
    assert contrast("hsl(0 0% 46.3%)", "hsl(0 0% 100%)") == pytest.approx(4.54, abs=0.02)


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize(("least", "pairs"), [(4.5, TEXT), (3.0, EDGES)])
def test_text_and_edges_stand_out(mode: str, least: float, pairs: tuple[tuple[str, str], ...]) -> None:
    known = tokens(mode)
    found = {f"{one} on {other}": round(contrast(known[one], known[other]), 2) for one, other in pairs}
    assert {pair: ratio for pair, ratio in found.items() if ratio < least} == {}


def test_dark_mode_has_every_colour() -> None:
    text = (STATIC / "tokens.css").read_text()
    light, _, dark = text.partition("prefers-color-scheme: dark")
    colours = re.compile(r"--([a-z0-9-]+): hsl")
    assert set(colours.findall(light)) == set(colours.findall(dark))


@pytest.mark.parametrize("sheet", sorted(path.name for path in STATIC.glob("*.css") if path.name != "tokens.css"))
def test_colours_and_sizes_come_from_tokens_alone(sheet: str) -> None:
    text = (STATIC / sheet).read_text()
    known = tokens("light")
    strange = re.findall(r"(?:color|background|border[a-z-]*|fill): *[^;]*(?:#[0-9a-f]{3}|rgb|hsl)[^;]*", text)
    assert strange == []
    assert re.findall(r"font-size:(?! *(?:var\(|inherit))[^;]+", text) == []
    assert set(re.findall(r"var\(--([a-z0-9-]+)", text)) - {*known, "agent"} == set()


def test_the_document_names_every_token() -> None:
    told = DOCS.read_text()
    hidden = [
        name
        for name in tokens("light")
        if not re.search(rf"`{name}`", told)
        and not name.startswith(("space-", "agent-"))
        and name not in ("font", "mono", "veil")
    ]
    assert hidden == []
