"""PROMPT as it is typed: the text itself, `-` for standard input, `@FILE` for a file's text."""

import sys
from pathlib import Path

from aideator_cli.errors import not_found, usage
from aideator_cli.intake.prompts import MOST_BYTES


def read_prompt(typed: str | None) -> str | None:
    """Raises `AideatorError` if there is nothing to read, or it is not text."""
    return None if typed is None else read_text(typed, "prompt")


def read_text(typed: str, what: str) -> str:
    """Reads at most one byte more than a prompt may have. `what` names it. Raises `AideatorError` as `read_prompt` does."""
    try:
        if typed == "-":
            return sys.stdin.buffer.read(MOST_BYTES + 1).decode()
        if typed.startswith("@"):
            return Path(typed[1:]).read_bytes()[: MOST_BYTES + 1].decode()
    except OSError as error:
        raise not_found(f"the {what}'s file {typed[1:]} can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise usage(f"the {what} is not UTF-8 text") from error
    return typed
