"""Time as AIdeator writes it: RFC 3339, UTC, microseconds."""

from datetime import UTC, datetime


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse(stamp: str) -> datetime:
    """Raises `ValueError`; nanoseconds are cut to microseconds."""
    whole, _, rest = stamp.rstrip("Z").partition(".")
    zone = "" if "+" in whole else "+00:00"
    return datetime.fromisoformat(f"{whole}.{rest[:6]:0<6}{zone}" if rest else whole + zone)


def seconds_between(start: str, end: str) -> float:
    return (parse(end) - parse(start)).total_seconds()
