"""The commands: names, options and help; what they do is imported when they are called."""

from typing import Annotated

import typer

from aideator_cli import __version__
from aideator_cli.commands import (
    apply,
    choice,
    compare,
    demo,
    diff,
    export,
    judge,
    options,
    output,
    replay,
    report,
    retry,
    run,
    runs,
    stats,
    watch,
)

EPILOG = (
    "Exit codes: 0 all that was asked holds, 1 no variation succeeded, 2 wrong usage, 3 not found, 4 cluster or backend unavailable, "
    "5 refused, 6 limit reached, 7 checks failed, 8 the patch does not apply, 124 timed out waiting, 130 interrupted."
)

app = typer.Typer(
    name="aideator",
    help="One prompt, N coding agents, each in its own Kubernetes Job: follow their work, compare it, pick one and apply it.",
    epilog=EPILOG,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)


def version(json: options.Json = False) -> int:
    """Print the version."""
    if json:
        from aideator_cli.views.json_lines import write

        write({"kind": "version", "version": __version__})
    else:
        print(f"aideator {__version__}")
    return 0


def _version(value: bool) -> None:
    if value:
        raise typer.Exit(version())


@app.callback()
def main(
    _version_asked: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """See the app's help."""


for name, command in (
    ("run", run.run),
    ("watch", watch.watch),
    ("wait", watch.wait),
    ("list", runs.list_runs),
    ("show", runs.show),
    ("logs", output.logs),
    ("diff", diff.diff),
    ("compare", compare.compare),
    ("judge", judge.judge),
    ("select", choice.select),
    ("apply", apply.apply),
    ("undo", apply.undo),
    ("export", export.export),
    ("report", report.report),
    ("replay", replay.replay),
    ("cancel", watch.cancel),
    ("retry", retry.retry),
    ("stats", stats.stats),
    ("delete", runs.delete),
    ("demo", demo.demo),
    ("version", version),
):
    app.command(name)(command)
