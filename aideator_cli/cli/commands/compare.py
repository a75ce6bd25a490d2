"""`compare`: a run's variations side by side."""

from typing import TYPE_CHECKING, Annotated

import typer

from aideator_cli.cli.commands import options

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from aideator_agent.spec import RunSpec
    from aideator_cli.choice.comparison import Comparison
    from aideator_cli.domain.judgements import Round
    from aideator_cli.domain.runs import StoredRun
    from aideator_cli.views.screen import Screen


def compare(
    run: options.Run = "@last",
    by: Annotated[
        str | None,
        typer.Option(
            "--by",
            metavar="agent|model|role|prompt|temperature",
            help="Also summarize the results by agent, model, role, prompt or temperature.",
            show_default=False,
        ),
    ] = None,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print Markdown, for example for a pull request.")
    ] = False,
    cross_tests: Annotated[
        bool,
        typer.Option(
            "--cross-tests",
            help="First run each variation's new tests on the other patches that passed, unless that was done before.",
        ),
    ] = False,
    server: options.Server = None,
    json: options.Json = False,
) -> int:
    """Compare a run's variations, best first."""
    from aideator_cli.actions.comparing import compare_run
    from aideator_cli.choice.axes import axis_named, by_axis
    from aideator_cli.cli import invocation, terminal
    from aideator_cli.cli.naming import the_run
    from aideator_cli.errors import usage
    from aideator_cli.views.text import comparison as views

    if markdown and json:
        raise usage("--markdown and --json can't be combined", hint="give one of them")
    axis = axis_named(by)
    here = invocation.here(server)
    found = the_run(here, run)
    if cross_tests:
        from aideator_cli.cli.crossed import cross

        cross(here, found)
    compared = compare_run(here, found)
    spec, comparison, screen = compared.run.spec, compared.comparison, terminal.screen()
    _say_running(spec.id, comparison)
    shares = (axis, by_axis(spec, [each.result for each in comparison.order], axis)) if axis else None
    if markdown:
        from aideator_cli.views.text.markdown import show_markdown

        show_markdown(screen, spec, comparison, shares)
    elif json:
        views.show_json(screen, spec, comparison, compared.selection, shares)
    else:
        with _long(screen, spec) as pages:
            views.show_comparison(pages, spec, comparison, compared.selection, shares, _applied(compared.run))
            if compared.judged:
                _show_judged(pages, spec.id, compared.judged)
    return 0


def _long(screen: "Screen", spec: "RunSpec") -> "AbstractContextManager[Screen]":
    """Pages a comparison of answers, which shows them whole."""
    from contextlib import nullcontext

    from aideator_cli.cli.pager import paged

    return paged(screen) if spec.answer else nullcontext(screen)


def _applied(run: "StoredRun") -> list[str]:
    if run.spec.answer:
        return []
    from aideator_cli.actions.applied import told_applied

    return told_applied(run)


def _say_running(run: str, comparison: "Comparison") -> None:
    from aideator_cli.cli import terminal
    from aideator_cli.text.figures import joined

    if comparison.running:
        verb = "is" if len(comparison.running) == 1 else "are"
        terminal.say(
            f"{run}: {joined(comparison.running)} {verb} still at work; the comparison shows the current state"
        )


def _show_judged(screen: "Screen", run: str, judged: "Round") -> None:
    from aideator_cli.views.text.judged import show_round

    screen.line()
    show_round(screen, run, judged)
