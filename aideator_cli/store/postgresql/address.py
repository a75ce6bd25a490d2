"""A database's URL, and what of it may be shown: never its password."""

from functools import cached_property

import psycopg
from psycopg.conninfo import conninfo_to_dict

from aideator_agent.values import frozen
from aideator_cli.errors import usage

HIDDEN = "…"


@frozen
class Address:
    url: str

    @cached_property
    def parts(self) -> dict[str, str]:
        """What the URL says, by libpq's names. Raises `AideatorError` (usage), which does not repeat the URL."""
        try:
            return {name: str(value) for name, value in conninfo_to_dict(self.url).items() if value is not None}
        except psycopg.Error:  # its text repeats parts of the URL
            raise usage(
                "the database is no PostgreSQL URL",
                hint="postgresql://USER@HOST:PORT/NAME; write special characters of a password as %XX",
            ) from None

    def __str__(self) -> str:
        host, port, name = self.parts.get("host", ""), self.parts.get("port", ""), self.parts.get("dbname", "")
        return f"postgresql://{host}{f':{port}' if port and ',' not in port else ''}/{name}"

    def hidden_in(self, text: str) -> str:
        """Returns the text without the password."""
        password = self.parts.get("password", "")
        text = text.replace(self.url, str(self))
        return text.replace(password, HIDDEN) if password else text
