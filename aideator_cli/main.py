"""The program's entry point. Every error becomes a message, a hint and an exit code here."""

import atexit
import errno
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from aideator_cli.errors import AideatorError, ExitCode, command
from aideator_cli.system.garbage import look_no_more, look_seldom
from aideator_cli.system.signals import behind, listen, number_of

if TYPE_CHECKING:
    from typer.exceptions import TyperException


DEBUG = "AIDEATOR_DEBUG"
DEBUGS, NO_COLOUR = "--debug", "--no-color"
QUIET = frozenset({"-q", "--quiet"})
EVERYWHERE = frozenset({DEBUGS, NO_COLOUR, *QUIET})
COMPLETE = "__complete"  # the first word when a shell asks for completions
# What the machine refuses is no mistake in the program
MACHINE = {
    errno.ENOSPC: "free some disk space; agents at work go on",
    errno.EDQUOT: "free some of your quota; agents at work go on",
    errno.EROFS: "choose a place that can be written to, for the data with AIDEATOR_HOME",
    errno.EIO: "look at the disk, or at where the output goes",
    errno.EMFILE: "allow more open files (ulimit -n)",
    errno.ENFILE: "the machine has too many open files",
}
SIGNALLED = 128  # added to a signal's number, as shells do


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code. `--debug` anywhere, or AIDEATOR_DEBUG=1, shows where an error was raised."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    if words[:1] == [COMPLETE]:
        from aideator_cli.cli.completing import answer

        return _completed(answer, words[1:])
    asked = _everywhere(words)
    debug = bool(os.environ.get(DEBUG)) or DEBUGS in asked
    with _manners(quiet=bool(asked & QUIET), plain=NO_COLOUR in asked):
        return _ended(words, debug=debug)


def _ended(words: list[str], *, debug: bool) -> int:
    """Runs the command and returns its exit code, however it ends."""
    try:
        code = _run(words, debug=debug)
        sys.stdout.flush()
    except KeyboardInterrupt as interrupt:
        code = SIGNALLED + number_of(interrupt)
    except BrokenPipeError:
        code = ExitCode.PIPE_CLOSED
    except OSError as error:
        interrupt_before = behind(error)
        code = SIGNALLED + number_of(interrupt_before) if interrupt_before else _broken(error, debug=debug)
    except Exception as error:
        code = _broken(error, debug=debug)
    _forget_output_that_fails()
    return code


def _everywhere(words: list[str]) -> frozenset[str]:
    """Takes the switches of every command, wherever they stand before `--`, out of the words."""
    found = [word for word in _before_the_end(words) if word in EVERYWHERE]
    for word in found:
        words.remove(word)
    return frozenset(found)


@contextmanager
def _manners(*, quiet: bool, plain: bool) -> Iterator[None]:
    """Within it, stderr has no more than warnings and errors if `quiet`, and nothing is coloured if `plain`."""
    if not quiet and not plain:
        yield
        return
    from aideator_cli.cli.terminal import manners

    with manners(quiet=quiet, plain=plain):
        yield


def _forget_output_that_fails() -> None:
    """The reader of stdout or stderr may be gone, or its disk full. Python's flush at exit must not complain, nor change the code."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def complete_for_kubectl() -> None:
    """The program `kubectl_complete-aideator`, which kubectl asks for completions of its plugin."""
    from aideator_cli.cli.completing import answer_kubectl

    sys.exit(_completed(answer_kubectl, sys.argv[1:]))


def _completed(answer: Callable[[Sequence[str]], int], words: Sequence[str]) -> int:
    try:
        return answer(words)
    except (KeyboardInterrupt, BrokenPipeError):
        os._exit(ExitCode.OK)  # the shell waits no longer


def _before_the_end(words: Sequence[str]) -> Sequence[str]:
    return words[: words.index("--")] if "--" in words else words


def _run(words: list[str], *, debug: bool) -> int:
    from typer.exceptions import Exit, TyperException
    from typer.main import get_command

    from aideator_cli.cli.commands import app
    from aideator_cli.cli.invocation import program

    command = get_command(app)
    try:
        # The app itself would make the same exit code of every signal, and 1 of a closed pipe
        with command.make_context(program(), words) as context:
            return int(command.invoke(context) or 0)
    except Exit as left:
        return left.exit_code
    except AideatorError as error:
        from aideator_cli.cli.terminal import show_error

        if debug:
            _show_trace(error)
        show_error(error)
        return error.code
    except TyperException as error:
        return _wrong_usage(error)


def _broken(error: Exception, *, debug: bool) -> int:
    """An error that no part of the program expects is a mistake in it, unless the machine refuses or the database is damaged."""
    from aideator_cli.cli.terminal import show_error
    from aideator_cli.store.away import is_of_database

    if debug:
        _show_trace(error)
    if isinstance(error, OSError) and error.errno in MACHINE:
        show_error(AideatorError(_told(error), hint=MACHINE[error.errno]))
        return ExitCode.FAILED
    if is_of_database(error):
        show_error(AideatorError(f"the database can't be used: {error}", hint=command("doctor")))
        return ExitCode.FAILED
    hint = None if debug else "add --debug to see where, and report it"
    show_error(AideatorError(f"AIdeator itself failed: {type(error).__name__}: {error}", hint=hint))
    return ExitCode.BROKEN


def _told(error: OSError) -> str:
    if error.filename is None:
        return f"the output or a file can't be written: {error.strerror}"
    return f"{error.filename} can't be read or written: {error.strerror}"


def _show_trace(error: Exception) -> None:
    import traceback

    from aideator_cli.text.clean import clean

    sys.stderr.write(clean("".join(traceback.format_exception(error))))


def _open_streams() -> None:
    """Whoever starts the program may have closed some of them."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: PTH123, SIM115 -- until the process ends


def run() -> None:
    look_seldom()
    listen()
    _open_streams()
    code = main()
    look_no_more()
    if any(thread.daemon for thread in threading.enumerate()):
        # One may be within SQLite, whose connections Python would close under it
        atexit._run_exitfuncs()
        _forget_output_that_fails()
        os._exit(code)
    sys.exit(code)


def _wrong_usage(error: "TyperException") -> int:
    if type(error).__name__ == "NoArgsIsHelpError":
        context = getattr(error, "ctx", None)
        if context is not None and context.parent is None:
            from aideator_cli.cli.first_contact import greet

            return greet()
        print(context.get_help() if context else "")
        return ExitCode.OK
    from aideator_cli.cli.terminal import show_error
    from aideator_cli.cli.wrong_usage import explained

    show_error(explained(error))
    return ExitCode.USAGE
