"""Where the model's commands run, from the agent's view: `ChannelShell` in a pod, `LocalShell` on this machine."""

from collections.abc import Callable
from typing import Literal, Protocol

from aideator_agent.conversation import Conversation
from aideator_agent.values import frozen


@frozen
class Finished:
    """How a command ended.

    `exited`: `exit_code` comes from the shell (128 + signal if killed). `timeout`, `waiting`, `stopped`: the agent ended it.
    `lost`: its shell was killed or does not answer; the next command may reach it again.
    """

    exit_code: int | None  # None unless `reason` is `exited`
    reason: Literal["exited", "timeout", "waiting", "lost", "stopped"]
    seconds: float


class NotStarted(Exception):
    """A program could not be started. The text says why."""


class Shell(Protocol):
    def run(
        self, command: str, *, seconds: float, write: Callable[[bytes], None], stop: Callable[[], bool],
        idle: float | None = None,
    ) -> Finished:  # fmt: skip
        """Runs `command` in the workspace's repository and returns when it has ended, however it did; stdin is /dev/null.

        Output, stdout and stderr together, goes to `write` as it comes, in the caller's thread. `stop` is asked at
        least ten times a second. A command that overruns `seconds` or is stopped is ended with all that it started, and
        so is one that neither writes nor uses the CPU for `idle` seconds, as far as that can be seen.
        """

    def start(self, command: str, stop: Callable[[], bool]) -> Conversation:
        """Starts a program beside the commands, with pipes for its input, output and errors. The caller ends the conversation.

        Raises `NotStarted`, also if `stop` returns true while it waits for the place to run it.
        """

    def end(self, seconds: float = 5.0) -> bool:
        """Ends everything ever started. Returns True if certainly none of it still runs. No command may follow."""
