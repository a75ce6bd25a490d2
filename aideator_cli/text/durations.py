"""Durations as users type them: 90, 90s, 30m, 2h, 1h30m."""

import re

from aideator_cli.errors import usage

_FORM = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s?)?")


def seconds(option: str, text: str) -> float:
    """Returns the seconds. Raises `AideatorError` (usage), which names the option."""
    match = _FORM.fullmatch(text.strip())
    if not text.strip() or match is None:
        raise usage(f"{option} takes a time such as 90s, 30m or 2h, not {text!r}")
    hours, minutes, rest = match.groups()
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(rest or 0)
