"""`ask`: one question, N answers. It is `run --answer`, with those of its options that mean something for an answer."""

from inspect import Parameter, signature
from typing import Annotated, Any, get_type_hints

import typer

from aideator_cli.cli.commands.run import run

WITHOUT = (
    "answer",
    "team",
    "apply",
    "branch",
    "push",
    "folder",
    "no_baseline",
    "no_signals",
    "max_file",
    "allow_change",
    "escalate",
)
Question = Annotated[
    str | None,
    typer.Argument(
        metavar="QUESTION",
        help="The question. - reads it from standard input, @FILE from a file. With --diff or --issue it may be left out.",
        show_default=False,
    ),
]


def ask(**given: Any) -> int:
    """Ask N agents about a repository, and show their answers. The result of each agent is Markdown, and no patch."""
    from aideator_cli.errors import usage

    if given["prompt"] is given["diff"] is given["matrix"] is given["issue"] is None:
        raise usage(
            "no question is given",
            hint='aideator ask REPO "What you want to know", --diff A..B for a review, or --issue URL for an issue',
        )
    return run(**given, answer=True)


def _parameters() -> list[Parameter]:
    hints = {**get_type_hints(run, include_extras=True), "prompt": Question}
    known = signature(run).parameters.values()
    return [each.replace(annotation=hints[each.name]) for each in known if each.name not in WITHOUT]


ask.__signature__ = signature(run).replace(parameters=_parameters())  # type: ignore[attr-defined]
ask.__annotations__ = {each.name: each.annotation for each in _parameters()} | {"return": int}
