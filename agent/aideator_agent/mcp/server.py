"""An MCP server as the user's file describes it, and the variables that the description leaves open."""

import re
from collections.abc import Mapping
from dataclasses import field
from typing import Final

from aideator_agent.values import frozen

VARIABLE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")  # ${NAME} or ${NAME:-DEFAULT}


@frozen
class McpServer:
    """A program that runs where the commands run, or an address. Either `command` or `url` is set.

    The values of `env` and `headers` may hold `${NAME}` and `${NAME:-DEFAULT}`. The agent puts in what it has under that name: an entry of
    the Secret, or of the keyring. The spec holds no such value.
    """

    name: str  # letters, digits, _ and -; unique within a run
    command: str | None = None  # a program on the PATH of the commands, or a path
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    url: str | None = None  # of streamable HTTP
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def variables(self) -> tuple[str, ...]:
        """Returns the names that `env` and `headers` mention, each once."""
        texts = (*self.env.values(), *self.headers.values())
        return tuple(dict.fromkeys(found[1] for text in texts for found in VARIABLE.finditer(text)))

    @property
    def required(self) -> tuple[str, ...]:
        """Returns the variables without a default."""
        texts = (*self.env.values(), *self.headers.values())
        return tuple(dict.fromkeys(found[1] for text in texts for found in VARIABLE.finditer(text) if found[2] is None))


def filled(texts: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
    """Returns the texts with their variables' values. Raises `KeyError` with the name of one that has neither value nor default."""

    def value(found: re.Match[str]) -> str:
        name, default = found[1], found[2]
        return values[name] if default is None else values.get(name) or default

    return {key: VARIABLE.sub(value, text) for key, text in texts.items()}
