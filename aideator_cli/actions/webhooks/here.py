"""Webhooks on the server's own machine: whoever can read its data folder may do all."""

from collections.abc import Sequence
from typing import Any

from aideator_agent.values import frozen
from aideator_cli.actions.here import Here
from aideator_cli.actions.webhooks import book
from aideator_cli.actions.webhooks.events import test_message
from aideator_cli.actions.webhooks.sending import send
from aideator_cli.errors import usage


@frozen
class OwnDesk:
    here: Here

    def add(self, url: str, events: Sequence[str], user: str | None, *, everybody: bool) -> dict[str, Any]:
        if everybody and user is not None:
            raise usage("--everybody and --user can't be combined", hint="leave out one of them")
        order = book.Order(url, events, user or book.EVERYBODY, private=True)
        return book.record(book.add(self.here, order), secret=True)

    def listed(self) -> list[dict[str, Any]]:
        return [book.record(hook) for hook in book.listed(self.here, None)]

    def rotate(self, id_: str, kept_seconds: float) -> dict[str, Any]:
        return book.record(book.rotate(self.here, id_, None, kept_seconds), secret=True)

    def remove(self, id_: str) -> None:
        book.remove(self.here, id_, None)

    def test(self, id_: str) -> dict[str, Any]:
        return tested(self.here, id_, None)

    def dead(self) -> list[dict[str, Any]]:
        return [book.dead_record(each) for each in book.dead(self.here, None)]

    def resend(self, message: str) -> None:
        book.resend(self.here, message, None)


def tested(here: Here, id_: str, owner: str | None) -> dict[str, Any]:
    """Sends a test message now, and returns what became of it."""
    hook = book.found(here, id_, owner)
    outcome = send(hook, test_message(hook))
    return {"kind": "tested", "id": hook.id, "url": hook.url, "accepted": outcome.accepted, "error": outcome.error}
