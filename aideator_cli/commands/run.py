"""`run`: one prompt, N agents."""

from pathlib import Path
from typing import Annotated

import typer

from aideator_cli.commands import options


def run(
    repo: Annotated[
        str,
        typer.Argument(
            metavar="REPO", help="A git URL, or the path of a local repository (--backend local).", show_default=False
        ),
    ],
    prompt: Annotated[
        str | None,
        typer.Argument(metavar="PROMPT", help="What to do; - reads standard input, @FILE a file.", show_default=False),
    ] = None,
    n: Annotated[
        int | None,
        typer.Option(
            "-n",
            metavar="N",
            help="Variations, 1 to 20. Default: 3; of several models one each, or as --model counts.",
            show_default=False,
        ),
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(
            "--model",
            metavar="NAME[:K],…",
            help="Models as LiteLLM names them, each with a count; may be repeated. scripted/FILE plays a script.",
            show_default=False,
        ),
    ] = None,
    matrix: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="YAML with prompts, models, temperatures and n: an agent for each combination.",
            show_default=False,
        ),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Start more than 20 agents of a matrix without a question.")
    ] = False,
    temperature: Annotated[float | None, typer.Option(help="0 to 2. Default: the model's.", show_default=False)] = None,
    api_base: Annotated[
        str | None,
        typer.Option(metavar="URL", help="An OpenAI-compatible endpoint: a gateway, vLLM, Ollama.", show_default=False),
    ] = None,
    ref: Annotated[
        str | None, typer.Option(help="Branch, tag or commit. Default: the remote's HEAD.", show_default=False)
    ] = None,
    backend: Annotated[
        str | None,
        typer.Option(
            metavar="auto|kubernetes|local",
            help="auto: kubernetes when there is a current context, else local.",
            show_default=False,
        ),
    ] = None,
    context: options.Context = None,
    namespace: options.Namespace = None,
    image: Annotated[
        str | None, typer.Option(help="Image in which the commands run. Default: the agent's own.", show_default=False)
    ] = None,
    agent_image: Annotated[
        str | None, typer.Option(help="The agent's image. Default: aideator-agent of this version.", show_default=False)
    ] = None,
    secret: Annotated[
        str | None, typer.Option(help="Secret with the providers' keys. Default: aideator-keys.", show_default=False)
    ] = None,
    timeout: Annotated[
        str, typer.Option(metavar="TIME", help="For one agent; then it leaves what it has. Such as 90s, 30m, 2h.")
    ] = "30m",
    start_timeout: Annotated[str, typer.Option(metavar="TIME", help="For an agent to start.")] = "10m",
    max_steps: Annotated[int, typer.Option(help="Turns of the model.")] = 100,
    max_cost: Annotated[
        float | None, typer.Option(metavar="USD", help="For one agent's calls of the model.", show_default=False)
    ] = None,
    budget: Annotated[
        float | None, typer.Option(metavar="USD", help="For all agents together, split evenly.", show_default=False)
    ] = None,
    allow_local_shell: Annotated[
        bool, typer.Option("--allow-local-shell", help="On this machine: let a real model's commands run as you.")
    ] = False,
    first: Annotated[
        int | None,
        typer.Option(
            metavar="K", help="Stop the others when K have succeeded; they keep their work.", show_default=False
        ),
    ] = None,
    retries: Annotated[
        int | None,
        typer.Option(
            metavar="R", help="Try again what infrastructure fails, R times each. Default: 1.", show_default=False
        ),
    ] = None,
    verify: Annotated[
        list[str] | None,
        typer.Option(
            "--verify",
            metavar="[NAME=]CMD",
            help="Check each patch with this command, on a tree of its own; may be repeated.",
            show_default=False,
        ),
    ] = None,
    setup: Annotated[
        list[str] | None,
        typer.Option(
            "--setup", metavar="CMD", help="Run before the checks on each tree; may be repeated.", show_default=False
        ),
    ] = None,
    no_baseline: Annotated[
        bool, typer.Option("--no-baseline", help="Don't run the checks on the unchanged base, too.")
    ] = False,
    verify_repeat: Annotated[
        int, typer.Option(metavar="K", help="Run each check K times, 1 to 10; all must pass.")
    ] = 1,
    verify_timeout: Annotated[
        str, typer.Option(metavar="TIME", help="For one command of a check; then it has failed.")
    ] = "10m",
    verify_report: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="JUnit XML that the checks write: no fewer tests may run than on the base.",
            show_default=False,
        ),
    ] = None,
    select: Annotated[
        str | None,
        typer.Option(
            metavar="auto", help="When all have ended, select the best by the rule of `compare`.", show_default=False
        ),
    ] = None,
    apply: Annotated[bool, typer.Option("--apply", help="And apply it to the working tree.")] = False,
    branch: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="With --apply: as a commit on a new branch; files stay.", show_default=False),
    ] = None,
    folder: options.Folder = None,
    on_interrupt: Annotated[
        str,
        typer.Option(
            metavar="leave|cancel", help="Ctrl-C (or SIGTERM) leaves the agents at work, or asks them to stop."
        ),
    ] = "leave",
    detach: Annotated[
        bool, typer.Option("--detach", help="Return with the run's id once the agents are accepted.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the manifests as YAML and start nothing.")] = False,
    view: options.View = None,
    json: options.Json = False,
) -> int:
    """Give one prompt to N agents and show their work live."""
    from aideator_cli.backends import Wish
    from aideator_cli.choice.taking import taking
    from aideator_cli.durations import seconds
    from aideator_cli.errors import usage
    from aideator_cli.intake.order import Request
    from aideator_cli.running import Manner, dry, start

    request = Request(
        repo, prompt, n=n, models=model or (), temperature=temperature, api_base=api_base, ref=ref, image=image, agent_image=agent_image,
        secret=secret, timeout=seconds("--timeout", timeout), start_timeout=seconds("--start-timeout", start_timeout), max_steps=max_steps,
        max_cost=max_cost, budget=budget, first=first, retries=retries, verify=verify or (), setup=setup or (), baseline=not no_baseline,
        verify_repeat=verify_repeat, verify_report=verify_report, matrix=matrix, yes=yes,
        verify_timeout=seconds("--verify-timeout", verify_timeout), allow_local_shell=allow_local_shell,
    )  # fmt: skip
    wish = Wish(backend, context, namespace)
    if on_interrupt not in ("leave", "cancel"):
        raise usage(f"--on-interrupt takes leave or cancel, not {on_interrupt}")
    taken = taking(select, apply=apply, branch=branch, folder=folder, detach=detach)
    manner = Manner(detach=detach, json=json, view=view, cancels=on_interrupt == "cancel", taking=taken)
    return dry(request, wish) if dry_run else start(request, wish, manner)
