"""What can be configured: a table of options, which the command line makes from its own."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from aideator_agent.values import frozen

VARIABLE: Final = "AIDEATOR_"  # AIDEATOR_MAX_COST sets max_cost


class Kind(StrEnum):
    """What an option takes, in words."""

    TEXT = "a text"
    WHOLE = "a whole number"
    NUMBER = "a number"
    SWITCH = "true or false"
    TIME = "a time in quotes, such as 30m"
    PATH = "a path in quotes"


@frozen
class Option:
    name: str  # as in a file: max_cost
    kind: Kind
    many: bool = False  # whether it can be given several times
    flag: str = ""  # as on the command line: --max-cost
    group: str | None = None  # its heading in the help
    choices: tuple[str, ...] = ()  # if it takes one of a few words
    pairs: bool = False  # whether each of its values is NAME=VALUE

    @property
    def takes(self) -> str:
        if self.choices:
            return f"{', '.join(self.choices[:-1])} or {self.choices[-1]}"
        if not self.many:
            return self.kind
        return "a list of paths" if self.kind is Kind.PATH else "a list of texts"

    @property
    def variable(self) -> str:
        return VARIABLE + self.name.upper()


def database() -> Option:
    """Where runs are stored. No command has it as an option."""
    return Option("database", Kind.TEXT)


def of_server() -> tuple[Option, ...]:
    """Settings of `serve` that it has as no option."""
    texts = ("public_url", "oidc_issuer", "oidc_client", "oidc_name")
    return (
        *(Option(name, Kind.TEXT) for name in texts),
        Option("rate_limit", Kind.WHOLE),
        Option("stream_limit", Kind.WHOLE),
        Option("oidc_secret_file", Kind.PATH),
        Option("oidc_domain", Kind.TEXT, many=True),
    )


Table = Mapping[str, Option]

# Values of a later place come on top of those of an earlier one; of other lists only the last place's count.
ADDED: Final = frozenset(
    {"annotation", "env", "env_from", "image_pull_secret", "label", "node_selector", "toleration", "var"}
)
