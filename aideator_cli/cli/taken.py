"""Reports what was selected and applied: to a person on stderr, to a program on stdout."""

import shlex
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from aideator_cli.cli import terminal
from aideator_cli.cli.invocation import command
from aideator_cli.text.clean import one_line
from aideator_cli.text.figures import changes, plural

if TYPE_CHECKING:
    from aideator_cli.actions.selecting import Selected
    from aideator_cli.actions.taking import Taken
    from aideator_cli.workspace.pick import Applied


def tell_taken(taken: "Taken", *, json: bool = False) -> int:
    """Returns the exit code. Raises the `AideatorError` that prevented the apply."""
    selected, is_all = taken.selected, taken.applied is None and taken.refused is None
    tell_selected(selected, ends=is_all, json=json)
    if taken.refused is not None:
        terminal.say(f"it stays selected; to apply it:  {command('apply', selected.run)}")
        raise taken.refused
    return tell_applied(taken.applied, json=json) if taken.applied else 0


def tell_selected(selected: "Selected", *, ends: bool = True, json: bool = False) -> None:
    """`ends`: nothing follows the selection, so the message says what to do next."""
    selection = selected.selection
    if json:
        terminal.write_json({"kind": "selection", "run": selected.run, **asdict(selection)})
    if selected.misgiving:
        terminal.warn(selected.misgiving)
    note = f", {selection.note}" if selection.note else ""
    step = (
        ("show", selected.run, "--answer", str(selection.variation)) if selected.is_answer else ("apply", selected.run)
    )
    after = f".  {command(*step)}" if ends else ""
    terminal.say(f"selected {selected.run}/{selection.variation}{note}{after}")


def tell_applied(applied: "Applied", *, json: bool) -> int:
    """Its exit code."""
    if json:
        terminal.write_json(applied.as_json())
    for line in lines(applied):
        terminal.say(line)
    return applied.code


def lines(applied: "Applied") -> list[str]:
    """What was done, each conflict, what to do next."""
    name, result, way, here = applied.pick.name, applied.pick.result, applied.way, str(applied.folder)
    told = f"{plural(result.files, 'file')}, {changes(result.additions, result.deletions)}"
    told += _left_out(applied)
    if applied.already:
        return [f"{name} is already applied to {here}"]
    if applied.conflicts:
        return [*(f"conflict in {path}" for path in applied.conflicts), _conflicting(applied)]
    if way.check:
        return [f"{name} applies to {way.worktree or here}: {told}"]
    if applied.commit is None:
        return [f"applied {name} to {here}: {told}.  {_undo(applied)}"]
    committed = f"committed {name} as {applied.commit[:7]} on the new branch {way.branch}"
    if way.worktree:
        return [f"{committed}, checked out in {here}: {told}"]
    if Path.cwd().is_relative_to(applied.folder):
        return [f"{committed}: {told}.  git switch {way.branch}"]
    return [f"{committed} of {here}: {told}.  git -C {shlex.quote(here)} switch {way.branch}"]


def _left_out(applied: "Applied") -> str:
    from aideator_cli.workspace.pick import some

    left = [one_line(path) for path in applied.pick.left_out]
    return f", without {some(left)}" if left else ""


def _conflicting(applied: "Applied") -> str:
    name, count = applied.pick.name, plural(len(applied.conflicts), "file")
    if applied.way.check:
        return f"{name} would apply with conflicts in {count}"
    return f"applied {name} to {applied.folder} with conflicts in {count}: resolve them and git add the files, or {_undo(applied)}"


def _undo(applied: "Applied") -> str:
    here = Path.cwd().is_relative_to(applied.folder)
    return command("undo") if here else command("undo", "-C", str(applied.folder))
