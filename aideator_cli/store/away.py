"""A database that can't be used now. What was stored stays; the same may be tried again later."""

from aideator_cli.errors import AideatorError, ExitCode

RETRY_SECONDS = 5  # after which it is worth trying again


class DatabaseAway(AideatorError):
    def __init__(self, message: str) -> None:
        super().__init__(
            message,
            hint="check the database's server and AIDEATOR_DATABASE; the agents keep working",
            code=ExitCode.UNAVAILABLE,
        )
