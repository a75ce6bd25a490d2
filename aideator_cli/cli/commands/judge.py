"""`judge`: a model's opinion on those that passed."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from aideator_cli.cli.commands import options

if TYPE_CHECKING:
    from aideator_agent.spec import RunSpec
    from aideator_cli.actions.judged import Announced, Told, Unneeded
    from aideator_cli.domain.judgements import Round


def judge(
    run: options.Run,
    model: Annotated[
        str | None,
        typer.Option(
            "--model", metavar="NAME", help="The model that judges. Default: the configured model.", show_default=False
        ),
    ] = None,
    api_base: Annotated[
        str | None,
        typer.Option("--api-base", metavar="URL", help="OpenAI-compatible endpoint of that model.", show_default=False),
    ] = None,
    max_pairs: Annotated[
        int, typer.Option("--max-pairs", metavar="K", min=1, help="Compare at most K pairs, each of them twice.")
    ] = 15,
    own_keys: Annotated[
        bool,
        typer.Option("--own-keys", help="Ask from this machine, with your own keys, also about a run on a server."),
    ] = False,
    json: options.Json = False,
) -> int:
    """Let a model compare patches or answers.

    They are those that passed their checks. It does not see whose they are, and sees each pair in both orders.
    """
    from aideator_cli.actions.judged import Judge, Unneeded
    from aideator_cli.actions.judging import judge as ask
    from aideator_cli.cli import invocation, terminal
    from aideator_cli.cli.naming import the_run

    here = invocation.here()
    found = the_run(here, run)
    code = 0
    try:
        for told in ask(here, found, Judge(model, api_base, max_pairs, own_keys)):
            _tell(found.spec, told, json=json)
            if isinstance(told, Unneeded):
                code = told.code
    except KeyboardInterrupt:
        if found.place.backend == "server" and not own_keys:
            again = invocation.command("judge", run)
            terminal.warn(f"the judge goes on at {found.place.where}; {again} with the same options waits for it")
        raise
    return code


def _tell(spec: "RunSpec", told: "Told", *, json: bool) -> None:
    from aideator_cli.actions.asking import AskedAgain
    from aideator_cli.actions.judged import Announced, Kept, TooBig, Unneeded
    from aideator_cli.cli import terminal
    from aideator_cli.domain.judgements import Judgement, Round
    from aideator_cli.views.text.judged import show_judgement

    match told:
        case Unneeded():
            terminal.say(f"nothing to judge: {_why_not(spec, told)}")
        case Announced():
            terminal.say(_announcement(spec, told))
        case TooBig():
            terminal.warn(f"{_names(spec, [told.first, told.second])} {told.why}")
        case AskedAgain() | Kept():
            terminal.say(told.text)
        case Judgement() if json:
            show_judgement(terminal.screen(), spec.id, told)
        case Round():
            _conclude(spec, told, json=json)


def _announcement(spec: "RunSpec", told: "Announced") -> str:
    from aideator_cli.text.figures import cost, plural

    price = {None: ", at an unknown price", 0.0: ""}.get(told.cost, f", about {cost(told.cost)}")
    count = plural(told.pairs, "pair") + (f" of {told.possible}" if told.pairs < told.possible else "")
    return f"judging {told.works} {'answers' if spec.answer else 'patches'} with {told.model}: {count}, each in both orders{price}"


def _why_not(spec: "RunSpec", told: "Unneeded") -> str:
    if len(told.passed) > 1:
        return f"the {'answers' if spec.answer else 'patches'} of {_names(spec, sorted(told.passed))} are equivalent"
    how = "passed its checks" if spec.is_checked else "succeeded"
    return f"only {_names(spec, told.passed)} {how}" if told.passed else f"no variation of {spec.id} {how}"


def _conclude(spec: "RunSpec", judged: "Round", *, json: bool) -> None:
    from aideator_cli.cli import terminal
    from aideator_cli.cli.invocation import command
    from aideator_cli.views.text.judged import show_round

    if json:
        terminal.write_json({"kind": "places", "run": spec.id, **judged.as_json()})
        return
    show_round(terminal.screen(), spec.id, judged)
    terminal.say(f"  {command('compare', spec.id)}")


def _names(spec: "RunSpec", numbers: Sequence[int]) -> str:
    return ", ".join(f"{spec.id}/{number}" for number in numbers)
