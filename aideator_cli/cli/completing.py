"""Completion: answers a shell that asks which words could stand at the cursor.

A shell's script calls `aideator __complete WORD…`, where the last word is the one to complete, or `aideator __complete --line LINE BREAKS`
with the line as it was typed and the characters at which the shell breaks words. Each line of the answer has a word, a tab and perhaps a
description. A mistake, of whatever kind, completes nothing.
"""

import re
import shlex
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import typer
from typer.core import TyperGroup

from aideator_cli.text.clean import cut, one_line

_LINE: Final = "--line"
_LONGEST: Final = 60  # characters of a description
# What no shell takes for anything but a word. A value with other characters is not completed, so it can't do anything on the command line
_HARMLESS: Final = re.compile(r"[\w@./][\w@./:,=+-]*")
_CHOICES: Final = re.compile(r"[a-z0-9-]+(?:\|[a-z0-9-]+)*")
_KEEP_ORDER, _NO_FILES = 32, 4  # of Cobra's directives, which kubectl reads

Completion = tuple[str, str]  # a word and its description, which may be empty


def answer(asked: Sequence[str]) -> int:
    """Prints what a shell asks for."""
    _print(_found(asked))
    return 0


def answer_kubectl(words: Sequence[str]) -> int:
    """Prints the same for kubectl, which completes `kubectl aideator` in its own name. It wants a last line that says how to go on."""
    found = _found(words)
    _print(found)
    print(f":{_KEEP_ORDER | _NO_FILES if found else 0}")
    return 0


def _print(found: Iterable[Completion]) -> None:
    for word, said in found:
        print(f"{word}\t{_short(said)}")
    sys.stdout.flush()


def _found(asked: Sequence[str]) -> list[Completion]:
    try:
        if asked and asked[0] == _LINE:
            _, line, breaks = asked
            words = _split(line)[1:]
            kept = _before_the_last(words[-1], breaks)
            return [(word[kept:], said) for word, said in completed(words)]
        return completed(asked)
    except Exception:  # also a broken configuration, or a database in use: the command itself will say it
        return []


def _split(line: str) -> list[str]:
    """Returns the words as a shell reads them. The last may be in quotes that are still open, or empty."""
    lexer = shlex.shlex(line, posix=True)
    lexer.whitespace_split, lexer.commenters = True, ""
    words: list[str] = []
    try:
        words.extend(lexer)
    except ValueError:
        return [*words, lexer.token]
    return [*words, ""] if not line or line[-1].isspace() else words


def _before_the_last(word: str, breaks: str) -> int:
    """Returns how much of the word Bash keeps: it completes only what stands behind the last `=` or `:`."""
    return max((word.rfind(each) + 1 for each in breaks if each in "=:"), default=0)


def _short(text: str) -> str:
    return cut(one_line(text), _LONGEST)


def completed(words: Sequence[str]) -> list[Completion]:
    """Returns what could stand in place of the last word."""
    *before, word = words or [""]
    command, context, rest = _reached(before)
    if isinstance(command, TyperGroup):
        listed = [(name, command.get_command(context, name)) for name in command.list_commands(context)]
        found = [(name, each.get_short_help_str(_LONGEST)) for name, each in listed if each and not each.hidden]
        found += _flags(command.get_params(context), ()) if word.startswith("-") else []
        return [each for each in found if each[0].startswith(word)]
    path = context.command_path.partition(" ")[2]
    return list(dict(_of_command(path, command.get_params(context), rest, word)).items())


def _reached(words: Sequence[str]) -> tuple[Any, Any, list[str]]:
    """Returns the command that the words lead to, or the group, and the words behind its name."""
    command: Any = typer.main.get_command(_app())
    context = typer.Context(command, info_name="aideator", help_option_names=["-h", "--help"])
    rest = list(words)
    while isinstance(command, TyperGroup):
        while rest and rest[0].startswith("-"):  # a group has only switches
            rest.pop(0)
        if not rest:
            break
        name, command, _ = command.resolve_command(context, [rest.pop(0)])
        context = typer.Context(command, info_name=name, parent=context)
    return command, context, rest


def _app() -> typer.Typer:
    from aideator_cli.cli.commands import app

    return app


def _of_command(path: str, params: Sequence[Any], before: Sequence[str], word: str) -> Iterator[Completion]:
    options = {name: each for each in params if each.param_type_name == "option" for name in _names(each)}
    waiting, used, given, ended = _read(options, before)
    if waiting is not None:
        yield from _values(path, waiting, given, word)
    elif word.startswith("--") and "=" in word and not ended:
        name, _, value = word.partition("=")
        for found, said in _values(path, options[name], given, value):
            yield f"{name}={found}", said
    else:
        arguments = [each for each in params if each.param_type_name == "argument"]
        argument = next((each for each in arguments[len(given) :]), None) or next(
            (each for each in arguments[-1:] if each.nargs == -1), None
        )
        if argument is not None and not (word.startswith("-") and not ended):
            yield from _values(path, argument, given, word)
        elif not ended:
            yield from (each for each in _flags(params, used) if each[0].startswith(word))


def _read(options: Mapping[str, Any], words: Sequence[str]) -> tuple[Any, set[str], list[str], bool]:
    """Returns the option that waits for its value, the names of the options so far, the arguments, and whether `--` ended the options."""
    waiting: Any = None
    used: set[str] = set()
    given: list[str] = []
    ended = False
    for word in words:
        if waiting is not None:
            waiting = None
        elif word == "--" and not ended:
            ended = True
        elif word.startswith("-") and len(word) > 1 and not ended:
            name, equals, _ = word.partition("=")
            option = options.get(name)
            if option is not None:
                used.add(option.name)
                waiting = None if equals or option.is_flag else option
        else:
            given.append(word)
    return waiting, used, given, ended


def _names(option: Any) -> list[str]:
    return [*option.opts, *option.secondary_opts]


def _flags(params: Sequence[Any], used: Iterable[str]) -> list[Completion]:
    """Returns the options that can be added: one that was given is left out, unless it may be repeated."""
    return [
        (name, re.split(r"(?<=[a-z)])\. ", each.help or "")[0])
        for each in params
        if each.param_type_name == "option" and not each.hidden and (each.name not in used or each.multiple)
        for name in _names(each)
        if name.startswith("--") or not any(longer.startswith("--") for longer in _names(each))
    ]


def _values(path: str, param: Any, given: Sequence[str], word: str) -> Iterator[Completion]:
    from aideator_cli.cli.values import values

    metavar = param.metavar or ""
    if _CHOICES.fullmatch(metavar.partition("[")[0]):
        found: Iterable[Completion] = [(each, "") for each in metavar.partition("[")[0].split("|")]
        begun = ""
    else:
        begun = word[: word.rfind(",") + 1] if ",…" in metavar else ""
        found = values(path, param, given, word[len(begun) :])
    for value, said in found:
        if value.startswith(word[len(begun) :]) and _HARMLESS.fullmatch(value):
            yield begun + value, said
