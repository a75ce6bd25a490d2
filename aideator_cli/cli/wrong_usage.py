"""Rewrites the parser's errors in this program's words: what is wrong, and what was probably meant."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from typer.exceptions import TyperException

from aideator_cli.cli.invocation import program
from aideator_cli.errors import AideatorError, ExitCode

_ALIKE = 0.6  # of SequenceMatcher's measure, the dashes left out
_TEXTS = ("PROMPT", "QUESTION", "MESSAGE", "TEXT")
_EXTRA = re.compile(r"Got unexpected extra arguments?(?:\(s\))? \((.*)\)", re.DOTALL)
_NO_COMMAND = re.compile(r"No such command '(.*?)'\.(?: Did you mean (.*)\?)?", re.DOTALL)

_BAD_VALUE = re.compile(r"Invalid value for '(.*?)': (.*?)\.?", re.DOTALL)
_NUMBERS = (("int", "a whole number"), ("float", "a number"))
_ALONE = re.compile(r"there is no option \S+")
_RANGE = re.compile(r"(\S+) is not in the range (?:(\S+?)<=?)?x(?:(<=|>=|<|>)(\S+))?")
_BOUNDS = {">=": "{} or more", ">": "more than {}", "<=": "{} or less", "<": "less than {}"}


def explained(error: TyperException) -> AideatorError:
    context = getattr(error, "ctx", None)
    text, hint = _words(error), f"{context.command_path if context else program()} --help"
    if _ALONE.fullmatch(text) and context is not None and context.parent is None:
        hint = f"an option of a command stands after its name: {program()} COMMAND {getattr(error, 'option_name', '')}; {hint}"
    return AideatorError(text, hint=hint, code=ExitCode.USAGE)


def _takes_text(error: TyperException) -> bool:
    """Whether its command takes a person's words as an argument."""
    parameters = getattr(getattr(getattr(error, "ctx", None), "command", None), "params", ())
    return any(str(each.metavar).strip("[]") in _TEXTS for each in parameters if each.param_type_name == "argument")


def _words(error: TyperException) -> str:
    kind, option = type(error).__name__, str(getattr(error, "option_name", None) or "")
    if kind == "NoSuchOption":
        return f"there is no option {option}{_meant(_alike(option, getattr(error, 'possibilities', None) or ()))}"
    if kind == "BadOptionUsage" and "requires an argument" in str(error):
        return f"{option} needs a value"
    if kind == "MissingParameter" and (name := getattr(getattr(error, "param", None), "metavar", None)):
        return f"{name} is missing"
    words = str(getattr(error, "format_message", lambda: str(error))())
    if found := _EXTRA.fullmatch(words):
        return f"unexpected arguments: {found[1]}{'; put words that belong together in quotes' if _takes_text(error) else ''}"
    if found := _BAD_VALUE.fullmatch(words):
        said = found[2]
        if bounds := _RANGE.fullmatch(said):
            return f"{found[1]} takes {_between(*bounds.groups()[1:])}, not {bounds[1]}"
        for theirs, ours in _NUMBERS:
            said = re.sub(rf"a valid {theirs}( range)?$", ours, said)
        return f"{found[1]}: {said}"
    if found := _NO_COMMAND.fullmatch(words):
        return f"there is no command {found[1]}{_meant((found[2] or '').replace(chr(39), '').split(', '))}"
    return words[:1].lower() + words[1:].rstrip(".")


def _between(low: str | None, sign: str | None, bound: str | None) -> str:
    return f"{low} to {bound}" if low and bound else _BOUNDS[sign or ">="].format(bound or low)


def _alike(option: str, others: Sequence[str]) -> list[str]:
    bare = option.strip("-")
    return [other for other in others if SequenceMatcher(None, bare, other.strip("-")).ratio() > _ALIKE]


def _meant(names: Sequence[str]) -> str:
    named = [name for name in names if name]
    return f": did you mean {' or '.join(named)}?" if named else ""
