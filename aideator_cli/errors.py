"""What can go wrong, as the user is told it: what, to what, and what to do next; and the exit codes, which are stable."""

from enum import IntEnum
from pathlib import Path


class ExitCode(IntEnum):
    OK = 0  # all that was asked holds
    FAILED = 1  # no variation succeeded
    USAGE = 2
    NOT_FOUND = 3
    UNAVAILABLE = 4  # cluster or backend
    REFUSED = 5  # permissions, quota, policy
    LIMIT = 6  # limit or budget reached
    CHECKS_FAILED = 7
    DOES_NOT_APPLY = 8
    TIMED_OUT = 124  # waiting
    INTERRUPTED = 130


class AideatorError(Exception):
    """Ends a command: `message` says what and to what, `hint` what to do next, `code` is the exit status."""

    def __init__(self, message: str, *, hint: str | None = None, code: ExitCode = ExitCode.FAILED) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code


def usage(message: str, hint: str | None = None) -> AideatorError:
    return AideatorError(message, hint=hint, code=ExitCode.USAGE)


def not_found(message: str, hint: str | None = None) -> AideatorError:
    return AideatorError(message, hint=hint, code=ExitCode.NOT_FOUND)


def unavailable(message: str, hint: str | None = None) -> AideatorError:
    return AideatorError(message, hint=hint, code=ExitCode.UNAVAILABLE)


def refused(message: str, hint: str | None = None) -> AideatorError:
    return AideatorError(message, hint=hint, code=ExitCode.REFUSED)


def unwritable(target: Path, error: OSError) -> AideatorError:
    """For a file or folder that the user has named."""
    hint = "name another place"
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return not_found(
            f"{target} can't be written: there is no folder {target.parent}",
            hint="make it first, or name another place",
        )
    if isinstance(error, PermissionError):
        return refused(f"{target} can't be written: {error.strerror}", hint=hint)
    return AideatorError(f"{target} can't be written: {error.strerror or error}", hint=hint)
