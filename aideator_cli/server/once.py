"""Requests with an `Idempotency-Key`: the same one again gets the same run."""

import hashlib
from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import Header

from aideator_agent.values import frozen
from aideator_cli.actions.here import Here
from aideator_cli.server.problems import Problem
from aideator_cli.store.serving import ServerStore

KEPT_SECONDS: Final = 24 * 3600.0
LONGEST: Final = 255  # characters of a key
Again = Annotated[
    str | None, Header(alias="Idempotency-Key", description="The same request again then starts nothing anew.")
]


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


def once(
    here: Here,
    key: Key | None,
    start: Callable[[Callable[[str], object]], str],
    is_there: Callable[[str], object] | None = None,
) -> str:
    """Returns the run, or what else, that `start` returns, or that it returned for this key before.

    `start` gets a function that takes the id when it is stored: if this process is killed from then on, the same request again gets
    what has that id. `is_there` tells whether it is still there; by default of a run.
    """
    if key is None:
        return start(lambda _: None)
    store = ServerStore.of(here.store)
    known = store.first_with_key(key.owner, key.text, key.digest, KEPT_SECONDS)
    if known.digest != key.digest:
        text = "this Idempotency-Key came with another request before"
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, text, "choose a new key for a new request")
    if known.run is not None:
        if not (is_there or here.store.run)(known.run):
            text = f"{'team' if is_there else 'run'} {known.run}, which this Idempotency-Key has started, was deleted"
            raise Problem(HTTPStatus.GONE, text, "choose a new key to start another one")
        return known.run
    if not known.is_new:
        text = "the first request with this Idempotency-Key is still being answered"
        raise Problem(HTTPStatus.CONFLICT, text, "try again in a few seconds", headers={"Retry-After": "5"})
    try:
        run = start(lambda run: store.keep_key(key.owner, key.text, run))
    except BaseException:
        store.drop_key(key.owner, key.text)
        raise
    return run
