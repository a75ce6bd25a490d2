"""`continue`: agents go on from a patch."""

from typing import Annotated

import typer

from aideator_cli.cli.commands import agent_options, briefing_options, options, queue_options, run_options

Work = Annotated[
    str,
    typer.Argument(
        metavar="RUN[/N]",
        help="The variation to go on from, such as k3v9x2q/2. RUN alone: the selected one, or the only one with a patch.",
        show_default=False,
    ),
]
Number = Annotated[
    int | None,
    typer.Option("-n", metavar="N", help="Number of variations, 1 to 20. Default: as in that run.", show_default=False),
]
Timeout = Annotated[
    str | None,
    typer.Option(
        metavar="TIME",
        help="Time limit for each agent, such as 90s, 30m or 2h.",
        show_default=False,
        rich_help_panel=run_options.LIMITS,
    ),
]
MaxSteps = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="Maximum number of model turns per agent.",
        show_default=False,
        rich_help_panel=run_options.LIMITS,
    ),
]


def continue_run(
    run: Work,
    prompt: run_options.Prompt = None,
    n: Number = None,
    agent: agent_options.Agent = None,
    model: run_options.Model = None,
    role: briefing_options.Role = None,
    temperature: run_options.Temperature = None,
    api_base: run_options.ApiBase = None,
    timeout: Timeout = None,
    max_steps: MaxSteps = None,
    max_cost: run_options.MaxCost = None,
    budget: run_options.Budget = None,
    first: run_options.First = None,
    retries: run_options.Retries = None,
    max_parallel: queue_options.MaxParallel = None,
    verify: run_options.Verify = None,
    setup: run_options.Setup = None,
    select: run_options.Select = None,
    apply: run_options.Apply = False,
    branch: run_options.Branch = None,
    folder: options.Folder = None,
    allow_local_shell: run_options.AllowLocalShell = False,
    on_interrupt: run_options.OnInterrupt = "leave",
    notify: options.Notify = None,
    detach: run_options.Detach = False,
    view: options.View = None,
    plain: options.Plain = False,
    no_mouse: options.NoMouse = False,
    server: options.Server = None,
    json: options.Json = False,
) -> int:
    """Start a new run from a variation's patch.

    What you don't name is as in the run of that variation. The new patches hold the earlier one, too: `apply` applies all of it at once.
    """
    from aideator_cli.actions import at_server
    from aideator_cli.actions.continuing import plan
    from aideator_cli.actions.places import server_of
    from aideator_cli.actions.taking import check_place, taking
    from aideator_cli.cli import invocation
    from aideator_cli.cli.beginning import begin, go_on_at_server
    from aideator_cli.cli.manner import Manner, cancels
    from aideator_cli.cli.naming import the_named
    from aideator_cli.cli.prompt import read_prompt
    from aideator_cli.cli.ringing import ring
    from aideator_cli.cli.viewing import check_view, look
    from aideator_cli.intake.request import Anew
    from aideator_cli.text.durations import seconds

    asked = Anew(
        read_prompt(prompt) or "", n=n, models=model or (), agents=agent or (), roles=role or (), temperature=temperature,
        api_base=api_base, verify=verify or (), setup=setup or (), timeout=None if timeout is None else seconds("--timeout", timeout),
        max_steps=max_steps, max_cost=max_cost, budget=budget, parallel=max_parallel, first=first, retries=retries,
        allow_local_shell=allow_local_shell,
    )  # fmt: skip
    stops = cancels(on_interrupt)
    taken = taking(select, apply=apply, branch=branch, folder=folder, detach=detach)
    check_view(view, json=json)
    here = invocation.here(server)
    manner = Manner(
        json=json, view=view, look=look(no_mouse=no_mouse, plain=plain), cancels=stops, ring=ring(here, notify), goes_on=taken is not None
    )  # fmt: skip
    named = the_named(here, run)
    if at := server_of(named.run, here.settings):
        return go_on_at_server(
            here, at, lambda: at_server.continue_run(here, named, asked, at), manner, taken, detach=detach
        )
    planned = plan(here, named, asked)
    if taken is not None:
        check_place(taken, planned.order)
    return begin(here, planned, manner, taken, detach=detach)
