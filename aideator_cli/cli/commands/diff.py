"""`diff`: what an agent has made, and what another one made that it did not."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aideator_cli.cli.commands import options

if TYPE_CHECKING:
    from aideator_cli.actions.diffing import Made
    from aideator_cli.workspace.diffing import Call, Difference


def diff(
    run: options.RunOrVariation = "@last",
    other: Annotated[
        str | None,
        typer.Argument(
            metavar="[RUN/N]", help="A second variation: print how it differs from the first.", show_default=False
        ),
    ] = None,
    stat: Annotated[bool, typer.Option("--stat", help="Show only how much each file changes.")] = False,
    name_only: Annotated[bool, typer.Option("--name-only", help="Show only the names of changed files.")] = False,
    tool: Annotated[
        bool, typer.Option("--tool", help="Show the changes in git difftool, as you have configured it.")
    ] = False,
    folder: Annotated[
        Path | None,
        typer.Option(
            "-C", metavar="DIR", help="A clone of the repository. Default: the current folder.", show_default=False
        ),
    ] = None,
    server: options.Server = None,
    json: options.Json = False,
) -> int:
    """Print a variation's patch, or how two variations differ. In a pipe, git apply accepts the output."""
    from aideator_cli.actions.diffing import difference, made
    from aideator_cli.actions.diffing import tool as tool_over
    from aideator_cli.cli import invocation
    from aideator_cli.cli.naming import the_named
    from aideator_cli.errors import usage

    if stat + name_only + tool + json > 1:
        raise usage("--stat, --name-only, --tool and --json can't be combined", hint="give one of them")
    here = invocation.here(server)
    one = made(here, the_named(here, run))
    two = None if other is None else made(here, the_named(here, other))
    if tool:
        with tool_over(two or one, one if two else None, folder) as call:
            return _call(call)
    if two is None:
        return _print(one.patch, one.name, stat=stat, names=name_only, record=_record(one) if json else None)
    found = difference(one, two, folder)
    _tell_limits(found, one)
    record = _pair_record(one, two, found) if json else None
    return _print(found.patch, f"{two.name} against {one.name}", stat=stat, names=name_only, record=record)


def _call(call: "Call") -> int:
    import subprocess

    from aideator_cli.errors import AideatorError

    if subprocess.run(call.words, cwd=call.folder, env=call.environment, check=False).returncode:
        raise AideatorError("git difftool failed", hint="git difftool --tool-help")
    return 0


def _print(patch: bytes, name: str, *, stat: bool, names: bool, record: dict[str, Any] | None) -> int:
    from aideator_cli.cli import terminal
    from aideator_cli.cli.pager import paged
    from aideator_cli.views.text.patch import show_names, show_patch, show_stat

    if record is not None:
        terminal.write_json(record)
        return 0
    if not patch:
        terminal.say(f"{name} changed nothing" if " " not in name else f"{name}: no difference")
        return 0
    screen = terminal.screen()
    if stat or names:
        (show_stat if stat else show_names)(screen, patch)
    else:
        with paged(screen) as pages:
            show_patch(pages, patch)
    return 0


def print_patch(patch: bytes) -> int:
    """Shows it on a terminal, and writes it byte for byte into a pipe."""
    return _print(patch, "", stat=False, names=False, record=None)


def _tell_limits(found: "Difference", one: "Made") -> None:
    from aideator_cli.cli import terminal
    from aideator_cli.workspace.pick import some

    if found.alone:
        base = (one.base or "its commit")[:7]
        terminal.say(f"compared only the two patches, because no clone here has {base} (name one with -C DIR)")
    if found.left_out:
        terminal.warn(f"the patches alone don't show how these files differ: {some(found.left_out)}")


def _record(made: "Made") -> dict[str, Any]:
    from aideator_cli.views.json_lines import result_record

    return {"kind": "patch", "run": made.run.spec.id, **result_record(made.result), **_encoded(made.patch)}


def _pair_record(one: "Made", two: "Made", found: "Difference") -> dict[str, Any]:
    limits = {"alone": found.alone, "left_out": list(found.left_out)}
    return {"kind": "difference", "from": _named(one), "to": _named(two), **limits, **_encoded(found.patch)}


def _named(made: "Made") -> dict[str, Any]:
    return {"run": made.run.spec.id, "variation": made.result.variation}


def _encoded(patch: bytes) -> dict[str, Any]:
    from base64 import b64encode

    try:
        return {"encoding": "utf-8", "patch": patch.decode()}
    except UnicodeDecodeError:
        return {"encoding": "base64", "patch": b64encode(patch).decode()}
