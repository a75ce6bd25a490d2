"""A run's id: a letter followed by six of [a-z0-9]. It is valid in a Kubernetes name and never reads as a YAML number."""

import re
import secrets
import string

_ID = re.compile(r"[a-z][a-z0-9]{6}")
_BEGUN = re.compile(r"[a-z][a-z0-9]{0,6}")


def new_id() -> str:
    first = secrets.choice(string.ascii_lowercase)
    return first + "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(6))


def could_be_id(text: str) -> bool:
    """Returns whether an id could begin with this text, or be it."""
    return _BEGUN.fullmatch(text) is not None


def is_id(text: str) -> bool:
    return _ID.fullmatch(text) is not None
