"""What `prune` would do, and what it has done."""

from collections.abc import Sequence

from aideator_cli.actions import pruning
from aideator_cli.actions.here import Here
from aideator_cli.actions.pruning import Left, Plan
from aideator_cli.cli import terminal
from aideator_cli.cli.invocation import command
from aideator_cli.domain.held import Held
from aideator_cli.errors import ExitCode
from aideator_cli.text.figures import plural, size


def tell(planned: Plan, *, json: bool) -> int:
    """Writes the plan."""
    if json:
        _write_json([*planned.doomed, *planned.left], "would_delete")
        return ExitCode.OK
    if planned.doomed:
        from aideator_cli.views.text.held import show_held

        show_held(terminal.screen(), planned.doomed)
    _tell_left(planned.left)
    if planned.doomed:
        terminal.say(f"{_would(planned)}; --yes does it")
    else:
        terminal.say("there is nothing to prune")
    return ExitCode.OK


def _would(planned: Plan) -> str:
    runs = plural(len(planned.doomed), "run")
    if planned.part == "objects":
        return f"the Jobs and ConfigMaps of {runs} would be deleted, and what is stored here stays"
    if planned.part == "files":
        return f"files of {runs} would be deleted, {size(sum(each.file_bytes for each in planned.doomed))}"
    return f"{runs} would be deleted, {size(sum(each.total for each in planned.doomed))}"


def _done(deleted: Sequence[Held], part: str | None, freed: int) -> str:
    if not deleted:
        return "nothing was deleted"
    runs = plural(len(deleted), "run")
    if part == "objects":
        return f"the Jobs and ConfigMaps of {runs} are deleted"
    return (
        f"files of {runs} deleted, {size(freed)} freed" if part == "files" else f"{runs} deleted, {size(freed)} freed"
    )


def do(here: Here, planned: Plan, *, json: bool) -> int:
    """Deletes the runs. Returns `UNAVAILABLE` if one of them could not be deleted."""
    before = here.store.database_bytes()
    ends = list(pruning.prune(here, planned))
    deleted = [each for each in ends if isinstance(each, Held)]
    failed = [each for each in ends if isinstance(each, Left)]
    compacted = not deleted or planned.part is not None or here.store.compact()
    if json:
        _write_json([*ends, *planned.left], "deleted")
    else:
        _tell_left([*planned.left, *failed])
        freed = max(0, before - here.store.database_bytes()) + sum(each.file_bytes for each in deleted)
        terminal.say(_done(deleted, planned.part, freed))
    if not compacted:
        terminal.warn(
            "the database file keeps its size for now: another process uses it, or the disk is too full to copy it"
        )
    return ExitCode.UNAVAILABLE if failed else ExitCode.OK


def _tell_left(left: Sequence[Left]) -> None:
    for each in left:
        terminal.warn(f"{each.held.run} stays: {each.why}")
    if left:
        terminal.say(f"{command('delete')} RUN deletes a single run; {command('show')} RUN asks how it stands")


def _write_json(ends: Sequence[Held | Left], word: str) -> None:
    from aideator_cli.views.json_lines import held_record

    for each in ends:
        held, why = (each, None) if isinstance(each, Held) else each
        terminal.write_json({"kind": "pruned", word: why is None, "why": why, **held_record(held)})
