"""Webhooks through a server, as far as the token allows."""

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote

from aideator_cli.actions.here import Here
from aideator_cli.actions.places import server_at
from aideator_cli.backends.server.client import API
from aideator_cli.errors import usage

_WEBHOOK: Final = ("id", "user", "events", "url")
_DEAD: Final = ("id", "webhook", "run", "event", "attempts", "error")
_TESTED: Final = ("accepted", "url", "error")


class Afar:
    def __init__(self, here: Here, url: str) -> None:
        self._client = server_at(url, here.settings).client

    def add(self, url: str, events: Sequence[str], user: str | None, *, everybody: bool) -> dict[str, Any]:
        if user is not None:
            raise usage(
                "--user is for the server's own machine", hint="through a server a webhook is your own, or --everybody"
            )
        body = {"url": url, "events": list(events), "everybody": everybody}
        made = self._client.ask("POST", f"{API}/webhooks", body)
        return self._with(made, (*_WEBHOOK, "secret"))

    def listed(self) -> list[dict[str, Any]]:
        return self._all(self._client.ask("GET", f"{API}/webhooks"), "webhooks", _WEBHOOK)

    def rotate(self, id_: str, kept_seconds: float) -> dict[str, Any]:
        made = self._client.ask("POST", f"{API}/webhooks/{quote(id_, safe='')}/rotate", {"kept_seconds": kept_seconds})
        return self._with(made, (*_WEBHOOK, "secret"))

    def remove(self, id_: str) -> None:
        self._client.ask("DELETE", f"{API}/webhooks/{quote(id_, safe='')}")

    def test(self, id_: str) -> dict[str, Any]:
        return self._with(self._client.ask("POST", f"{API}/webhooks/{quote(id_, safe='')}/test"), _TESTED)

    def dead(self) -> list[dict[str, Any]]:
        return self._all(self._client.ask("GET", f"{API}/webhooks/dead"), "messages", _DEAD)

    def resend(self, message: str) -> None:
        self._client.ask("POST", f"{API}/webhooks/dead/{quote(message, safe='')}/send")

    def _all(self, told: Any, key: str, names: Sequence[str]) -> list[dict[str, Any]]:
        with self._client.understanding():
            return [self._with(each, names) for each in told[key]]

    def _with(self, told: Any, names: Sequence[str]) -> dict[str, Any]:
        """Returns the record, which has these fields."""
        with self._client.understanding():
            return {**told, **{name: told[name] for name in names}}
