"""`models`: what can be used with the keys at hand."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from aideator_cli.cli.commands import options, run_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aideator_cli.actions.here import Here
    from aideator_cli.actions.models import Checked, Known
    from aideator_cli.intake.models import ModelInfo
    from aideator_cli.intake.request import Where


def list_models(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[MODEL]...", help="Models, or parts of their names.", show_default=False),
    ] = None,
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="Ask each model for one token from this machine, which costs a fraction of a cent."
        ),
    ] = False,
    why: Annotated[
        str | None,
        typer.Option(
            "--why", metavar="RUN[/N]", help="Say why the variations of a run have their models.", show_default=False
        ),
    ] = None,
    timeout: Annotated[str, typer.Option(metavar="TIME", help="With --check: how long a model may take.")] = "30s",
    backend: run_options.Backend = None,
    context: options.Context = None,
    namespace: options.Namespace = None,
    secret: run_options.Secret = None,
    json: options.Json = False,
) -> int:
    """List the models whose keys you have: prices, sizes and hosts."""
    from aideator_cli.actions.keeping import Store
    from aideator_cli.actions.models import chosen, shelf
    from aideator_cli.cli import invocation, terminal
    from aideator_cli.errors import written
    from aideator_cli.intake.request import Where
    from aideator_cli.text.durations import seconds

    here = invocation.here()
    if why is not None:
        return _why(here, why, Where(backend, context, namespace), json=json)
    found = shelf(here, names or (), Store(Where(backend, context, namespace), secret))
    if found.trouble:
        terminal.warn(f"the keys in {found.place} can't be read: {found.trouble}")
    if check:
        infos = [known.info for known in found.models] if names else chosen(here, found.models)
        return _check(here, infos, seconds("--timeout", timeout), json=json)
    _show(found.models, json=json)
    if not found.models:
        mend = written(found.mend, invocation.program())
        terminal.say(f"no provider's key is at hand ({found.place}): {mend}")
    elif not json:
        terminal.say(f"keys: {found.place}. Prices are USD per million tokens.")
    return 0


def _why(here: "Here", word: str, where: "Where", *, json: bool) -> int:
    from aideator_cli.actions.routing import why
    from aideator_cli.cli import terminal
    from aideator_cli.views.json_lines import choice
    from aideator_cli.views.text.routes import show_route

    for chosen in why(here, word, where):
        if json:
            terminal.write_json({"kind": "route", "run": chosen.run, **choice(chosen.variation)})
        else:
            show_route(terminal.screen(), f"{chosen.run}/{chosen.variation.number}", chosen.variation)
    return 0


def _show(found: "Sequence[Known]", *, json: bool) -> None:
    from aideator_cli.cli import terminal
    from aideator_cli.views.text.models import row, show_models

    if json:
        for known in found:
            terminal.write_json({**_record(known.info), "own": known.own, "usable": known.usable})
        return
    if not found:
        return
    rows = []
    for info in (known.info for known in found):
        price = None if info.price is None else (info.price.input, info.price.output, info.price.cached)
        rows.append(
            row(info.name, price, (info.context, info.max_output), info.keys, info.host, calls_tools=info.calls_tools)
        )
    show_models(terminal.screen(), rows, [known.usable for known in found])


def _record(info: "ModelInfo") -> dict[str, Any]:
    price = info.price
    return {
        "kind": "model", "model": info.name, "provider": info.provider, "keys": list(info.keys), "host": info.host,
        "api_base": info.api_base, "input_price_per_million": price and _million(price.input),
        "output_price_per_million": price and _million(price.output),
        "cached_price_per_million": price and price.cached and _million(price.cached), "context": info.context,
        "max_output": info.max_output, "calls_tools": info.calls_tools or None,
    }  # fmt: skip


def _million(price: float) -> float:
    return round(price * 1e6, 6)


def _check(here: "Here", infos: "Sequence[ModelInfo]", seconds: float, *, json: bool) -> int:
    from aideator_cli.actions.models import check
    from aideator_cli.cli import terminal
    from aideator_cli.errors import ExitCode
    from aideator_cli.views.text.models import show_answer

    failed = False
    for answer in check(here, infos, seconds):
        failed = failed or answer.error is not None
        if json:
            terminal.write_json(_answer(answer))
        else:
            show_answer(terminal.screen(), answer.info.name, answer.seconds, answer.cost, answer.error)
            terminal.screen().out.flush()
    return ExitCode.FAILED if failed else 0


def _answer(answer: "Checked") -> dict[str, Any]:
    seconds = None if answer.seconds is None else round(answer.seconds, 3)
    return {**_record(answer.info), "kind": "check", "seconds": seconds, "cost": answer.cost, "error": answer.error}
