"""Parses the checks of a run: `--verify`, `--setup` and the options that belong to them."""

import re
import shlex
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Final

from aideator_agent.spec import SETUP, Check
from aideator_agent.values import frozen
from aideator_cli.errors import usage
from aideator_cli.intake.request import Checking

MOST_CHECKS: Final = 20
MOST_SETUP: Final = 20
MOST_COMMAND: Final = 16 * 1024  # maximum length in bytes
MOST_REPEATS: Final = 10
MOST_GLOBS: Final = 50
MOST_GLOB: Final = 1024  # characters
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_LABEL: Final = re.compile(r"([^\s=\"'`$\\]*)=(.*)", re.DOTALL)
_VARIABLE: Final = re.compile(r"[A-Z_][A-Z0-9_]*")  # a variable in front of a command: `CI=1 make test`
_ASSIGNMENT: Final = re.compile(r"[A-Za-z_]\w*=.*", re.DOTALL)
_PYTHON: Final = re.compile(r"python[0-9.]*")
_TOOLS: Final = (
    "npm",
    "yarn",
    "pnpm",
    "bun",
    "make",
    "just",
    "cargo",
    "go",
    "mvn",
    "gradle",
    "dotnet",
    "rake",
    "uv",
    "poetry",
)
_HINT: Final = "--verify 'pytest -q', or with a name of its own --verify 'unit=pytest -q tests/unit'"


@frozen
class Checks:
    """The checks in the form of the spec."""

    checks: tuple[Check, ...] = ()
    setup: tuple[str, ...] = ()
    baseline: bool = True
    verify_repeat: int = 1
    verify_report: str | None = None
    allow_change: tuple[str, ...] = ()
    hidden: tuple[Check, ...] = ()


def parse(asked: Checking) -> Checks:
    """Raises `AideatorError` for values that make no sense."""
    if not asked.verify and not asked.hidden_verify:
        _expect_nothing_else(asked)
        return Checks()
    if not 1 <= asked.repeat <= MOST_REPEATS:
        raise usage(f"--verify-repeat takes 1 to {MOST_REPEATS}, not {asked.repeat}")
    for option, commands, most in (
        ("--verify", asked.verify, MOST_CHECKS),
        ("--hidden-verify", asked.hidden_verify, MOST_CHECKS),
        ("--setup", asked.setup, MOST_SETUP),
    ):
        if len(commands) > most:
            raise usage(
                f"{option} is given {len(commands)} times; it takes at most {most}", hint="join commands with `&&`"
            )
    prepared = tuple(_command("--setup", command) for command in asked.setup)
    labelled = [_labelled("--verify", text) for text in asked.verify]
    named = _named([*labelled, *(_labelled("--hidden-verify", text) for text in asked.hidden_verify)])
    seen, hidden = named[: len(labelled)], named[len(labelled) :]
    return Checks(
        seen, prepared, asked.baseline, asked.repeat, _report(asked.report), _globs(asked.allow_change), hidden
    )


def _expect_nothing_else(asked: Checking) -> None:
    given = {
        "--setup": asked.setup, "--no-baseline": not asked.baseline, "--verify-repeat": asked.repeat != 1,
        "--verify-report": asked.report, "--allow-change": asked.allow_change, "--hidden": asked.hidden or asked.unseen,
    }  # fmt: skip
    for option, value in given.items():
        if value:
            raise usage(f"{option} needs a check, and there is none", hint=_HINT)


def _labelled(option: str, text: str) -> tuple[str | None, str]:
    """Returns the name, if one is given, and the command."""
    found = _LABEL.fullmatch(text.strip())
    if found is None or _VARIABLE.fullmatch(found[1]):
        return None, _command(option, text)
    name = found[1]
    if not NAME.fullmatch(name):
        rule = "use at most 40 letters, digits, dots, - and _, and begin with a letter or digit"
        raise usage(f"{option} {text!r}: {name!r} is not a valid name; {rule}", hint=_HINT)
    if name.lower() == SETUP:
        raise usage(f"{option} {text!r}: the name {name!r} is reserved for --setup", hint="give the check another name")
    return name, _command(option, found[2], of=f" of check {name}")


def _command(option: str, text: str, of: str = "") -> str:
    command = text.strip()
    if not command:
        raise usage(f"{option}: the command{of} is empty", hint=_HINT if option == "--verify" else None)
    if "\0" in command or len(command.encode(errors="replace")) > MOST_COMMAND:
        raise usage(
            f"{option}: the command{of} is longer than {MOST_COMMAND // 1024} KiB, or contains a NUL character",
            hint="put the commands in a script",
        )
    if all(_ASSIGNMENT.fullmatch(word) for word in _words(command)):
        raise usage(f"{option} {command!r} only sets a variable; it runs no command", hint=_HINT)
    return command


def _named(labelled: Sequence[tuple[str | None, str]]) -> tuple[Check, ...]:
    """A check without a name gets a unique one, made from the first words of its command."""
    names = [name for name, _ in labelled if name is not None]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise usage(f"two checks are named {twice}", hint="give one of them another name")
    checks = []
    for name, command in labelled:
        unique = name or _unused(_name_of(command), names)
        names.append(unique)
        checks.append(Check(unique, command))
    return tuple(checks)


def _unused(name: str, taken: Sequence[str]) -> str:
    numbered = (f"{name}-{number}" for number in range(2, len(taken) + 3))
    return name if name not in (*taken, SETUP) else next(other for other in numbered if other not in taken)


def _name_of(command: str) -> str:
    """Returns `pytest` for `pytest -q`, `unittest` for `python3 -m unittest`, `npm-test` for `npm test`."""
    words = [word for word in _words(command) if not _ASSIGNMENT.fullmatch(word)]
    first = PurePosixPath(words[0]).name
    second = words[1] if len(words) > 1 else ""
    if _PYTHON.fullmatch(first) and second == "-m" and len(words) > 2:
        first, second = words[2], ""
    elif first not in _TOOLS or second.startswith("-"):
        second = ""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", f"{first} {second}").strip("-._")
    return name[:36].rstrip("-._") or "check"  # leaves room for a number


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command) or command.split()
    except ValueError:
        return command.split()


def _globs(asked: Sequence[str]) -> tuple[str, ...]:
    for glob in asked:
        path = PurePosixPath(glob)
        if not glob.strip() or "\0" in glob or path.is_absolute() or ".." in path.parts or len(glob) > MOST_GLOB:
            raise usage(
                f"--allow-change {glob!r} is not a path or a glob inside the repository",
                hint="--allow-change pyproject.toml, or with a folder --allow-change 'tests/golden/**'",
            )
    if len(asked) > MOST_GLOBS:
        raise usage(f"--allow-change is given {len(asked)} times; it takes at most {MOST_GLOBS}", hint="use globs")
    return tuple(asked)


def _report(path: str | None) -> str | None:
    """Returns the path from the repository's top, without `./`."""
    if path is None:
        return None
    parts = [part for part in path.split("/") if part not in ("", ".")]
    inside = parts and ".." not in parts and not any(part.lower() == ".git" for part in parts)
    if path.startswith("/") or path.endswith("/") or not inside or "\0" in path or len(path) > 1024:
        raise usage(
            f"--verify-report {path!r} is not the path of a file inside the repository",
            hint="--verify-report report.xml, where the check writes it: --verify 'pytest --junitxml=report.xml'",
        )
    return "/".join(parts)
