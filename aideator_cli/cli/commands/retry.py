"""`retry`: another attempt."""

from typing import Annotated

import typer

from aideator_cli.cli.commands import options


def retry(
    run: options.RunOrVariation,
    force: Annotated[
        bool, typer.Option("--force", help="Retry whatever the result is, not only infrastructure failures.")
    ] = False,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Start over instead of going on from the last checkpoint.")
    ] = False,
    detach: Annotated[bool, typer.Option("--detach", help="Return as soon as the agents are submitted.")] = False,
    context: options.Context = None,
    namespace: options.Namespace = None,
    notify: options.Notify = None,
    server: options.Server = None,
    json: options.Json = False,
) -> int:
    """Retry what infrastructure failed, from its last checkpoint. Earlier attempts are kept."""
    from aideator_cli.actions import retrying
    from aideator_cli.cli import invocation, showing, terminal
    from aideator_cli.cli.manner import Manner
    from aideator_cli.cli.ringing import ring
    from aideator_cli.cli.started import leave_detached
    from aideator_cli.intake.request import Where

    here = invocation.here(server)
    manner = Manner(json=json, ring=ring(here, notify))
    retried = retrying.retry(here, run, Where(None, context, namespace), force=force, fresh=fresh)
    names = ", ".join(f"{retried.run}/{number}" for number in retried.numbers)
    terminal.say(f"retrying {names} in {retried.backend.where}")
    if detach:
        leave_detached(retried.run, retried.numbers, json=json)
        return 0
    return showing.show(here, retried.spec, retried.backend, manner, retried.past)
