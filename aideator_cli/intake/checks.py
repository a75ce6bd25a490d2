"""The checks that a run is asked for: `--verify`, `--setup` and what belongs to them, parsed at the door."""

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from aideator_agent.spec import SETUP, Check
from aideator_cli.errors import usage

MOST_CHECKS: Final = 20
MOST_SETUP: Final = 20
MOST_COMMAND: Final = 16 * 1024  # bytes
MOST_REPEATS: Final = 10
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_LABEL: Final = re.compile(r"([^\s=\"'`$\\]*)=(.*)", re.DOTALL)
_VARIABLE: Final = re.compile(r"[A-Z_][A-Z0-9_]*")  # of the command's environment: `CI=1 make test`
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


@dataclass(frozen=True)
class Checks:
    """As the spec has them."""

    checks: tuple[Check, ...] = ()
    setup: tuple[str, ...] = ()
    baseline: bool = True
    verify_repeat: int = 1
    verify_report: str | None = None


def parse(
    verify: Sequence[str],
    setup: Sequence[str] = (),
    *,
    baseline: bool = True,
    repeat: int = 1,
    report: str | None = None,
) -> Checks:
    """Raises `AideatorError` for whatever of it can't be meant."""
    if not verify:
        _expect_nothing_else(setup, baseline, repeat, report)
        return Checks()
    if not 1 <= repeat <= MOST_REPEATS:
        raise usage(f"--verify-repeat takes 1 to {MOST_REPEATS}, not {repeat}")
    for option, commands, most in (("--verify", verify, MOST_CHECKS), ("--setup", setup, MOST_SETUP)):
        if len(commands) > most:
            raise usage(f"{option} is given {len(commands)} times; {most} is the most", hint="join commands with `&&`")
    prepared = tuple(_command("--setup", command) for command in setup)
    return Checks(_named([_labelled(text) for text in verify]), prepared, baseline, repeat, _report(report))


def _expect_nothing_else(setup: Sequence[str], baseline: bool, repeat: int, report: str | None) -> None:
    given = {"--setup": setup, "--no-baseline": not baseline, "--verify-repeat": repeat != 1, "--verify-report": report}
    for option, value in given.items():
        if value:
            raise usage(f"{option} says how checks run, and there is none", hint=_HINT)


def _labelled(text: str) -> tuple[str | None, str]:
    """The name, if one is given, and the command."""
    found = _LABEL.fullmatch(text.strip())
    if found is None or _VARIABLE.fullmatch(found[1]):
        return None, _command("--verify", text)
    name = found[1]
    if not NAME.fullmatch(name):
        rule = "a check's name has letters, digits, dots, - and _, 40 at most, and begins with a letter or digit"
        raise usage(f"--verify {text!r}: {name!r} is no name; {rule}", hint=_HINT)
    if name.lower() == SETUP:
        raise usage(
            f"--verify {text!r}: {name!r} is what the commands of --setup are called", hint="give it another name"
        )
    return name, _command("--verify", found[2], of=f" of check {name}")


def _command(option: str, text: str, of: str = "") -> str:
    command = text.strip()
    if not command:
        raise usage(f"{option}: the command{of} is empty", hint=_HINT if option == "--verify" else None)
    if "\0" in command or len(command.encode(errors="replace")) > MOST_COMMAND:
        raise usage(
            f"{option}: the command{of} is longer than {MOST_COMMAND // 1024} KiB, or holds a NUL",
            hint="put it into a script",
        )
    if all(_ASSIGNMENT.fullmatch(word) for word in _words(command)):
        raise usage(f"{option} {command!r} only sets a variable, and runs nothing", hint=_HINT)
    return command


def _named(labelled: Sequence[tuple[str | None, str]]) -> tuple[Check, ...]:
    """Those without a name get one after their command's first words, which no other has."""
    names = [name for name, _ in labelled if name is not None]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise usage(f"two checks are called {twice}", hint="give one of them another name")
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
    """`pytest` of `pytest -q`, `unittest` of `python3 -m unittest`, `npm-test` of `npm test`."""
    words = [word for word in _words(command) if not _ASSIGNMENT.fullmatch(word)]
    first = PurePosixPath(words[0]).name
    second = words[1] if len(words) > 1 else ""
    if _PYTHON.fullmatch(first) and second == "-m" and len(words) > 2:
        first, second = words[2], ""
    elif first not in _TOOLS or second.startswith("-"):
        second = ""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", f"{first} {second}").strip("-._")
    return name[:36].rstrip("-._") or "check"  # room for a number


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command) or command.split()
    except ValueError:
        return command.split()


def _report(path: str | None) -> str | None:
    """From the repository's top, without `./`."""
    if path is None:
        return None
    parts = [part for part in path.split("/") if part not in ("", ".")]
    inside = parts and ".." not in parts and not any(part.lower() == ".git" for part in parts)
    if path.startswith("/") or path.endswith("/") or not inside or "\0" in path or len(path) > 1024:
        raise usage(
            f"--verify-report {path!r} is no path of a file inside the repository",
            hint="--verify-report report.xml, where the check writes it: --verify 'pytest --junitxml=report.xml'",
        )
    return "/".join(parts)
