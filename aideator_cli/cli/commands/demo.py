"""`demo`: the main job with no key and, unless asked for, no cluster."""

from typing import TYPE_CHECKING, Annotated

import typer

from aideator_cli.cli.commands import options, run_options

if TYPE_CHECKING:
    from aideator_cli.actions.here import Here
    from aideator_cli.intake.request import Where


def demo(
    backend: run_options.DemoBackend = None,
    context: options.Context = None,
    namespace: options.Namespace = None,
    agent_image: run_options.AgentImage = None,
    team: Annotated[
        bool, typer.Option("--team", help="Watch a team: it plans, builds two tasks side by side, tests and reviews.")
    ] = False,
) -> int:
    """Watch three scripted agents work, with no key and no cluster.

    With --backend kubernetes, or one of the options of a cluster, they work in pods.
    """
    from aideator_cli.actions.demo import plan_demo
    from aideator_cli.actions.demo_material import CHECK, DEMO_PROMPT
    from aideator_cli.actions.starting import start
    from aideator_cli.cli import invocation, terminal
    from aideator_cli.cli.invocation import command
    from aideator_cli.cli.showing import show
    from aideator_cli.intake.request import Where

    here = invocation.here()
    usual = "kubernetes" if context or namespace or agent_image else "local"
    where = Where(backend or usual, context, namespace)
    if team:
        return _team(here, where, agent_image)
    planned = plan_demo(here, where, agent_image)
    terminal.say(
        f"Starting three scripted agents on {planned.backend.where}. They need no model; everything else works as in any run."
    )
    terminal.tell("repository: ", planned.spec.repository.url)
    terminal.tell("prompt:     ", DEMO_PROMPT)
    terminal.tell("check:      ", CHECK)
    start(here, planned)
    code = show(here, planned.spec, planned.backend)
    terminal.say(f"To start a real run: {command('run')} REPO PROMPT -n 3 --model NAME")
    return code


def _team(here: "Here", where: "Where", agent_image: str | None) -> int:
    """Shows the team until it is over, and applies its result to the demo's repository."""
    from aideator_cli.actions.applying import apply, pick
    from aideator_cli.actions.demo import plan_team_demo
    from aideator_cli.actions.demo_material import TEAM_PROMPT
    from aideator_cli.actions.finding import find
    from aideator_cli.cli import teamed, terminal
    from aideator_cli.cli.invocation import command
    from aideator_cli.cli.manner import PLAIN
    from aideator_cli.cli.taken import tell_applied
    from aideator_cli.workspace.pick import Way

    planned = plan_team_demo(here, where, agent_image)
    terminal.say("Starting a team of scripted roles. They need no model; everything else works as in any team.")
    terminal.tell("repository: ", planned.first.spec.repository.url)
    terminal.tell("prompt:     ", TEAM_PROMPT)
    run = teamed.begin(here, planned)
    code = teamed.show(here, run, PLAIN, hints=False)
    if code == 0:
        code = tell_applied(
            apply(here, pick(here, find(here, run.id)), Way(), planned.first.order.located.path), json=False
        )
    terminal.say(f"To start a real team: {command('run')} . PROMPT --team feature --model NAME --verify COMMAND")
    return code
