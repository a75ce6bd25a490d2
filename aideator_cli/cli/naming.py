"""Finds the run or variation named on the command line, in its current state. Warns if that state is stale."""

from aideator_cli.actions.finding import Named, find, find_run, find_variation
from aideator_cli.actions.here import Here
from aideator_cli.actions.refreshing import refresh
from aideator_cli.cli.telling import tell_stale
from aideator_cli.domain.runs import StoredRun


def the_run(here: Here, word: str) -> StoredRun:
    """Accepts only RUN, for commands that apply to a whole run."""
    return _current(here, find_run(here, word)).run


def the_named(here: Here, word: str) -> Named:
    return _current(here, find(here, word))


def the_variation(here: Here, word: str) -> Named:
    """Accepts RUN/N, or RUN if the run has only one variation."""
    return _current(here, find_variation(here, word))


def _current(here: Here, named: Named) -> Named:
    current = refresh(here, named)
    tell_stale(current)
    return current
