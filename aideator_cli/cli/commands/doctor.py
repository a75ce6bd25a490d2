"""`doctor`: can agents run here?"""

from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from aideator_cli.cli.commands import options, run_options

if TYPE_CHECKING:
    from aideator_cli.actions.here import Here
    from aideator_cli.domain.findings import Finding

Resolve = Annotated[
    list[str] | None,
    typer.Option(
        "--resolve",
        metavar="HOST",
        help="Host name that the pod must resolve, such as that of your git server. Repeatable.",
        show_default=False,
    ),
]
Agent = Annotated[
    str | None,
    typer.Option(
        "--agent",
        metavar="NAME|FILE",
        help="Also look for this coding agent in the image of --image, or on this machine: its version, and whether it answers over ACP.",
        show_default=False,
    ),
]
NoPod = Annotated[bool, typer.Option("--no-pod", help="Only look, and don't start a pod.")]
Yes = Annotated[bool, typer.Option("-y", "--yes", help="Ask the model for one token without asking you first.")]


def doctor(
    backend: run_options.Backend = None,
    context: options.Context = None,
    namespace: options.Namespace = None,
    image: run_options.Image = None,
    agent_image: run_options.AgentImage = None,
    secret: run_options.Secret = None,
    agent: Agent = None,
    model: run_options.OneModel = None,
    api_base: run_options.ApiBase = None,
    resolve: Resolve = None,
    start_timeout: run_options.StartTimeout = "1m",
    no_pod: NoPod = False,
    yes: Yes = False,
    json: options.Json = False,
) -> int:
    """Check whether agents can run here, and say what to mend."""
    from aideator_cli.actions.doctor.examining import Examining, examine
    from aideator_cli.actions.doctor.machine import NO_LIBRARY
    from aideator_cli.actions.doctor.trying import Doing
    from aideator_cli.cli import invocation, terminal
    from aideator_cli.domain.findings import BROKEN
    from aideator_cli.errors import ExitCode
    from aideator_cli.intake.request import Pod, Where
    from aideator_cli.text.durations import seconds

    here = invocation.here()
    asked = Examining(
        terminal.facts(), Where(backend, context, namespace), Pod(image, agent_image, secret), model,
        agent, api_base, asks=_may_ask(here, model, api_base, yes=yes, no_pod=no_pod), tries=not no_pod, names=resolve or (),
        start_seconds=seconds("--start-timeout", start_timeout),
    )  # fmt: skip
    count, scripted_only = 0, False
    with closing(examine(here, asked)) as found:  # whatever happens here, the pod is deleted
        for told in found:
            if isinstance(told, Doing):
                terminal.say(f"… {told.text}")
                continue
            _show(told, json=json)
            count += told.state == BROKEN
            scripted_only = scripted_only or told.text == NO_LIBRARY
    _conclude(count, scripted_only=scripted_only, json=json)
    return ExitCode.UNAVAILABLE if count else ExitCode.OK


def _may_ask(here: "Here", name: str | None, api_base: str | None, *, yes: bool, no_pod: bool) -> bool:
    from aideator_cli.actions.doctor.examining import model_named
    from aideator_cli.cli import terminal

    found = model_named(here, name, api_base)
    if found is None or (no_pod and not yes):
        return False
    return yes or (terminal.is_asked() and terminal.agrees(f"Ask {found} for one token, to see whether it answers?"))


def _show(finding: "Finding", *, json: bool) -> None:
    from aideator_cli.cli import terminal
    from aideator_cli.cli.invocation import program

    if json:
        terminal.write_json(finding.as_json(program()))
    else:
        from aideator_cli.views.text.findings import show_finding

        show_finding(terminal.screen(), finding, program())


def _conclude(broken: int, *, scripted_only: bool, json: bool) -> None:
    from aideator_cli.cli import terminal
    from aideator_cli.text.figures import plural

    if json:
        terminal.write_json({"kind": "doctor", "usable": not broken, "broken": broken})
    elif broken:
        terminal.say(f"agents can't run yet: mend the {plural(broken, 'line')} with ✗")
    else:
        terminal.say(f"agents can run here{', but only scripted ones' if scripted_only else ''}")
