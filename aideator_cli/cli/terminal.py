"""The only module that writes to stderr and knows stdout. Data goes to stdout, messages for a person to stderr."""

import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, TextIO

from aideator_cli.cli.invocation import program
from aideator_cli.errors import AideatorError, Hint, words
from aideator_cli.text.clean import clean
from aideator_cli.text.folding import fold
from aideator_cli.views.screen import Screen

if TYPE_CHECKING:
    from aideator_cli.actions.doctor.machine import Terminal

RED, YELLOW, DIM = "31", "33", "2"
_quiet: ContextVar[bool] = ContextVar("_quiet", default=False)  # stderr has no more than warnings and errors


@contextmanager
def manners(*, quiet: bool, plain: bool) -> Iterator[None]:
    """Within it, `say` says nothing if `quiet`, and neither this process nor a child of it colours anything if `plain`."""
    token = _quiet.set(quiet)
    before = {name: os.environ.get(name) for name in ("NO_COLOR", "FORCE_COLOR")}
    if plain:
        os.environ["NO_COLOR"] = "1"
        os.environ.pop("FORCE_COLOR", None)
    try:
        yield
    finally:
        _quiet.reset(token)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def wants_colour(stream: object) -> bool:
    """NO_COLOR (no-color.org) and dumb terminals turn colours off; FORCE_COLOR turns them on again."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    isatty = getattr(stream, "isatty", None)
    return bool(isatty and isatty()) and os.environ.get("TERM") != "dumb"


def screen(out: TextIO | None = None, size: tuple[int, int] | None = None, *, plain: bool = False) -> Screen:
    """Makes a `Screen` from stdout, or from `out` instead. `size`: columns and lines; None means the terminal's."""
    stream = out or sys.stdout
    columns, lines = size or shutil.get_terminal_size((100, 24))
    return Screen(
        stream, columns, lines, is_terminal=stream.isatty(), colour=wants_colour(stream) and not plain, plain=plain,
        true_colour=os.environ.get("COLORTERM") in ("truecolor", "24bit"), warn=warn,
    )  # fmt: skip


def size() -> tuple[int, int]:
    """Returns the columns and lines of stdout's terminal, or 80 and 24 if there is none."""
    found = shutil.get_terminal_size((80, 24))
    return found.columns, found.lines


def draws(stream: object) -> bool:
    """Returns whether a full-screen view can be drawn: the stream is a terminal, and not a dumb one."""
    isatty = getattr(stream, "isatty", None)
    return bool(isatty and isatty()) and os.environ.get("TERM", "dumb") != "dumb"


def facts() -> "Terminal":
    """Returns what `doctor` examines."""
    from aideator_cli.actions.doctor.machine import Terminal
    from aideator_cli.views.panes.compositing import slow_drawing

    columns, lines = size()
    encoding = (getattr(sys.stdout, "encoding", None) or "").lower().replace("-", "")
    return Terminal(
        columns, lines, is_terminal=sys.stdout.isatty(), name=os.environ.get("TERM", ""), colour=wants_colour(sys.stdout),
        utf8=encoding == "utf8", slow_panes=slow_drawing(),
    )  # fmt: skip


def write_json(*records: Mapping[str, object]) -> None:
    """Writes a line for each to stdout, for programs."""
    from aideator_cli.views.json_lines import write

    out = screen()
    for record in records:
        write(out, record)


def end_line() -> None:
    """Writes a newline if stderr is a terminal."""
    with suppress(OSError):
        if sys.stderr.isatty():
            print(file=sys.stderr)


def say(text: str) -> None:
    """Writes a line to stderr, unless --quiet forbids it, and cleans foreign text in it."""
    if not _quiet.get():
        _write("", text)


def tell(name: str, text: str) -> None:
    """Writes a line to stderr as `say` does. What does not fit on it stands below the text, not below its name."""
    if not _quiet.get():
        _write(name, text, indent=" " * len(name))


def quote(line: str) -> None:
    """Writes a line of foreign text to stderr, marked as a quotation."""
    _write("> ", line, DIM)


def log(line: str) -> None:
    """Writes a line of a log to stderr, also with --quiet. Any thread may call it: lines stay whole."""
    with suppress(OSError, ValueError):
        sys.stderr.write(line + "\n")
        sys.stderr.flush()


def warn(text: str) -> None:
    _write("warning: ", text, YELLOW)


def show_error(error: AideatorError) -> None:
    _write("error: ", error.message, RED)
    if error.advice:
        _write(" hint: ", error.advice, DIM)


def is_asked() -> bool:
    """Returns whether a person is present who can answer a question."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def agrees(question: str) -> bool:
    """Asks the person at this terminal. Without a person the answer is yes."""
    return not is_asked() or (answer(f"{question} [y/N]") or "").lower() in ("y", "yes")


def answer(question: str) -> str | None:
    """Asks the person at this terminal. Returns their line, or None if the input has ended."""
    print(clean(f"{question} "), end="", file=sys.stderr, flush=True)
    line = sys.stdin.readline()
    return line.strip() if line else None


def hidden(question: str) -> str:
    """Asks for a text that is not shown while it is typed."""
    import getpass

    try:
        return getpass.getpass(clean(question), stream=sys.stderr)
    except EOFError:
        return ""


def paint(text: str, code: str) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if wants_colour(sys.stderr) else text


def _write(label: str, text: Hint, colour: str = "", indent: str = "  ") -> None:
    """Nobody hears it if stderr is closed, its terminal gone or its disk full; the command goes on."""
    with suppress(OSError, ValueError):
        said = _words(text) if isinstance(text, str) else [_cleaned(word) for word in words(text, program())]
        table = not label and said[0] == ""  # its lines stay whole
        folds = sys.stderr.isatty() and not table
        line = fold(said, shutil.get_terminal_size().columns, len(label), indent) if folds else " ".join(said)
        print((paint(label, colour) if label else "") + line, file=sys.stderr, flush=True)


def _words(text: str) -> list[str]:
    """Returns the words of a message. A command at its end is one of them, as in a hint."""
    line, called = _cleaned(text), re.escape(program())
    found = re.search(rf"(?:(?:^|(?<=[:;] ))(?:git|{called}) (?:(?![,;] ).)*|(?<=  ){called} .*)$", line)
    if found is None or not found.start():
        return line.split(" ") if found is None else [line]
    return [*line[: found.start() - 1].split(" "), found[0]]


def _cleaned(text: str) -> str:
    return re.sub(r"\s*\n\s*", " ", clean(text))
