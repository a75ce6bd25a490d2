"""`aideator` alone: what to do next, from where the user stands."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aideator_cli.cli import invocation, terminal
from aideator_cli.text.clean import cut, one_line

if TYPE_CHECKING:
    from aideator_cli.actions.standing import Standing

WHAT: Final = "AIdeator gives one prompt to several coding agents, and you choose the best of their patches."
MODEL: Final = "claude-sonnet-4-5"
KEY: Final = "ANTHROPIC_API_KEY"
_PROMPT: Final = 50  # characters of the newest run's
_STEPS: Final = {
    "compare": "compare its variations",
    "diff": "read the best patch",
    "apply": "apply the patch",
    "logs": "read what was said",
    "show": "see what came of it",
}

Step = tuple[str, str]  # what it is for, and the command as it is typed


def greet() -> int:
    """Writes about ten lines to stdout. It is never an error."""
    from aideator_cli.actions.standing import standing

    found = standing(invocation.here(), Path.cwd())
    screen = terminal.screen()
    for text in (WHAT, _where(found)):
        screen.line(screen.folded(text, indent=""))
    screen.line("")
    steps = [*(_with_run(found) if found.newest else _without_run(found)), ("see all commands", "aideator --help")]
    for line in _shown(steps, screen.width if screen.is_terminal else None):
        screen.line(line)
    for problem in found.problems:
        terminal.warn(problem)
    return 0


def _shown(steps: list[Step], width: int | None) -> Iterator[str]:
    """A command that does not fit beside what it is for stands below, whole, so that it can be copied."""
    wide = max(len(purpose) for purpose, _ in steps)
    for purpose, words in steps:
        command = words.replace("aideator", invocation.program(), 1)
        if width is None or 2 + wide + 2 + len(command) <= width:
            yield f"  {purpose:{wide}}  {command}"
        else:
            yield f"  {purpose}"
            yield f"    {command}"


def _where(found: "Standing") -> str:
    newest, team = found.newest, found.team
    if team is not None:
        short = cut(one_line(team.prompt), _PROMPT)
        return f"Your newest run is that of the team {team.id}, “{short}”: {team.state_in_words}."
    if newest is not None:
        short = cut(one_line(newest.prompt), _PROMPT)
        done = (
            f"{newest.succeeded} of {newest.variations} variations succeeded"
            if newest.state == "ended"
            else "its agents are at work"
        )
        chosen = f", {found.selected} is selected" if found.selected else ""
        return f"Your newest run is {newest.id}, “{short}”: {done}{chosen}."
    if found.context:  # which is not asked what keys it has
        return f"You have no runs yet. Agents would run in the cluster of {one_line(found.context)}, with the keys that are stored there."
    keys = f"{next(iter(found.models))} is set" if found.models else "the environment has no model's key"
    return f"You have no runs yet. Agents would run on this machine; {keys}."


def _with_run(found: "Standing") -> Iterator[Step]:
    assert found.newest is not None
    name = found.team.id if found.team else found.newest.id
    at_work = found.newest.state != "ended" if found.team is None else found.team.state == "running"
    if at_work:
        yield "watch it", f"aideator watch {name}"
        yield "wait for its end", f"aideator wait {name}"
    for step in found.steps:
        yield _STEPS.get(step.words[0], ""), step.written()
    if not at_work and not any(step.words[0] in ("show", "logs") for step in found.steps):
        yield _STEPS["show"], f"aideator show {name}"
    yield _starting("start another run", found)
    yield "list all runs", "aideator list"


def _without_run(found: "Standing") -> Iterator[Step]:
    known = bool(found.models) or found.model is not None
    if not known:
        yield "see it work, for nothing", "aideator demo"
        if found.context:
            yield "store a key there, once", f"aideator secret set {KEY}"
        else:
            yield "give the agents a key", f"export {KEY}=…"
    yield _starting("start three agents", found)
    if known:
        yield "see it work, for nothing", "aideator demo"
    yield "check what is missing", "aideator doctor"


def _starting(purpose: str, found: "Standing") -> Step:
    repository = "." if found.in_repository else "REPO"
    model = "" if found.model else f" --model {next(iter(found.models.values()), MODEL)}"
    local = "" if found.context else " --allow-local-shell"
    return purpose, f'aideator run {repository} "What to change"{model}{local}'
