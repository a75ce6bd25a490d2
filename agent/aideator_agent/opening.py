"""Opens the shell in which commands and programs run: the pod's container for them, or child processes."""

import os
from pathlib import Path

from aideator_agent import surroundings
from aideator_agent.keys import scrubbed
from aideator_agent.settings import Settings
from aideator_agent.shell import Shell


def open_shell(settings: Settings, folder: Path) -> Shell:
    """Returns a shell whose commands begin in this folder."""
    if settings.channel is not None:
        from aideator_agent.channel import ChannelShell

        return ChannelShell(settings.channel, folder)
    from aideator_agent.local_shell import LocalShell
    from aideator_agent.surroundings import QUIET

    own = surroundings.of_commands(settings.spec, str(settings.private))
    return LocalShell(folder, {**scrubbed(os.environ), **QUIET, **own})
