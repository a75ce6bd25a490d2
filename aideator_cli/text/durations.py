"""Durations as users type them: 90, 90s, 30m, 2h, 1h30m, 7d."""

import re

from aideator_cli.errors import usage

LONGEST = 100 * 365 * 86400  # seconds; dates can't be moved by any number
_FORM = re.compile(r"(?:(\d{1,12})d)?(?:(\d{1,12})h)?(?:(\d{1,12})m)?(?:(\d{1,12}(?:\.\d+)?)s?)?")


def seconds(option: str, text: str) -> float:
    """Returns the seconds. Raises `AideatorError` (usage), which names the option."""
    match = _FORM.fullmatch(text.strip())
    if not text.strip() or match is None:
        raise usage(f"{option} takes a time such as 90s, 30m or 2h, not {text!r}")
    days, hours, minutes, rest = match.groups()
    total = int(days or 0) * 86400 + int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(rest or 0)
    if total > LONGEST:
        raise usage(f"{option} takes at most 100 years, not {text!r}")
    return total
