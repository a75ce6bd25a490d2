"""Figures as people read them."""

from collections.abc import Iterable


def tokens(count: int | None) -> str:
    """Returns `980`, `61 k`, `1.2 M`, or `?` for an unknown count."""
    if count is None:
        return "?"
    if count < 1000:
        return str(count)
    return f"{count / 1000:.0f} k" if count < 999_500 else f"{count / 1e6:.1f} M"


def cost(dollars: float | None) -> str:
    """Returns `$0.21`, `?` for an unknown price, or `–` for nothing."""
    if dollars is None:
        return "?"
    return "–" if dollars == 0 else f"${dollars:.2f}" if dollars >= 0.01 else f"${dollars:.4f}"


def duration(seconds: float) -> str:
    """Returns `0.4 s`, `48 s`, `3m02`, `1h04m`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    return f"{whole // 60}m{whole % 60:02}" if whole < 3600 else f"{whole // 3600}h{whole // 60 % 60:02}m"


def minute(stamp: str) -> str:
    """Returns the date and minute of a time in RFC 3339."""
    return stamp[:16].replace("T", " ")


def changes(additions: int, deletions: int) -> str:
    return f"+{additions} −{deletions}"


def plural(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"


def joined(numbers: Iterable[int]) -> str:
    """Returns `1`, `1 and 2`, `1, 2 and 3`. Needs at least one number."""
    *most, last = map(str, numbers)
    return f"{', '.join(most)} and {last}" if most else last


def size(count: int) -> str:
    """Returns `980 B`, `12 KiB`, `3.4 MiB`, `1.0 GiB`."""
    if count < 1024:
        return f"{count} B"
    for unit, bytes_ in (("KiB", 1024), ("MiB", 1024**2)):
        if count < 1023.5 * bytes_:
            return f"{count / bytes_:.0f} {unit}" if unit == "KiB" else f"{count / bytes_:.1f} {unit}"
    return f"{count / 1024**3:.1f} GiB"
