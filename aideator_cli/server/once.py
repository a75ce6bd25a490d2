"""Requests with an `Idempotency-Key`: the same one again gets the same run."""

import hashlib
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from aideator_agent.values import frozen
from aideator_cli.actions.here import Here
from aideator_cli.server.problems import Problem
from aideator_cli.store.serving import ServerStore

KEPT_SECONDS: Final = 24 * 3600.0
LONGEST: Final = 255  # characters of a key


@frozen
class Key:
    owner: str
    text: str
    digest: str  # of the request that it came with


def key_of(owner: str | None, text: str | None, body: bytes) -> Key | None:
    """Raises `Problem` for a key that is none."""
    if text is None:
        return None
    if not 0 < len(text) <= LONGEST:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, f"an Idempotency-Key has 1 to {LONGEST} characters")
    return Key(owner or "", text, hashlib.sha256(body).hexdigest())


def once(here: Here, key: Key | None, start: Callable[[], str]) -> str:
    """Returns the run that `start` returns, or that it returned for this key before."""
    if key is None:
        return start()
    store = ServerStore.of(here.store)
    known = store.first_with_key(key.owner, key.text, key.digest, KEPT_SECONDS)
    if known.digest != key.digest:
        text = "this Idempotency-Key came with another request before"
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, text, "choose a new key for a new request")
    if known.run is not None:
        return known.run
    if not known.is_new:
        text = "the first request with this Idempotency-Key is still being answered"
        raise Problem(HTTPStatus.CONFLICT, text, "try again in a few seconds")
    try:
        run = start()
    except BaseException:
        store.drop_key(key.owner, key.text)
        raise
    store.keep_key(key.owner, key.text, run)
    return run
