"""What can be done about webhooks, here or through a server. Each answer is the record that --json prints."""

from collections.abc import Sequence
from typing import Any, Protocol


class Desk(Protocol):
    """Every method raises `AideatorError`."""

    def add(self, url: str, events: Sequence[str], user: str | None, *, everybody: bool) -> dict[str, Any]:
        """Returns the webhook with its secret."""

    def listed(self) -> list[dict[str, Any]]: ...

    def rotate(self, id_: str, kept_seconds: float) -> dict[str, Any]:
        """Returns the webhook with its new secret."""

    def remove(self, id_: str) -> None: ...

    def test(self, id_: str) -> dict[str, Any]: ...

    def dead(self) -> list[dict[str, Any]]: ...

    def resend(self, message: str) -> None: ...
