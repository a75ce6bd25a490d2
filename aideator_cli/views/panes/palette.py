"""Colours of the panes: the design system's, on a dark and on a light ground; and what stands for them where none are wanted."""

from collections.abc import Mapping
from typing import Final

from rich.style import Style
from textual.theme import Theme

from aideator_cli.views.colours import AGENTS

DARK: Final = Theme(
    name="aideator-dark",
    primary="#635bff",
    secondary="#8c51f8",
    accent="#818cf8",
    success="#10b77f",
    warning="#faaa0a",
    error="#f87171",
    foreground="#e5e7eb",
    background="#0f1117",
    surface="#171a23",
    panel="#1f2330",
    dark=True,
)
LIGHT: Final = Theme(
    name="aideator-light",
    primary="#423adf",
    secondary="#7434e0",
    accent="#4f46e5",
    success="#047857",
    warning="#b45309",
    error="#b91c1c",
    foreground="#1f2430",
    background="#ffffff",
    surface="#f4f5f8",
    panel="#e6e8ef",
    dark=False,
)
_STYLES: Final[Mapping[bool, Mapping[str, str]]] = {
    True: {
        "text": "#e5e7eb", "dim": "#8b93a5", "think": "italic #8b93a5", "tool": "bold #c7d2fe", "output": "#aab1c0",
        "failed": "#f87171", "ok": "#34d399", "notice": "#fbbf24", "end": "bold #e5e7eb", "found": "#000000 on #fbbf24",
        "added": "#b7f0d5 on #10261f", "removed": "#fecaca on #2d1619", "hunk": "#818cf8", "file": "bold #e5e7eb on #1f2330",
        "cursor": "on #2a3045", "selected": "#ffffff on #3d4f9f",
    },
    False: {
        "text": "#1f2430", "dim": "#667085", "think": "italic #667085", "tool": "bold #3730a3", "output": "#475467",
        "failed": "#b91c1c", "ok": "#047857", "notice": "#b45309", "end": "bold #1f2430", "found": "#000000 on #fcd34d",
        "added": "#14532d on #e7f8ef", "removed": "#7f1d1d on #fdecec", "hunk": "#4f46e5", "file": "bold #1f2430 on #e6e8ef",
        "cursor": "on #dfe3f1", "selected": "#111827 on #b7c4f7",
    },
}  # fmt: skip


_COLOURLESS: Final[Mapping[str, str]] = {
    "dim": "dim", "think": "italic dim", "tool": "bold", "end": "bold", "hunk": "dim", "file": "bold",
    "found": "bold underline", "cursor": "reverse", "selected": "reverse",
}  # fmt: skip


def styles(*, dark: bool, colourless: bool = False) -> dict[str, Style]:
    """By the names that rows use. `colourless`: as NO_COLOR asks for."""
    told = {**dict.fromkeys(_STYLES[dark], ""), **_COLOURLESS} if colourless else _STYLES[dark]
    return {name: Style.parse(text) for name, text in told.items()}


def agent_colour(number: int) -> str:
    red, green, blue = AGENTS[(number - 1) % len(AGENTS)]
    return f"#{red:02x}{green:02x}{blue:02x}"
