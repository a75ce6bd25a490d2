"""GIT_TOKEN: a token for one https host, which git gets without that anybody else can read it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final
from urllib.parse import urlsplit

GIT_TOKEN: Final = "GIT_TOKEN"
# The token stays in the environment: arguments can be read by every user of the machine.
_HELPER: Final = '!f() { [ "$1" = get ] || exit 0; echo username=x-access-token; echo "password=$GIT_TOKEN"; }; f'

_withheld: ContextVar[bool] = ContextVar("withheld", default=False)


@contextmanager
def withheld() -> Iterator[None]:
    """Within it no host gets the token of this process' environment: somebody else names the hosts, and could name their own."""
    before = _withheld.set(True)
    try:
        yield
    finally:
        _withheld.reset(before)


def is_withheld() -> bool:
    return _withheld.get()


def is_set() -> bool:
    return bool(os.environ.get(GIT_TOKEN)) and not is_withheld()


def settings(url: str, *, given: bool = False) -> tuple[str, ...]:
    """Returns the setting with which git takes the token for this URL's host. Empty without a token, or if the URL is not https.

    `given`: git gets a token in its environment, whatever is in ours.
    """
    parts = urlsplit(url) if "://" in url else None
    if not (given or is_set()) or parts is None or parts.scheme != "https":
        return ()
    return (f"credential.https://{parts.netloc}.helper={_HELPER}",)
