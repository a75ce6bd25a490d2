"""`logs` and `diff`: what the agents wrote, and what they made."""

import sys
from typing import Any

from aideator_cli.commands import options


def logs(run: options.RunOrVariation, json: options.Json = False) -> int:
    """Show what the agents wrote; --json gives their very bytes."""
    from aideator_cli.backends import backend_at
    from aideator_cli.finding import find
    from aideator_cli.following import catch_up, stored
    from aideator_cli.settings import Settings
    from aideator_cli.store import Store

    settings = Settings()
    store = Store.open(settings.home)
    named = find(run, store, settings)
    spec = named.run.spec
    if named.run.state != "ended":
        catch_up(spec, backend_at(named.run.place, settings), store, named.numbers)
    if not json:
        from aideator_cli.views.lines import show_lines

        show_lines(spec, stored(store, spec, named.numbers))
        return 0
    for attempt in store.attempts(spec.id):
        if attempt.attempt.variation in named.numbers:
            for event in store.events(attempt.attempt):
                sys.stdout.buffer.write(event.raw + b"\n")
    sys.stdout.flush()
    return 0


def diff(run: options.RunOrVariation, json: options.Json = False) -> int:
    """Print a variation's patch, as git apply takes it."""
    from aideator_cli.errors import not_found
    from aideator_cli.finding import find_variation
    from aideator_cli.recording import last_result
    from aideator_cli.settings import Settings
    from aideator_cli.store import Store

    settings = Settings()
    store = Store.open(settings.home)
    named = find_variation(run, store, settings)
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
    from aideator_cli.views.patch import show_patch

    show_patch(result.patch)
    return 0


def _patch_as_json(patch: bytes) -> dict[str, Any]:
    from base64 import b64encode

    try:
        return {"encoding": "utf-8", "patch": patch.decode()}
    except UnicodeDecodeError:
        return {"encoding": "base64", "patch": b64encode(patch).decode()}
