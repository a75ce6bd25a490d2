"""Time as AIdeator writes it: RFC 3339, UTC, microseconds."""

from datetime import UTC, datetime, timedelta

_FORM = "%Y-%m-%dT%H:%M:%S.%fZ"


def now() -> str:
    return datetime.now(UTC).strftime(_FORM)


def parse(stamp: str) -> datetime:
    """Raises `ValueError`. Truncates nanoseconds to microseconds."""
    whole, _, rest = stamp.rstrip("Z").partition(".")
    zone = "" if "+" in whole else "+00:00"
    return datetime.fromisoformat(f"{whole}.{rest[:6]:0<6}{zone}" if rest else whole + zone)


def seconds_between(start: str, end: str) -> float:
    return (parse(end) - parse(start)).total_seconds()


def shifted(stamp: str, seconds: float) -> str:
    return (parse(stamp) + timedelta(seconds=seconds)).astimezone(UTC).strftime(_FORM)
