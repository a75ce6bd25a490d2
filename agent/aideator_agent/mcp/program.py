"""An MCP server that is a program: it runs where the commands run, and speaks on its standard input and output."""

import shlex
from collections.abc import Callable, Mapping

from aideator_agent.emitter import Emitter
from aideator_agent.mcp.link import Failed, Nothing, Result
from aideator_agent.mcp.server import McpServer
from aideator_agent.programs.messages import Params, Peer
from aideator_agent.shell import NotStarted, Shell

NOT_FOUND = 127
SHOWN = 300  # characters of what it complained about


class ProgramLink:
    """See `Link`. `check` raises `Ended` when the attempt is over."""

    def __init__(
        self, server: McpServer, env: Mapping[str, str], shell: Shell, emitter: Emitter,
        check: Callable[[], None], stop: Callable[[], bool],
    ) -> None:  # fmt: skip
        """Raises `Failed` if the program can't be started, and `Ended`."""
        self._server = server
        try:
            self._conversation = shell.start(_script(server, env), stop)
        except NotStarted as error:
            check()
            raise Failed(f"it could not be started: {error}") from error
        self._peer = Peer(self._conversation, Nothing(), emitter, check, who=f"MCP server {server.name}")

    def ask(self, method: str, params: Params, seconds: float) -> Result:
        return self._peer.ask(method, params, seconds)

    def tell(self, method: str, params: Params) -> None:
        self._peer.tell(method, params)

    def agreed(self, version: str) -> None:
        """A program is not told again."""

    def complaint(self) -> str:
        if not self._conversation.ended:
            return f"; it wrote {self._peer.stray!r}" if self._peer.stray else ""
        code = self._conversation.exit_code
        if code == NOT_FOUND:
            return f" ({self._server.command} is not there: install it in the image of --image, or on this machine)"
        how = "was lost" if code is None else f"ended with exit code {code}"
        said = " ".join(self._conversation.complaints.split())[-SHOWN:]
        return f" ({how}{f': {said}' if said else ''})"

    def close(self) -> None:
        self._conversation.end()


def _script(server: McpServer, env: Mapping[str, str]) -> str:
    """Returns the script for the shell. The variables stand in it and not in the command's words, which everybody on the machine sees."""
    exports = [f"export {name}={shlex.quote(value)}" for name, value in env.items()]
    return "\n".join([*exports, f"exec {shlex.join([server.command or '', *server.args])}"])
