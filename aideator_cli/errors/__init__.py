"""Errors as the user sees them (what failed, on what, what to do next), and the exit codes, which are stable.

It is below everything else and imports nothing.
"""

from enum import IntEnum
from pathlib import Path

from aideator_cli.errors.hints import Command, Hint, command, words, written

__all__ = [
    "AideatorError",
    "Command",
    "ExitCode",
    "Hint",
    "Lacking",
    "Taken",
    "command",
    "not_found",
    "reason",
    "refused",
    "unavailable",
    "unwritable",
    "usage",
    "words",
    "written",
]


class ExitCode(IntEnum):
    OK = 0  # everything requested holds
    FAILED = 1  # no variation succeeded
    USAGE = 2
    NOT_FOUND = 3
    UNAVAILABLE = 4  # cluster or backend
    REFUSED = 5  # permissions, quota, policy
    LIMIT = 6  # limit or budget reached
    CHECKS_FAILED = 7
    DOES_NOT_APPLY = 8
    BROKEN = 70  # AIdeator itself failed, by a mistake in it
    TIMED_OUT = 124  # waiting
    HUNG_UP = 129  # SIGHUP: the terminal is gone
    INTERRUPTED = 130  # SIGINT
    PIPE_CLOSED = 141  # SIGPIPE: the reader of stdout is gone
    TERMINATED = 143  # SIGTERM


class AideatorError(Exception):
    """Ends a command. `message` says what failed and on what, `hint` what to do next; `code` is the exit status."""

    def __init__(self, message: str, *, hint: Hint | None = None, code: ExitCode = ExitCode.FAILED) -> None:
        super().__init__(message)
        self.message = message
        self.advice = hint  # its commands are data: `cli` writes them with the program's own name
        self.code = code

    @property
    def hint(self) -> str | None:
        return None if self.advice is None else written(self.advice)


class Lacking(AideatorError):
    """Nothing is wrong with what is asked for, but this machine lacks what would do it: a key, a model or a program."""


class Taken(AideatorError):
    """Another process has begun what was to be begun. What it has made is left as it is."""


class SentIsGone(AideatorError):
    """What was to be sent with a run is neither on this machine nor where the run is."""


def usage(message: str, hint: Hint | None = None) -> AideatorError:
    return AideatorError(message, hint=hint, code=ExitCode.USAGE)


def not_found(message: str, hint: Hint | None = None) -> AideatorError:
    return AideatorError(message, hint=hint, code=ExitCode.NOT_FOUND)


def unavailable(message: str, hint: Hint | None = None) -> AideatorError:
    return AideatorError(message, hint=hint, code=ExitCode.UNAVAILABLE)


def refused(message: str, hint: Hint | None = None) -> AideatorError:
    return AideatorError(message, hint=hint, code=ExitCode.REFUSED)


def reason(error: Exception) -> str:
    """Returns why, in a person's words: without the number and the path that an OSError has in its text."""
    if isinstance(error, FileExistsError) and error.filename:  # a folder was to be made there
        return f"{error.filename} is not a folder"
    return getattr(error, "strerror", None) or str(error)


def unwritable(target: Path, error: OSError) -> AideatorError:
    """Returns the error for a file or folder that the user named."""
    hint = "choose another place"
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return not_found(
            f"{target} can't be written: there is no folder {target.parent}",
            hint="create the folder, or choose another place",
        )
    if isinstance(error, PermissionError):
        return refused(f"{target} can't be written: {error.strerror}", hint=hint)
    return AideatorError(f"{target} can't be written: {reason(error)}", hint=hint)
