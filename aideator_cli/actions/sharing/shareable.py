"""The part of a run's spec that others may see: no passwords in addresses, no names of Secrets."""

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
    """Removes user, password, query and fragment from a URL with a host. A path, or git's HOST:PATH, stays as it is."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "an unreadable address"
    if not parts.scheme or not parts.netloc:
        return url
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
