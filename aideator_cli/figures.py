"""Figures as people read them."""

from collections.abc import Iterable


def tokens(count: int) -> str:
    """`980`, `61 k`, `1.2 M`."""
    if count < 1000:
        return str(count)
    return f"{count / 1000:.0f} k" if count < 999_500 else f"{count / 1e6:.1f} M"


def cost(dollars: float | None) -> str:
    """`$0.21`; `?` when a price is unknown; `–` for nothing."""
    if dollars is None:
        return "?"
    return "–" if dollars == 0 else f"${dollars:.2f}" if dollars >= 0.01 else f"${dollars:.4f}"


def duration(seconds: float) -> str:
    """`0.4 s`, `48 s`, `3m02`, `1h04m`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    return f"{whole // 60}m{whole % 60:02}" if whole < 3600 else f"{whole // 3600}h{whole // 60 % 60:02}m"


def changes(additions: int, deletions: int) -> str:
    return f"+{additions} −{deletions}"


def plural(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"


def joined(numbers: Iterable[int]) -> str:
    """`1`, `1 and 2`, `1, 2 and 3`; one at least."""
    *most, last = map(str, numbers)
    return f"{', '.join(most)} and {last}" if most else last
