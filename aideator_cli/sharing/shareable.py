"""What of a run's spec may be shown to others: no address with a password in it, no name of a Secret."""

from dataclasses import asdict
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from aideator_agent.spec import RunSpec

PRIVATE: Final = ("secret", "submission_id")


def spec_as_json(spec: RunSpec) -> dict[str, Any]:
    data = {name: value for name, value in asdict(spec).items() if name not in PRIVATE}
    data["repository"]["url"] = address(spec.repository.url)
    for variation in data["variations"]:
        if variation["api_base"]:
            variation["api_base"] = address(variation["api_base"])
    return data


def address(url: str) -> str:
    """Without user, password, query and fragment, where it has a host; a path, or git's HOST:PATH, as it is."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "an address that can't be read"
    if not parts.scheme or not parts.netloc:
        return url
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
