"""`secret`: the providers' keys, stored where runs look for them. A value never comes from the command line."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aideator_cli.cli.commands import options, run_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aideator_cli.actions.keeping import Store
    from aideator_cli.domain.keys import Keys

Name = Annotated[
    str, typer.Argument(metavar="NAME", help="The key's name, such as ANTHROPIC_API_KEY.", show_default=False)
]
NameAlone = Annotated[  # a list, so that a value that somebody types is refused in words, which do not repeat it
    list[str], typer.Argument(metavar="NAME", help="The key's name, such as ANTHROPIC_API_KEY.", show_default=False)
]
File = Annotated[
    Path | None, typer.Option("--file", metavar="FILE", help="Read the key from a file.", show_default=False)
]
Secret = Annotated[
    str | None,
    typer.Option(
        "--secret",
        metavar="NAME",
        help="Name of the Secret. Default: your own, aideator-keys-USER.",
        show_default=False,
    ),
]
Shared = Annotated[bool, typer.Option("--shared", help="Use aideator-keys, the Secret for all users of the namespace.")]
Of = Annotated[
    str | None,
    typer.Option(
        "--of",
        metavar="USER",
        help="The Secret of a user of `serve`, whose runs take their keys from it alone.",
        show_default=False,
    ),
]
Yes = Annotated[bool, typer.Option("-y", "--yes", help="Don't ask for confirmation.")]


def set_key(
    name: NameAlone,
    file: File = None,
    secret: Secret = None,
    shared: Shared = False,
    of: Of = None,
    backend: run_options.Backend = None,
    context: options.Context = None,
    namespace: options.Namespace = None,
    json: options.Json = False,
) -> int:
    """Store a key, which you type without an echo or pipe in."""
    from aideator_cli.actions import keeping
    from aideator_cli.cli import invocation, terminal
    from aideator_cli.intake.keys import in_command_line

    key, *values = name
    if values:
        raise in_command_line(key)
    here = invocation.here()
    if remark := keeping.remark(here, key):
        terminal.warn(remark)
    store = _store(secret, backend, context, namespace, of, shared=shared)
    kept = keeping.keep(here, store, key, lambda: _given(key, file))
    if json:
        terminal.write_json({"kind": "stored", "name": key, "place": kept.place, "replaced": kept.replaced})
    else:
        terminal.say(f"{'replaced' if kept.replaced else 'stored'} {key} in {kept.place}")
    return 0


def list_keys(
    secret: Secret = None,
    shared: Shared = False,
    of: Of = None,
    backend: run_options.Backend = None,
    context: options.Context = None,
    namespace: options.Namespace = None,
    json: options.Json = False,
) -> int:
    """List the stored keys: their names, lengths and last characters."""
    from aideator_cli.actions import keeping
    from aideator_cli.cli import invocation, terminal

    found = keeping.kept(invocation.here(), _store(secret, backend, context, namespace, of, shared=shared))
    if json:
        _write(found)
    elif found:
        from aideator_cli.views.text.keys import show_keys

        show_keys(terminal.screen(), found)
    else:
        named = [*(("--secret", secret) if secret else ()), *(("--shared",) if shared else ())]
        terminal.say(f"no keys yet: {invocation.command('secret', 'set', 'NAME', *named)}")
    return 0


def delete_key(
    name: Name,
    secret: Secret = None,
    shared: Shared = False,
    of: Of = None,
    yes: Yes = False,
    backend: run_options.Backend = None,
    context: options.Context = None,
    namespace: options.Namespace = None,
    json: options.Json = False,
) -> int:
    """Delete a key, which stays valid at its provider."""
    from aideator_cli.actions import keeping
    from aideator_cli.cli import invocation, terminal
    from aideator_cli.intake.keys import checked_name

    checked_name(name)
    if not yes and not terminal.agrees(f"Delete {name}?"):
        terminal.say("nothing was deleted")
        return 0
    place = keeping.forget(invocation.here(), _store(secret, backend, context, namespace, of, shared=shared), name)
    if json:
        terminal.write_json({"kind": "forgotten", "name": name, "place": place})
    else:
        terminal.say(f"deleted {name} from {place}")
    return 0


def _store(
    secret: str | None, backend: str | None, context: str | None, namespace: str | None, of: str | None, *, shared: bool
) -> "Store":
    from aideator_cli.actions.keeping import Store
    from aideator_cli.intake.request import Where

    return Store(Where(backend, context, namespace), secret, shared, of)


def _given(name: str, file: Path | None) -> bytes:
    from aideator_cli.cli import terminal
    from aideator_cli.errors import not_found
    from aideator_cli.intake.keys import MOST_BYTES

    if file is not None and str(file) != "-":
        try:
            with file.open("rb") as opened:
                return opened.read(MOST_BYTES + 1)
        except OSError as error:
            raise not_found(f"{file} can't be read: {error.strerror}") from error
    if sys.stdin.isatty() and file is None:
        return terminal.hidden(f"{name}: ").encode()
    return sys.stdin.buffer.read(MOST_BYTES + 1)


def _write(found: "Sequence[Keys]") -> None:
    from aideator_cli.cli import terminal

    for keys in found:
        for entry in keys.entries:
            terminal.write_json({
                "kind": "key", "name": entry.name, "length": entry.length, "tail": entry.tail, "place": keys.place, "used": keys.used,
            })  # fmt: skip
