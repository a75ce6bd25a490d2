"""`judge`: a model's opinion on those that passed."""

from typing import Annotated

import typer

from aideator_cli.commands import options


def judge(
    run: options.Run,
    model: Annotated[
        str | None,
        typer.Option("--model", metavar="NAME", help="The judge. Default: the configured model.", show_default=False),
    ] = None,
    api_base: Annotated[
        str | None,
        typer.Option("--api-base", metavar="URL", help="Its OpenAI-compatible endpoint.", show_default=False),
    ] = None,
    max_pairs: Annotated[
        int, typer.Option("--max-pairs", metavar="K", min=1, help="Ask about so many pairs at the most, each twice.")
    ] = 15,
    json: options.Json = False,
) -> int:
    """Let a model compare what passed its checks. It is asked blind, and in both orders."""
    from aideator_cli.judging.judge import Judge
    from aideator_cli.judging.judge import judge as ask

    return ask(run, Judge(model, api_base, max_pairs), json=json)
