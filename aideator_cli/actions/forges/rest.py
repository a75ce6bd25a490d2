"""What the APIs of all forges share: a repository has one root, and every answer is read by the same rules."""

from collections.abc import Mapping
from typing import Any

from aideator_agent.values import frozen
from aideator_cli.actions.forges.base import Address, Answer, Asking, expected, text


@frozen
class Rest:
    address: Address
    asking: Asking

    def default_branch(self) -> str:
        found = self._get("", to=f"read {self.address.path}", missing=f"{self.address.host} has no {self.address.path}")
        return text(found, "default_branch")

    def _root(self) -> str:
        """Returns the quoted path of the repository, below the API's root."""
        raise NotImplementedError

    def _get(self, path: str, *, to: str, missing: str | None = None) -> Any:
        return self._expected(self._ask("GET", path), to=to, missing=missing)

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Answer:
        return self.asking.ask(method, f"{self._root()}/{path}".rstrip("/"), body)

    def _expected(self, answer: Answer, *, to: str, missing: str | None = None) -> Any:
        return expected(answer, self.address, self.asking, to=to, missing=missing or f"you can't {to}: it is not there")

    def _no(self, what: str, number_: int) -> str:
        return f"{self.address.path} at {self.address.host} has no {what} {number_}"
