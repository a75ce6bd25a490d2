"""A provider's key as it may be shown."""

from typing import Final, Self

from aideator_agent.values import frozen
from aideator_cli.errors import AideatorError, ExitCode, Hint

_SHOWN: Final = 4  # characters
_LONG: Final = 20  # a key that is shorter is not shown at all


class KeyMissing(AideatorError):
    """A run can't start, because the place with the keys lacks this one."""

    def __init__(self, message: str, key: str, needed_by: str, hint: Hint | None = None) -> None:
        super().__init__(message, hint=hint, code=ExitCode.NOT_FOUND)
        self.key = key
        self.needed_by = needed_by  # a model or an MCP server


@frozen
class Entry:
    """A stored key without its value."""

    name: str
    length: int  # characters
    tail: str  # the last ones; empty for a short key

    @classmethod
    def of(cls, name: str, value: str) -> Self:
        return cls(name, len(value), value[-_SHOWN:] if len(value) >= _LONG else "")


@frozen
class Keys:
    """The stored keys of one place."""

    place: str  # for people: `Secret aideator-keys in k3d-dev/team`, `this machine's keyring`
    entries: tuple[Entry, ...]
    used: bool = True  # whether runs take their keys from here
