"""`diff`: what an agent has made, and what another one made that it did not."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aideator_cli.commands import options

if TYPE_CHECKING:
    from aideator_cli.diffing import Difference, Side
    from aideator_cli.result import Result
    from aideator_cli.settings import Settings
    from aideator_cli.store import Store, StoredRun


def diff(
    run: options.RunOrVariation,
    other: Annotated[
        str | None,
        typer.Argument(metavar="[RUN/N]", help="Another one: what it has that the first lacks.", show_default=False),
    ] = None,
    stat: Annotated[bool, typer.Option("--stat", help="Only how much changes in each file.")] = False,
    name_only: Annotated[bool, typer.Option("--name-only", help="Only the files' names.")] = False,
    tool: Annotated[bool, typer.Option("--tool", help="In git difftool, as you have configured it.")] = False,
    folder: Annotated[
        Path | None,
        typer.Option(
            "-C", metavar="DIR", help="A clone of the repository. Default: the current folder's.", show_default=False
        ),
    ] = None,
    json: options.Json = False,
) -> int:
    """Print a variation's patch, or how two of them differ. Into a pipe it is what git apply takes."""
    from aideator_cli.diffing import clone_with, difference, show_in_tool
    from aideator_cli.errors import usage
    from aideator_cli.settings import Settings
    from aideator_cli.store import Store

    if stat + name_only + tool + json > 1:
        raise usage("--stat, --name-only, --tool and --json exclude each other")
    settings = Settings()
    store = Store.open(settings.home)
    found = [_found(word, store, settings) for word in ([run] if other is None else [run, other])]
    sides = [_side(known, result) for known, result in found]
    origin = found[0][0].repository_path
    if tool:
        target = clone_with([side.base for side in sides], folder, origin)
        show_in_tool(sides[0] if other else None, sides[-1], target)
        return 0
    if other is None:
        return _print(
            sides[0].patch, sides[0].name, stat=stat, names=name_only, record=_record(*found[0]) if json else None
        )
    made = difference(sides[0], sides[1], clone_with([side.base for side in sides], folder, origin))
    _tell_limits(made, sides)
    record = _pair_record(sides, made) if json else None
    return _print(made.patch, f"{sides[1].name} against {sides[0].name}", stat=stat, names=name_only, record=record)


def _found(word: str, store: "Store", settings: "Settings") -> "tuple[StoredRun, Result]":
    from aideator_cli.errors import not_found
    from aideator_cli.finding import find_variation
    from aideator_cli.invocation import command
    from aideator_cli.refreshing import refresh
    from aideator_cli.stream.recording import last_result

    named = refresh(find_variation(word, store, settings), store, settings)
    spec = named.run.spec
    result = last_result(store, spec, named.numbers[0])
    if result.patch is None and result.outcome != "no_changes":
        name = f"{spec.id}/{result.variation}"
        raise not_found(f"{name} has no patch: {result.outcome}", hint=command("logs", name))
    return named.run, result


def _side(run: "StoredRun", result: "Result") -> "Side":
    from aideator_cli.diffing import Side

    base = result.base or run.spec.repository.base
    return Side(f"{run.spec.id}/{result.variation}", result.patch or b"", base)


def _print(patch: bytes, name: str, *, stat: bool, names: bool, record: dict[str, Any] | None) -> int:
    from aideator_cli import terminal
    from aideator_cli.views.patch import show_names, show_patch, show_stat

    if record is not None:
        from aideator_cli.views.json_lines import write

        write(record)
        return 0
    if not patch:
        terminal.say(f"{name} changed nothing" if " " not in name else f"{name}: no difference")
        return 0
    show = show_stat if stat else show_names if names else show_patch
    show(patch)
    return 0


def _tell_limits(made: "Difference", sides: "list[Side]") -> None:
    from aideator_cli import terminal
    from aideator_cli.applying.pick import some

    if made.alone:
        base = (sides[0].base or "its commit")[:7]
        terminal.say(f"made from the two patches alone, since no clone here has {base} (-C DIR names one)")
    if made.left_out:
        terminal.warn(f"the patches alone do not tell how these differ: {some(made.left_out)}")


def _record(run: "StoredRun", result: "Result") -> dict[str, Any]:
    return {"kind": "patch", "run": run.spec.id, **result.as_json(), **_encoded(result.patch or b"")}


def _pair_record(sides: "list[Side]", made: "Difference") -> dict[str, Any]:
    names = [dict(zip(("run", "variation"), _split(side.name), strict=True)) for side in sides]
    limits = {"alone": made.alone, "left_out": list(made.left_out)}
    return {"kind": "difference", "from": names[0], "to": names[1], **limits, **_encoded(made.patch)}


def _split(name: str) -> tuple[str, int]:
    run, _, number = name.partition("/")
    return run, int(number)


def _encoded(patch: bytes) -> dict[str, Any]:
    from base64 import b64encode

    try:
        return {"encoding": "utf-8", "patch": patch.decode()}
    except UnicodeDecodeError:
        return {"encoding": "base64", "patch": b64encode(patch).decode()}
