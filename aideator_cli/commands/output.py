"""`logs` and `diff`: what the agents wrote, and what they made."""

from typing import Annotated, Any

import typer

from aideator_cli.commands import options


def logs(
    run: options.RunOrVariation,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on until the agents have ended.")] = False,
    type: Annotated[  # noqa: A002
        list[str] | None,
        typer.Option(
            "--type", metavar="TYPE,…", help="Events of these types only: say, call, output, end, …", show_default=False
        ),
    ] = None,
    since: options.Since = None,
    json: options.Json = False,
) -> int:
    """Show what the agents wrote; --json gives their very bytes."""
    from aideator_cli import sieve
    from aideator_cli.reading import show_logs

    return show_logs(run, sieve.types(type), sieve.since(since), follow=follow, json=json)


def diff(run: options.RunOrVariation, json: options.Json = False) -> int:
    """Print a variation's patch, as git apply takes it."""
    from aideator_cli import terminal
    from aideator_cli.errors import not_found
    from aideator_cli.finding import find_variation
    from aideator_cli.recording import last_result
    from aideator_cli.refreshing import refresh
    from aideator_cli.settings import Settings
    from aideator_cli.store import Store

    settings = Settings()
    store = Store.open(settings.home)
    named = refresh(find_variation(run, store, settings), store, settings)
    spec = named.run.spec
    result = last_result(store, spec, named.numbers[0])
    if result.patch is None:
        raise not_found(
            f"{spec.id}/{result.variation} has no patch: {result.outcome}",
            hint=f"aideator logs {spec.id}/{result.variation}",
        )
    if json:
        from aideator_cli.views.json_lines import write

        write({"kind": "patch", "run": spec.id, **result.as_json(), **_patch_as_json(result.patch)})
        return 0
    if not result.patch:
        terminal.say(f"{spec.id}/{result.variation} changed nothing")
    from aideator_cli.views.patch import show_patch

    show_patch(result.patch)
    return 0


def _patch_as_json(patch: bytes) -> dict[str, Any]:
    from base64 import b64encode

    try:
        return {"encoding": "utf-8", "patch": patch.decode()}
    except UnicodeDecodeError:
        return {"encoding": "base64", "patch": b64encode(patch).decode()}
