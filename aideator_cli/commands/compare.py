"""`compare`: a run's variations side by side."""

from typing import TYPE_CHECKING, Annotated

import typer

from aideator_cli.commands import options

if TYPE_CHECKING:
    from aideator_cli.choice.comparison import Comparison
    from aideator_cli.store import Store


def compare(
    run: options.Run = "@last",
    by: Annotated[
        str | None,
        typer.Option(
            "--by", metavar="model|prompt|temperature", help="A summary per axis as well.", show_default=False
        ),
    ] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="For a pull request.")] = False,
    json: options.Json = False,
) -> int:
    """Compare what the variations made, the best first."""
    from aideator_cli.choice.axes import axis_named, by_axis
    from aideator_cli.choice.choosing import compare_run
    from aideator_cli.errors import usage
    from aideator_cli.finding import find_run
    from aideator_cli.refreshing import refresh_run
    from aideator_cli.settings import Settings
    from aideator_cli.store import Store
    from aideator_cli.views import comparison as views

    if markdown and json:
        raise usage("--markdown and --json are two forms", hint="give one of them")
    axis = axis_named(by)
    settings = Settings()
    store = Store.open(settings.home)
    found = refresh_run(find_run(run, store, settings), store, settings)
    spec, comparison, selection = found.spec, compare_run(found, store), store.selection(found.spec.id)
    _say_running(spec.id, comparison)
    shares = (axis, by_axis(spec, [each.result for each in comparison.order], axis)) if axis else None
    if markdown:
        from aideator_cli.views.markdown import show_markdown

        show_markdown(spec, comparison, shares)
    elif json:
        views.show_json(spec, comparison, selection, shares)
    else:
        views.show_comparison(spec, comparison, selection, shares)
        _show_judged(spec.id, store, comparison)
    return 0


def _say_running(run: str, comparison: "Comparison") -> None:
    from aideator_cli import terminal
    from aideator_cli.figures import joined

    if comparison.running:
        verb = "is" if len(comparison.running) == 1 else "are"
        terminal.say(f"{run}: {joined(comparison.running)} {verb} still at work; this is how things stand")


def _show_judged(run: str, store: "Store", comparison: "Comparison") -> None:
    from aideator_cli.judging.judgements import newest

    if judged := newest(store.judgements(run), [each.result for each in comparison.order]):
        from aideator_cli.views.judged import show_round

        print()
        show_round(run, judged)
