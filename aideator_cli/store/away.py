"""A database that can't be used now. What was stored stays; the same may be tried again later."""

from typing import Final

from aideator_cli.errors import AideatorError, ExitCode, Hint

# Of SQLite's codes: error, toobig, constraint, mismatch, misuse, range. Imported by all, so sqlite3's names are not.
_MISTAKES: Final = (1, 18, 19, 20, 21, 25)


def is_of_database(error: BaseException) -> bool:
    """Returns whether a library of a database has raised it, as reading rows does, and the statement is not to blame: the same may be
    tried again later."""
    known = type(error).__module__.partition(".")[0] in ("sqlite3", "psycopg")
    return known and getattr(error, "sqlite_errorcode", 0) & 0xFF not in _MISTAKES


class LeaseLost(AideatorError):
    """The run is another process' to follow now. What the old follower was about to write is not written."""

    def __init__(self, run: str) -> None:
        super().__init__(
            f"run {run} is no longer this process' to follow: another one does, or it was deleted",
            code=ExitCode.UNAVAILABLE,
        )


class DatabaseAway(AideatorError):
    """A server tells its clients to come back, whatever the code."""

    def __init__(self, message: str, hint: Hint | None = None, code: ExitCode = ExitCode.UNAVAILABLE) -> None:
        super().__init__(
            message,
            hint=hint or "check the database's server and AIDEATOR_DATABASE; the agents keep working",
            code=code,
        )
