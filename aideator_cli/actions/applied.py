"""Which patches of a run were applied to files on this machine. `show` and `compare` ask, so it must be quick where there are none."""

from contextlib import suppress
from pathlib import Path

from aideator_cli.domain.runs import StoredRun
from aideator_cli.errors import AideatorError
from aideator_cli.text.clean import one_line
from aideator_cli.workspace.journal import holder, journals


def told_applied(run: StoredRun) -> list[str]:
    """Returns a line for each patch of the run that was applied to the files of its repository or of the current one, and not undone."""
    return [f"applied {name} to {one_line(str(top))}" for top in _tops(run) for name in _applied(top, run.spec.id)]


def is_applied(run: StoredRun, number: int) -> bool:
    return any(f"{run.spec.id}/{number}" in _applied(top, run.spec.id) for top in _tops(run))


def _tops(run: StoredRun) -> list[Path]:
    found: dict[Path, None] = {}
    for folder in (run.repository_path, Path()):
        with suppress(OSError, RuntimeError):  # a folder that is gone, or may not be read
            top = holder(folder) if folder is not None else None
            if top is not None:
                found[top] = None
    return list(found)


def _applied(top: Path, run: str) -> list[str]:
    from aideator_cli.workspace.target import working_tree

    with suppress(AideatorError):
        held = journals(working_tree(top).room)
        return [each.name for each in held if each.state == "applied" and each.name.startswith(f"{run}/")]
    return []
