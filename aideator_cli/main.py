"""The program's one door: every error ends here, as a message, a hint and an exit code."""

import os
import signal
import sys
from collections.abc import Sequence

from typer.exceptions import TyperException

from aideator_cli.errors import AideatorError, ExitCode
from aideator_cli.garbage import look_seldom


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; its exit code."""
    try:
        code = _run(sys.argv[1:] if arguments is None else list(arguments))
        sys.stdout.flush()
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone: nobody is left to be told, and Python's own flush at exit must not complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.OK
    return code


def _run(words: list[str]) -> int:
    from aideator_cli.commands import app
    from aideator_cli.invocation import program

    try:
        return int(app(words, prog_name=program(), standalone_mode=False) or 0)
    except AideatorError as error:
        from aideator_cli.terminal import show_error

        show_error(error)
        return error.code
    except TyperException as error:
        return _wrong_usage(error)


def run() -> None:
    look_seldom()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a CI job that is cancelled leaves as Ctrl-C does
    sys.exit(main())


def _wrong_usage(error: TyperException) -> int:
    if type(error).__name__ == "NoArgsIsHelpError":
        context = getattr(error, "ctx", None)
        print(context.get_help() if context else "")
        return ExitCode.OK
    from aideator_cli.terminal import show_error
    from aideator_cli.wrong_usage import explained

    show_error(explained(error))
    return ExitCode.USAGE
