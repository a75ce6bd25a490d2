"""The program's entry point. Every error becomes a message, a hint and an exit code here."""

import os
import signal
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from aideator_cli.errors import AideatorError, ExitCode
from aideator_cli.system.garbage import look_no_more, look_seldom

if TYPE_CHECKING:
    from typer.exceptions import TyperException


DEBUG = "AIDEATOR_DEBUG"
COMPLETE = "__complete"  # the first word when a shell asks for completions


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code. `--debug` anywhere, or AIDEATOR_DEBUG=1, shows where an error was raised."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    if words[:1] == [COMPLETE]:
        from aideator_cli.cli.completing import answer

        return _completed(answer, words[1:])
    debug = bool(os.environ.get(DEBUG)) or "--debug" in _options(words)
    if "--debug" in _options(words):
        words.remove("--debug")
    try:
        code = _run(words, debug=debug)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        # The reader of our output is gone. Python's own flush at exit must not complain about that.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.OK
    except Exception as error:
        return _broken(error, debug=debug)
    return code


def complete_for_kubectl() -> None:
    """The program `kubectl_complete-aideator`, which kubectl asks for completions of its plugin."""
    from aideator_cli.cli.completing import answer_kubectl

    sys.exit(_completed(answer_kubectl, sys.argv[1:]))


def _completed(answer: Callable[[Sequence[str]], int], words: Sequence[str]) -> int:
    try:
        return answer(words)
    except (KeyboardInterrupt, BrokenPipeError):
        os._exit(ExitCode.OK)  # the shell waits no longer


def _options(words: Sequence[str]) -> Sequence[str]:
    return words[: words.index("--")] if "--" in words else words


def _run(words: list[str], *, debug: bool) -> int:
    from typer.exceptions import TyperException

    from aideator_cli.cli.commands import app
    from aideator_cli.cli.invocation import program

    try:
        return int(app(words, prog_name=program(), standalone_mode=False) or 0)
    except AideatorError as error:
        from aideator_cli.cli.terminal import show_error

        if debug:
            _show_trace(error)
        show_error(error)
        return error.code
    except TyperException as error:
        return _wrong_usage(error)


def _broken(error: Exception, *, debug: bool) -> int:
    """An error that no part of the program expects is a mistake in it."""
    from aideator_cli.cli.terminal import show_error

    if debug:
        _show_trace(error)
    hint = None if debug else "add --debug to see where, and report it"
    show_error(AideatorError(f"AIdeator itself failed: {type(error).__name__}: {error}", hint=hint))
    return ExitCode.BROKEN


def _show_trace(error: Exception) -> None:
    import traceback

    from aideator_cli.text.clean import clean

    sys.stderr.write(clean("".join(traceback.format_exception(error))))


def run() -> None:
    look_seldom()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a CI job that is cancelled leaves as Ctrl-C does
    code = main()
    look_no_more()
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
