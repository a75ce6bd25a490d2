"""`compare`: a run's variations side by side."""

from typing import Annotated

import typer

from aideator_cli.commands import options


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
    from aideator_cli import terminal
    from aideator_cli.axes import axis_named, by_axis
    from aideator_cli.choosing import compare_run
    from aideator_cli.errors import usage
    from aideator_cli.figures import joined
    from aideator_cli.finding import find_run
    from aideator_cli.judgements import newest
    from aideator_cli.refreshing import refresh_run
    from aideator_cli.settings import Settings
    from aideator_cli.store import Store

    if markdown and json:
        raise usage("--markdown and --json are two forms", hint="give one of them")
    axis = axis_named(by)
    settings = Settings()
    store = Store.open(settings.home)
    found = refresh_run(find_run(run, store, settings), store, settings)
    comparison = compare_run(found, store)
    if comparison.running:
        verb = "is" if len(comparison.running) == 1 else "are"
        terminal.say(f"{found.spec.id}: {joined(comparison.running)} {verb} still at work; this is how things stand")
    shares = (axis, by_axis(found.spec, [each.result for each in comparison.order], axis)) if axis else None
    if markdown:
        from aideator_cli.views.markdown import show_markdown

        show_markdown(found.spec, comparison, shares)
        return 0
    from aideator_cli.views.comparison import show_axis, show_comparison, show_json

    selection = store.selection(found.spec.id)
    if json:
        show_json(found.spec, comparison, selection, shares)
        return 0
    show_comparison(found.spec, comparison, selection)
    if judged := newest(store.judgements(found.spec.id), [each.result for each in comparison.order]):
        from aideator_cli.views.judged import show_round

        print()
        show_round(found.spec.id, judged)
    if shares:
        print()
        show_axis(shares[1], shares[0])
    return 0
