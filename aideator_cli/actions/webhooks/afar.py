"""Webhooks through a server, as far as the token allows."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from aideator_cli.actions.here import Here
from aideator_cli.actions.places import server_at
from aideator_cli.backends.server.client import API
from aideator_cli.errors import usage


class Afar:
    def __init__(self, here: Here, url: str) -> None:
        self._client = server_at(url, here.settings).client

    def add(self, url: str, events: Sequence[str], user: str | None, *, everybody: bool) -> dict[str, Any]:
        if user is not None:
            raise usage(
                "--user is for the server's own machine", hint="through a server a webhook is your own, or --everybody"
            )
        body = {"url": url, "events": list(events), "everybody": everybody}
        made: dict[str, Any] = self._client.ask("POST", f"{API}/webhooks", body)
        return made

    def listed(self) -> list[dict[str, Any]]:
        return list(self._client.ask("GET", f"{API}/webhooks")["webhooks"])

    def remove(self, id_: str) -> None:
        self._client.ask("DELETE", f"{API}/webhooks/{quote(id_, safe='')}")

    def test(self, id_: str) -> dict[str, Any]:
        told: dict[str, Any] = self._client.ask("POST", f"{API}/webhooks/{quote(id_, safe='')}/test")
        return told

    def dead(self) -> list[dict[str, Any]]:
        return list(self._client.ask("GET", f"{API}/webhooks/dead")["messages"])

    def resend(self, message: str) -> None:
        self._client.ask("POST", f"{API}/webhooks/dead/{quote(message, safe='')}/send")
