"""The database's schema as a list of steps, each with its way back. A released step never changes; new ones are appended to `steps.py`."""

from collections.abc import Callable
from typing import Final

from aideator_cli.errors import AideatorError, usage
from aideator_cli.store.dialect import Dialect
from aideator_cli.store.migrations.sqlite_history import DOWNS, UPS
from aideator_cli.store.migrations.steps import Step, later_steps

STEPS: Final[tuple[Step, ...]] = (*(Step(up, down) for up, down in zip(UPS, DOWNS, strict=True)), *later_steps())
VERSION: Final = len(STEPS)
POSTGRESQL_BEGAN: Final = 12  # the version that new databases of PostgreSQL begin with


def move(run: Callable[[str], object], dialect: Dialect, version: int, target: int) -> None:
    """Runs the statements that lead from one version to the other. The caller holds a transaction, and stores the new version."""
    if target >= version:
        if version < dialect.first_version <= target:  # a new database of a kind that has no history
            _run(run, dialect, dialect.first_schema)
            version = dialect.first_version
        for step in STEPS[version:target]:
            _run(run, dialect, step.up)
        return
    for step in reversed(STEPS[target:version]):
        _run(run, dialect, step.down)


def newer(where: str, version: int) -> AideatorError:
    return usage(
        f"{where} was written by a newer AIdeator (schema {version}; this one knows {VERSION})",
        hint="upgrade aideator, or set AIDEATOR_HOME to another folder",
    )


def _run(run: Callable[[str], object], dialect: Dialect, script: str) -> None:
    for statement in dialect.worded(script).split(";"):
        if statement.strip():
            run(statement)
