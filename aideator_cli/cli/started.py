"""Tells that a run was started, where, and how to come back to it."""

import sys
from collections.abc import Sequence

from aideator_agent.spec import RunSpec
from aideator_cli.backends.base import Backend
from aideator_cli.cli import terminal
from aideator_cli.cli.invocation import command
from aideator_cli.text.figures import plural
from aideator_cli.views.asked import limits, origin, repository_name


def announce(spec: RunSpec, backend: Backend) -> None:
    commit = f"@{spec.repository.base[:7]}" if spec.repository.base else ""
    begun = f", {origin(spec.origin)}" if spec.origin else ""
    if spec.is_merge:
        terminal.say(f"{spec.id} {at(backend)}: {repository_name(spec.repository.url)}{commit}{begun}")
        return
    agents = f"{plural(len(spec.variations), 'variation')} of {repository_name(spec.repository.url)}{commit}"
    terminal.say(f"{spec.id} {at(backend)}: {agents}{begun}, limits {limits(spec.limits)} each")


def at(backend: Backend) -> str:
    """Returns where the agents work, for people."""
    if backend.name == "server":
        return f"on {backend.where}"
    return f"in {backend.where}" if backend.name == "kubernetes" else f"on {backend.where}, local backend"


def leave_detached(run: str, numbers: Sequence[int], *, json: bool) -> None:
    """Reports a run that was started and is not followed here."""
    if json:
        terminal.write_json({"kind": "run", "run": run, "variations": list(numbers)})
    else:
        print(run)
    sys.stdout.flush()
    terminal.say(command("watch", run))
