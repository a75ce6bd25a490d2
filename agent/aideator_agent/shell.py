"""Where the model's commands run, as the agent knows it: `ChannelShell` in a pod, `LocalShell` on this machine."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True)
class Finished:
    """How a command ended.

    `exited`: `exit_code` is what the shell said (128 + signal for a killed one). `timeout` and `stopped`: ended by us.
    `lost`: what ran it was killed or does not answer; the next command may find it back.
    """

    exit_code: int | None  # None unless `reason` is `exited`
    reason: Literal["exited", "timeout", "lost", "stopped"]
    seconds: float


class Shell(Protocol):
    def run(
        self, command: str, *, seconds: float, write: Callable[[bytes], None], stop: Callable[[], bool]
    ) -> Finished:
        """Runs `command` in the workspace's repository and returns when it has ended, however it did; stdin is /dev/null.

        Output, stdout and stderr together, goes to `write` as it comes, in the caller's thread. `stop` is asked at
        least ten times a second. A command that overruns `seconds` or is stopped is ended with all that it started.
        """

    def end(self, seconds: float = 5.0) -> bool:
        """Ends all that was ever started. True when surely nothing of it runs any more. No command runs after it."""
