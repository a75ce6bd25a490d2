"""The program of the shell container, the other end of the channel: shell_server.sh."""

from pathlib import Path


def server_command() -> list[str]:
    """The shell container's `command` in the Job's manifest. The folder comes from AIDEATOR_CHANNEL (/aideator)."""
    script = Path(__file__).with_name("shell_server.sh").read_text("utf-8")
    lines = (line for line in script.splitlines() if line.strip() and not line.lstrip().startswith("#"))
    return ["/bin/sh", "-c", "\n".join(lines) + "\n"]
