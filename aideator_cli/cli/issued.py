"""The issue that a run is about: read before anything starts, and shown to the user as the agents get it."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aideator_agent.spec import Issue
    from aideator_cli.actions.here import Here
    from aideator_cli.actions.issues import Read

SHOWN = 40  # lines
_HIDDEN = re.compile(r"<!--(?! -->)")  # what `pr` and `review` write is empty
_LONGEST = 300  # characters of a line


def named(here: "Here", repo: str | None, url: "str | Read | None", ca: Path | None) -> "tuple[str, Issue | None]":
    """Returns the repository and the issue that the command line names, or that was read already. Raises `AideatorError`."""
    if url is None:
        if repo is None:
            from aideator_cli.errors import usage

            raise usage("no repository is given", hint='aideator run REPO "What the agents should do", or --issue URL')
        return repo, None
    from aideator_cli.actions.issues import read_issue

    found = read_issue(here, url, ca) if isinstance(url, str) else url
    return repo or found.repository, found.issue


def show_issue(issue: "Issue") -> None:
    """On stderr, bounded: the beginning of what the agents are shown."""
    from aideator_cli.cli import terminal
    from aideator_cli.text.figures import plural
    from aideator_cli.views.asked import issue as told

    terminal.say(f"the agents get {told(issue)}")
    lines = issue.text.split("\n")
    for line in lines[:SHOWN]:
        terminal.quote(line[:_LONGEST] + ("…" if len(line) > _LONGEST else ""))
    if (left := len(lines) - SHOWN) > 0:
        terminal.quote(f"[{plural(left, 'more line')}, which the agents get, too]")
    if _HIDDEN.search(issue.text):
        terminal.warn("it holds HTML comments, which the forge does not show and the agents read")
