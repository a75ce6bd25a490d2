"""A database that can't be used now. What was stored stays; the same may be tried again later."""

from aideator_cli.errors import AideatorError, ExitCode

RETRY_SECONDS = 5  # after which it is worth trying again


def is_of_database(error: BaseException) -> bool:
    """Returns whether a library of a database has raised it, which reading does: the same may be tried again later."""
    return type(error).__module__.partition(".")[0] in ("sqlite3", "psycopg")


class LeaseLost(AideatorError):
    """The run is another process' to follow now. What the old follower was about to write is not written."""

    def __init__(self, run: str) -> None:
        super().__init__(
            f"run {run} is no longer this process' to follow: another one does, or it was deleted",
            code=ExitCode.UNAVAILABLE,
        )


class DatabaseAway(AideatorError):
    def __init__(self, message: str) -> None:
        super().__init__(
            message,
            hint="check the database's server and AIDEATOR_DATABASE; the agents keep working",
            code=ExitCode.UNAVAILABLE,
        )
