"""Makes foreign text harmless for a terminal: once, between the store and the views.

Control characters (C0, DEL, C1), bidirectional controls (Unicode TR 9), line separators, zero-width and unassigned-tag characters and lone
surrogates become visible signs. Newline and tab stay.
"""

import re

_HOSTILE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)


def clean(text: str) -> str:
    """Replaces each hostile character with a visible sign. Keeps newlines and tabs."""
    return _HOSTILE.sub(_sign, text.replace("\r\n", "\n"))


def one_line(text: str) -> str:
    """Cleans the text and puts it on one line: newlines and tabs become spaces."""
    return " ".join(clean(text).split())


def cut(text: str, most: int) -> str:
    """Returns the text in at most so many characters: where it is longer, its beginning and an ellipsis."""
    return text if len(text) <= most else text[: most - 1] + "…" if most > 0 else ""


def _sign(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)  # ␀ ␁ … the control pictures
    return "\u2421" if code == 0x7F else "\ufffd"
