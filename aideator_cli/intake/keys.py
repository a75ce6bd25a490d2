"""The name and value of a key, as the user gives them."""

import re
from collections.abc import Collection
from difflib import get_close_matches
from typing import Final

from aideator_cli.errors import command, usage
from aideator_cli.intake.models import provider_keys

GIT_TOKEN: Final = "GIT_TOKEN"
MOST_BYTES: Final = 32 * 1024
_NAME: Final = re.compile(r"[A-Z_][A-Z0-9_]{0,99}")


def checked_name(name: str) -> str:
    """Raises `AideatorError` (usage). The error does not repeat the name: it may be the key itself."""
    if "=" in name:
        raise in_command_line(name.partition("=")[0])
    if not _NAME.fullmatch(name):
        raise usage(
            "that is not the name of a key: names are capital letters, digits and _, such as ANTHROPIC_API_KEY",
            "if you typed the key itself, change it at its provider: your shell's history keeps it now",
        )
    return name


def in_command_line(name: str) -> Exception:
    """Returns the error for a value in the command line."""
    known = name if _NAME.fullmatch(name) else "NAME"
    return usage(
        "a key must not be in the command line: other users see it there, and your shell's history keeps it",
        ("change that key at its provider, and then type the new one when asked: ", command("secret", "set", known)),
    )


def remark(name: str, own: Collection[str] = ()) -> str | None:
    """Returns a warning if no agent reads a key of this name. `own`: the keys that models.yaml names."""
    known = {*provider_keys(), GIT_TOKEN, *own}
    if name in known:
        return None
    near = get_close_matches(name, sorted(known), n=2, cutoff=0.75)
    return f"no provider that AIdeator knows reads {name}" + (f"; did you mean {' or '.join(near)}?" if near else "")


def checked_value(name: str, data: bytes) -> str:
    """Returns the value without surrounding white space. Raises `AideatorError` (usage), which never shows it."""
    if len(data) > MOST_BYTES:
        raise usage(f"the value of {name} is larger than {MOST_BYTES // 1024} KiB")
    try:
        value = data.decode().strip()
    except UnicodeDecodeError as error:
        raise usage(f"the value of {name} is not text") from error
    if not value:
        raise usage(f"the value of {name} is empty", "type it when asked, pipe it in, or name its file with --file")
    if value.startswith(f"{name}="):
        raise usage(f"the value begins with {name}=", "give only what comes after it")
    if name in provider_keys() | {GIT_TOKEN} and not (value.isascii() and value.isprintable()):
        raise usage(f"the value of {name} holds a line break, or a character that no key has", "copy it again")
    if any(not character.isprintable() and character not in "\n\t\r" for character in value):
        raise usage(f"the value of {name} holds a control character", "copy it again")
    return value
