"""Whether the agents' image and this command-line tool are of one version."""

from aideator_cli import __version__
from aideator_cli.domain.events import Event


def misfit(event: Event) -> str | None:
    """Returns what a `start` event of another version means for the user. None if the versions agree, or the event has none."""
    versions = event.data.get("versions")
    agent = versions.get("agent") if isinstance(versions, dict) else None
    if not isinstance(agent, str) or agent == __version__:
        return None
    text = f"the agents' image holds aideator-agent {agent}, and this is aideator {__version__}"
    return f"{text}; if something is odd, use one version of both"
