"""What `run` can be told."""

from pathlib import Path
from typing import Annotated

import typer

Repo = Annotated[
    str,
    typer.Argument(
        metavar="REPO", help="A git URL, or the path of a local repository (--backend local).", show_default=False
    ),
]
Prompt = Annotated[
    str | None,
    typer.Argument(metavar="PROMPT", help="What to do; - reads standard input, @FILE a file.", show_default=False),
]
Count = Annotated[
    int | None,
    typer.Option(
        "-n",
        metavar="N",
        help="Variations, 1 to 20. Default: 3; of several models one each, or as --model counts.",
        show_default=False,
    ),
]
Model = Annotated[
    list[str] | None,
    typer.Option(
        "--model",
        metavar="NAME[:K],…",
        help="Models as LiteLLM names them, each with a count; may be repeated. scripted/FILE plays a script.",
        show_default=False,
    ),
]
Matrix = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="YAML with prompts, models, temperatures and n: an agent for each combination.",
        show_default=False,
    ),
]
Yes = Annotated[bool, typer.Option("--yes", help="Start more than 20 agents of a matrix without a question.")]
Temperature = Annotated[float | None, typer.Option(help="0 to 2. Default: the model's.", show_default=False)]
ApiBase = Annotated[
    str | None,
    typer.Option(metavar="URL", help="An OpenAI-compatible endpoint: a gateway, vLLM, Ollama.", show_default=False),
]
Ref = Annotated[str | None, typer.Option(help="Branch, tag or commit. Default: the remote's HEAD.", show_default=False)]
Backend = Annotated[
    str | None,
    typer.Option(
        metavar="auto|kubernetes|local",
        help="auto: kubernetes when there is a current context, else local.",
        show_default=False,
    ),
]
Image = Annotated[
    str | None, typer.Option(help="Image in which the commands run. Default: the agent's own.", show_default=False)
]
AgentImage = Annotated[
    str | None, typer.Option(help="The agent's image. Default: aideator-agent of this version.", show_default=False)
]
Secret = Annotated[
    str | None, typer.Option(help="Secret with the providers' keys. Default: aideator-keys.", show_default=False)
]
Timeout = Annotated[
    str, typer.Option(metavar="TIME", help="For one agent; then it leaves what it has. Such as 90s, 30m, 2h.")
]
StartTimeout = Annotated[str, typer.Option(metavar="TIME", help="For an agent to start.")]
MaxSteps = Annotated[int, typer.Option(help="Turns of the model.")]
MaxCost = Annotated[
    float | None, typer.Option(metavar="USD", help="For one agent's calls of the model.", show_default=False)
]
Budget = Annotated[
    float | None, typer.Option(metavar="USD", help="For all agents together, split evenly.", show_default=False)
]
AllowLocalShell = Annotated[
    bool, typer.Option("--allow-local-shell", help="On this machine: let a real model's commands run as you.")
]
First = Annotated[
    int | None,
    typer.Option(metavar="K", help="Stop the others when K have succeeded; they keep their work.", show_default=False),
]
Retries = Annotated[
    int | None,
    typer.Option(
        metavar="R", help="Try again what infrastructure fails, R times each. Default: 1.", show_default=False
    ),
]
Verify = Annotated[
    list[str] | None,
    typer.Option(
        "--verify",
        metavar="[NAME=]CMD",
        help="Check each patch with this command, on a tree of its own; may be repeated.",
        show_default=False,
    ),
]
Setup = Annotated[
    list[str] | None,
    typer.Option(
        "--setup", metavar="CMD", help="Run before the checks on each tree; may be repeated.", show_default=False
    ),
]
NoBaseline = Annotated[bool, typer.Option("--no-baseline", help="Don't run the checks on the unchanged base, too.")]
VerifyRepeat = Annotated[int, typer.Option(metavar="K", help="Run each check K times, 1 to 10; all must pass.")]
VerifyTimeout = Annotated[str, typer.Option(metavar="TIME", help="For one command of a check; then it has failed.")]
VerifyReport = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="JUnit XML that the checks write: no fewer tests may run than on the base.",
        show_default=False,
    ),
]
Select = Annotated[
    str | None,
    typer.Option(
        metavar="auto", help="When all have ended, select the best by the rule of `compare`.", show_default=False
    ),
]
Apply = Annotated[bool, typer.Option("--apply", help="And apply it to the working tree.")]
Branch = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="With --apply: as a commit on a new branch; files stay.", show_default=False),
]
OnInterrupt = Annotated[
    str,
    typer.Option(metavar="leave|cancel", help="Ctrl-C (or SIGTERM) leaves the agents at work, or asks them to stop."),
]
Detach = Annotated[bool, typer.Option("--detach", help="Return with the run's id once the agents are accepted.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print the manifests as YAML and start nothing.")]
