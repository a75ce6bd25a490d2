"""The webhooks that there are, and the messages that nobody has accepted."""

import base64
import secrets
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from aideator_agent.values import frozen
from aideator_cli.actions.here import Here
from aideator_cli.actions.webhooks.addresses import checked_url
from aideator_cli.domain.delivery import Delivery, Webhook
from aideator_cli.errors import command, not_found, usage
from aideator_cli.store.serving import ServerStore
from aideator_cli.system.clock import now

KINDS: Final = ("run.started", "attempt.started", "variation.ended", "run.ended", "run.selected")
TEST: Final = "test"
MOST: Final = 20  # webhooks of one user
EVERYBODY: Final = ""  # the owner of a webhook that is told of all runs
SECRET: Final = "whsec_"  # what a secret begins with
KEPT_SECONDS: Final = 86400.0  # for which the secret before signs, too, unless somebody says otherwise
LONGEST_KEPT: Final = 30 * 86400.0
SEE: Final = (command("webhook", "list"), " shows them")


@frozen
class Order:
    """`owner`: whose runs it is told of. `private`: it may be in the cluster or on this machine."""

    url: str
    kinds: Sequence[str] = ()
    owner: str = EVERYBODY
    private: bool = False


def add(here: Here, order: Order) -> Webhook:
    """Returns it with its secret, which is shown to nobody later. Raises `AideatorError` for an address where it may not be."""
    for kind in order.kinds:
        if kind not in KINDS:
            raise usage(f"there is no event {kind!r}", hint=f"events are {', '.join(KINDS)}")
    url = checked_url(order.url, private=order.private)
    store = ServerStore.of(here.store)
    if len(store.webhooks(order.owner)) >= MOST:
        raise usage(f"there are {MOST} webhooks already, which is as many as one user may have", hint=SEE)
    kinds = tuple(dict.fromkeys(order.kinds))
    hook = Webhook(f"w{secrets.token_hex(4)}", order.owner, url, _secret(), kinds, now(), private=order.private)
    store.add_webhook(hook)
    return hook


def listed(here: Here, owner: str | None) -> list[Webhook]:
    """`owner` None: everybody's."""
    return ServerStore.of(here.store).webhooks(owner)


def found(here: Here, id_: str, owner: str | None) -> Webhook:
    """Raises `AideatorError` (not found), also for that of another user."""
    for hook in listed(here, owner):
        if hook.id == id_:
            return hook
    raise not_found(f"there is no webhook {id_}", hint=SEE)


def rotate(here: Here, id_: str, owner: str | None, kept_seconds: float = KEPT_SECONDS) -> Webhook:
    """Returns it with a new secret. Messages are signed with both for so long; 0: with the new one alone at once."""
    if not 0 <= kept_seconds <= LONGEST_KEPT:
        raise usage("a secret before signs for at most 30 days", hint="0 for one that somebody else may know")
    hook = replace(found(here, id_, owner), secret=_secret())
    ServerStore.of(here.store).change_secret(id_, hook.secret, kept_seconds)
    return hook


def _secret() -> str:
    return SECRET + base64.b64encode(secrets.token_bytes(32)).decode()


def remove(here: Here, id_: str, owner: str | None) -> Webhook:
    """Removes what waits for it, too."""
    hook = found(here, id_, owner)
    ServerStore.of(here.store).delete_webhook(id_, owner)
    return hook


def dead(here: Here, owner: str | None, limit: int = 100) -> list[Delivery]:
    """Returns the messages that were given up, newest first."""
    return ServerStore.of(here.store).deliveries("dead", owner=owner, limit=limit)


def resend(here: Here, id_: str, owner: str | None) -> None:
    """Sends a message that was given up again. Raises `AideatorError` (not found)."""
    store = ServerStore.of(here.store)
    if not store.revive_delivery(id_, owner):
        raise not_found(f"there is no dead message {id_}", hint=(command("webhook", "dead"), " lists them"))


def record(hook: Webhook, *, secret: bool = False) -> dict[str, Any]:
    told = {
        "kind": "webhook", "id": hook.id, "url": hook.url, "events": list(hook.kinds or KINDS),
        "user": hook.owner or None, "created": hook.created,
    }  # fmt: skip
    return {**told, "secret": hook.secret} if secret else told


def dead_record(each: Delivery) -> dict[str, Any]:
    return {
        "kind": "dead_message", "id": each.id, "webhook": each.webhook, "run": each.run, "event": each.kind,
        "created": each.created, "attempts": each.attempts, "error": each.error,
    }  # fmt: skip
