"""What a connection to an MCP server can do, whichever way it goes, and how it fails."""

from collections.abc import Mapping
from typing import Any, Final, Protocol

from aideator_agent.programs.messages import NO_SUCH_METHOD, Params, Refused

Result = Mapping[str, Any]
MOST_BYTES: Final = 8 * 1024 * 1024  # of one message


class Failed(Exception):
    """The server can't be used as it is. The text says what is wrong, and what to do."""


class Link(Protocol):
    def ask(self, method: str, params: Params, seconds: float) -> Result:
        """Sends a request and returns its result.

        Raises `Refused` for an answer that is an error, `Silent` after so many seconds, `Gone` if the server has ended or forgotten the
        session, `Failed` for what will not get better, and `Ended` when the attempt is over.
        """

    def tell(self, method: str, params: Params) -> None: ...

    def agreed(self, version: str) -> None:
        """Takes the version of the protocol that both speak."""

    def complaint(self) -> str:
        """Returns how the server has ended and what it said about it, to be put behind a sentence. Empty if nothing is known."""

    def close(self) -> None: ...


class Nothing:
    """Answers what a server asks of its client: AIdeator offers it nothing."""

    def asked(self, method: str, params: Params) -> Mapping[str, Any]:  # noqa: ARG002
        if method == "ping":
            return {}
        raise Refused(NO_SUCH_METHOD, "AIdeator does not offer this")

    def told(self, method: str, params: Params) -> None:
        """Progress and logs are not shown."""
