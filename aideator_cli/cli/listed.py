"""`list` on a terminal, in a pipe, or as JSON."""

import sys
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from aideator_cli.actions.listing import Change, Listed
from aideator_cli.cli import terminal
from aideator_cli.cli.invocation import command

if TYPE_CHECKING:
    from aideator_cli.actions.here import Here
    from aideator_cli.actions.listing_there import ServersChange
    from aideator_cli.domain.glance import Glance, Wanted
    from aideator_cli.domain.teams import TeamRun


def checked_columns(words: Iterable[str] | None, *, json: bool) -> tuple[str, ...]:
    """Returns the columns that --columns names; empty if it was not given. Raises `AideatorError` (usage)."""
    names = tuple(name.strip().lower() for word in words or () for name in word.split(","))
    if not names:
        return ()
    from aideator_cli.errors import usage
    from aideator_cli.intake.roles.role import did_you_mean
    from aideator_cli.views.text.listed import COLUMNS

    if json:
        raise usage("--columns and --json can't be combined", hint="each line of --json has everything")
    for name in names:
        if name not in COLUMNS:
            raise usage(f"there is no column {name!r}", hint=did_you_mean(name, COLUMNS, "columns"))
    return tuple(dict.fromkeys(names))


def ask_cluster(here: "Here", context: str | None, namespace: str | None, *, everyone: bool) -> None:
    """Stores the runs that the cluster has and this machine lacks, and how those at work stand. Warns of what can't be asked."""
    from aideator_cli.actions.surveying import survey
    from aideator_cli.intake.request import Where
    from aideator_cli.text.figures import plural

    surveyed = survey(here, Where(None, context, namespace), everyone=everyone)
    if surveyed.found:
        terminal.say(
            f"{plural(len(surveyed.found), 'run')} of {surveyed.where} {'is' if len(surveyed.found) == 1 else 'are'} new here"
        )
    for run, why in surveyed.stale.items():
        terminal.warn(f"{run} is shown as it was last seen: {why}")
    if not everyone and surveyed.others:
        terminal.say(
            f"{plural(surveyed.others, 'run')} of other users {'is' if surveyed.others == 1 else 'are'} not shown: --all-users"
        )


def show_list(rows: "Sequence[Glance]", columns: Sequence[str], *, filtered: bool, has_teams: bool = False) -> None:
    if rows:
        if has_teams:
            terminal.screen().line()
        _show(rows, columns)
    elif has_teams:
        return
    elif filtered:
        terminal.say("no run matches")
    else:
        terminal.say(f"no runs yet: {command('run')} REPO PROMPT, or {command('demo')}")


def show_teams(teams: "Sequence[TeamRun]", lost: Collection[str] = ()) -> bool:
    """Shows the teams above the runs. Returns whether there are any. `lost`: those whose result was deleted."""
    if teams:
        from aideator_cli.views.text.teams import list_teams

        list_teams(terminal.screen(), teams, lost)
    return bool(teams)


def show_servers(
    here: "Here",
    wanted: "Wanted",
    limit: int,
    columns: Sequence[str],
    *,
    filtered: bool,
    steps: bool,
    watch: bool,
    json: bool,
) -> int:
    """Shows the list that a server has. `steps`: also the runs that are steps of teams."""
    from aideator_cli.actions import listing_there

    teams = not (filtered or columns or json)
    if watch:
        for change in listing_there.changes_there(here, limit, wanted, teams=teams, steps=steps):
            _redraw_servers(change, columns, json=json)
    records, found = listing_there.with_teams(here, limit, wanted, teams=teams, steps=steps)
    if json:
        terminal.write_json(*records)
        return 0
    rows = [listing_there.glance_of(each) for each in records]
    show_list(rows, columns, filtered=filtered, has_teams=show_teams(found))
    return 0


def _redraw_servers(change: "ServersChange", columns: Sequence[str], *, json: bool) -> None:
    from aideator_cli.actions.listing_there import glance_of

    if change.trouble is not None:
        terminal.warn(f"{change.trouble}; it is asked again")
    elif json:
        terminal.write_json(*change.changed)
        sys.stdout.flush()
    else:
        rows = [glance_of(each) for each in change.runs]
        _redraw(rows, {each["run"] for each in change.changed}, columns, change.teams, change.changed_teams)


def write_list(rows: Sequence[Listed]) -> None:
    """Writes the rows as JSON, one per line."""
    from aideator_cli.views.json_lines import run_record, write

    screen = terminal.screen()
    for row in rows:
        write(screen, run_record(row.run, row.results, row.selected))
    screen.out.flush()


def redraw(change: Change, columns: Sequence[str], *, json: bool) -> None:
    """Writes only the changes into a pipe, and redraws the whole list on a terminal."""
    if json:
        write_list(change.changed)
        return
    changed = {row.run.spec.id for row in change.changed}
    _redraw(change.rows, changed, columns, change.teams, change.changed_teams)


def _redraw(
    rows: "Sequence[Glance]",
    changed: Collection[str],
    columns: Sequence[str],
    teams: "Sequence[TeamRun]",
    changed_teams: "Sequence[TeamRun]",
) -> None:
    if sys.stdout.isatty():
        sys.stdout.write("\x1b[H\x1b[2J")
    else:
        teams, rows = changed_teams, [row for row in rows if row.id in changed]
        if not teams and not rows:  # a run has left the list
            return
    has_teams = show_teams(teams)
    if has_teams and rows:
        terminal.screen().line()
    if rows or not has_teams:
        _show(rows, columns)
    sys.stdout.flush()


def _show(rows: "Sequence[Glance]", columns: Sequence[str]) -> None:
    from aideator_cli.views.text.listed import show_columns, show_runs

    if columns:
        show_columns(terminal.screen(), rows, columns)
    else:
        show_runs(terminal.screen(), rows)
