"""`report`: a run as one page."""

from pathlib import Path
from typing import Annotated

import typer

from aideator_cli.cli.commands import options


def report(
    run: options.Run = "@last",
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="File to write; - is stdout. Default: RUN.html in the current folder.",
            show_default=False,
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite FILE if it exists.")] = False,
    server: options.Server = None,
    json: options.Json = False,
) -> int:
    """Write a run as one HTML file to read offline. It shows the comparison, diffs, timelines, checks and costs."""
    import sys

    from aideator_cli.actions.sharing.reporting import report as material
    from aideator_cli.actions.teams.knowing import meant, run_to_report, state_of
    from aideator_cli.actions.teams.talking import Talk
    from aideator_cli.cli import invocation, terminal
    from aideator_cli.cli.naming import the_run
    from aideator_cli.cli.telling import tell_stale_team
    from aideator_cli.errors import usage
    from aideator_cli.system.output_file import expect_free, output_file
    from aideator_cli.text.figures import plural
    from aideator_cli.views.html import timeline
    from aideator_cli.views.html.report import html

    here = invocation.here(server)
    team = meant(here, run)
    if team is not None:
        tell_stale_team(team)
    found = the_run(here, run if team is None else run_to_report(here, team))
    name = found.spec.id if team is None else team.id
    target = output or Path(f"{_file_name(name)}.html")
    to_stdout = str(target) == "-"
    if to_stdout and json:
        raise usage("--json and --output - would both write to stdout", hint="leave out one of them")
    if not to_stdout:
        expect_free(target, force=force)
    state = None if team is None else state_of(here, team)
    talk = [] if state is None else Talk().of(here, state)
    page = html(material(here, found, timeline.TYPES, state, talk))
    if to_stdout:
        sys.stdout.buffer.write(page.encode())
        return 0
    with output_file(target, force=force) as out:
        out.write(page)
    size = target.stat().st_size
    if json:
        terminal.write_json({"kind": "reported", "run": found.spec.id, "file": str(target), "bytes": size})
        return 0
    terminal.say(f"wrote {target}: {plural(len(found.spec.variations), 'variation')}, {max(1, size // 1000)} kB")
    return 0


def _file_name(run: str) -> str:
    """A run that another machine submitted may be called anything."""
    from aideator_cli.domain.ids import is_id
    from aideator_cli.errors import usage

    if not is_id(run):
        raise usage(f"{run} is not a valid run id, so it can't name a file", hint="--output FILE")
    return run
