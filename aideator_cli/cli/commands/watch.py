"""`watch`, `wait` and `cancel`: runs that are under way."""

from typing import Annotated

import typer

from aideator_cli.cli.commands import options


def watch(
    run: options.Run = "@last",
    since: options.Since = None,
    tail: Annotated[
        int | None,
        typer.Option(
            "--tail",
            metavar="N",
            min=0,
            help="Of earlier events, show only the last N of each variation.",
            show_default=False,
        ),
    ] = None,
    context: options.Context = None,
    namespace: options.Namespace = None,
    notify: options.Notify = None,
    view: options.View = None,
    plain: options.Plain = False,
    no_mouse: options.NoMouse = False,
    server: options.Server = None,
    json: options.Json = False,
) -> int:
    """Show a run live, from its first event until it ends."""
    from aideator_cli.actions import attending
    from aideator_cli.cli import invocation, showing, teamed
    from aideator_cli.cli.manner import Manner
    from aideator_cli.cli.ringing import ring
    from aideator_cli.cli.started import announce
    from aideator_cli.cli.viewing import check_view, look
    from aideator_cli.intake.request import Where
    from aideator_cli.stream import sieve

    check_view(view, json=json)
    here = invocation.here(server)
    manner = Manner(json=json, view=view, look=look(no_mouse=no_mouse, plain=plain), ring=ring(here, notify))
    window = attending.Window(sieve.since(since), tail)
    code = teamed.watch(here, run, Where(None, context, namespace), manner, window)
    if code is not None:
        return code
    watched = attending.watch(here, run, Where(None, context, namespace), window)
    spec = watched.spec
    if watched.backend is None:
        showing.view(here, spec, None, manner)(spec, watched.past.batches)
        return showing.conclude(attending.standing(here, spec), manner)
    announce(spec, watched.backend)
    return showing.show(here, spec, watched.backend, manner, watched.past)


def wait(
    runs: Annotated[
        list[str] | None,
        typer.Argument(metavar="[RUN]...", help="The runs or teams to wait for. Default: @last.", show_default=False),
    ] = None,
    until: Annotated[
        str,
        typer.Option(
            "--for",
            metavar="all|any|first-success",
            help="Wait until all runs have ended, one has, or one variation has succeeded.",
        ),
    ] = "all",
    timeout: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="Stop waiting after this time, such as 90s, 30m or 2h, and exit with 124. Default: no limit.",
            show_default=False,
        ),
    ] = None,
    context: options.Context = None,
    namespace: options.Namespace = None,
    notify: options.Notify = None,
    server: options.Server = None,
    json: options.Json = False,
) -> int:
    """Wait for runs and teams to end, and exit with their exit code."""
    from aideator_cli.actions import waiting
    from aideator_cli.cli import invocation
    from aideator_cli.cli.ringing import ring
    from aideator_cli.cli.waited import tell_waited
    from aideator_cli.intake.request import Where
    from aideator_cli.text.durations import seconds

    limit = None if timeout is None else seconds("--timeout", timeout)
    here = invocation.here(server)
    ringing = ring(here, notify)
    waited = waiting.wait(here, runs or ["@last"], until, limit, Where(None, context, namespace))
    if ringing is not None:
        of_runs = [each for each in waited.standing.values() if isinstance(each, list)]
        ringing.ring(", ".join(waited.standing), [result for each in of_runs for result in each])
    tell_waited(here, waited, json=json)
    return waited.code


def cancel(
    run: options.RunOrVariation,
    context: options.Context = None,
    namespace: options.Namespace = None,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Return as soon as the agents are asked to stop.")] = False,
    server: options.Server = None,
    json: options.Json = False,
) -> int:
    """Stop agents, and keep their work so far."""
    from aideator_cli.actions import cancelling
    from aideator_cli.actions.teams import knowing
    from aideator_cli.cli import invocation, teamed
    from aideator_cli.cli.cancelled import tell_cancelled
    from aideator_cli.intake.request import Where

    here, where = invocation.here(server), Where(None, context, namespace)
    team = knowing.meant(here, run, where)
    if team is not None:
        return teamed.cancel(here, team, json=json)
    told = cancelling.cancel(here, run, where, wait=not no_wait)
    if json:
        from aideator_cli.cli import terminal
        from aideator_cli.views.json_lines import show_results

        terminal.write_json({"kind": "cancelled", "run": told.run, "variations": list(told.asked)})
        show_results(terminal.screen(), told.results, told.run)
    tell_cancelled(told)
    return 0
