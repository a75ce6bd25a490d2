"""Reads scripts of the scripted model: a YAML list with one element per turn. The whole script is checked before anything runs.

- say: Looking around.
  think: The bug must be in the parser.
  calls: [{tool: bash, arguments: {command: ls}}]
  usage: {input: 1200, output: 80, cached: 0}
  delay: 0.2
- fault: rate_limit
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from aideator_cli.errors import AideatorError, usage
from aideator_cli.system.yaml_file import read_yaml

TOOLS: Final = ("bash", "search_code", "read_file", "write_file", "str_replace", "ask", "submit")
FAULTS: Final = ("rate_limit", "server_error", "reset", "cut", "garbage", "refusal", "empty", "context")
USAGE: Final = ("input", "output", "cached", "reasoning")
MOST_DELAY: Final = 3600.0

Turn = dict[str, Any]


def load(path: Path) -> list[Turn]:
    """Returns the turns as the agent plays them: {say?, think?, calls?: [{tool, arguments}], usage?, delay?} or {fault, delay?}.

    A relative path starts at the current folder. `arguments` are not checked here: the tools check them, as with any model.
    Raises `AideatorError` (usage) with the file, the element's number (from 1) and what should be there.
    """
    data = read_yaml(path, "script")
    if not isinstance(data, list):
        raise usage(f"script {path} must be a list, with one element per turn", "for example: - say: Looking around.")
    return [_turn(f"script {path}, element {number}", element) for number, element in enumerate(data, start=1)]


def _turn(where: str, element: Any) -> Turn:
    if not isinstance(element, dict):
        raise usage(
            f"{where}: {_brief(element)} is not a mapping; a turn has one or more of {', '.join(_FIELDS)}, or fault"
        )
    kind = "fault" if "fault" in element else "turn"
    fields = ("fault", "delay") if kind == "fault" else _FIELDS
    for name, value in element.items():
        if name not in fields:
            raise usage(f"{where}: unknown field '{name}'", f"fields of a {kind}: {', '.join(fields)}")
        _CHECKS[name](where, value)
    if not any(element.get(name) for name in ("say", "think", "calls", "fault")):
        raise usage(f"{where}: a turn needs say, think or calls", "for an empty turn, write `fault: empty`")
    calls = [{"tool": call["tool"], "arguments": call.get("arguments", {})} for call in element.get("calls", ())]
    return {**element, "calls": calls} if calls else element


def _text(name: str) -> Callable[[str, Any], None]:
    def check(where: str, value: Any) -> None:
        if not isinstance(value, str):
            raise _wrong(where, name, value, "a text")

    return check


def _calls(where: str, calls: Any) -> None:
    if not isinstance(calls, list):
        raise _wrong(where, "calls", calls, "a list of {tool: NAME, arguments: {...}}")
    for number, call in enumerate(calls, start=1):
        _call(f"{where}, call {number}", call)


def _call(where: str, call: Any) -> None:
    if not isinstance(call, dict) or "tool" not in call:
        raise usage(f"{where}: {_brief(call)} is not a call", "a call is {tool: NAME, arguments: {...}}")
    for name in call:
        if name not in ("tool", "arguments"):
            raise usage(f"{where}: unknown field '{name}'", "a call is {tool: NAME, arguments: {...}}")
    if call["tool"] not in TOOLS:
        raise usage(f"{where}: unknown tool {_brief(call['tool'])}", f"tools: {', '.join(TOOLS)}")
    if not isinstance(call.get("arguments", {}), dict):
        raise _wrong(where, "arguments", call["arguments"], "a mapping from argument to value")


def _usage(where: str, tokens: Any) -> None:
    if not isinstance(tokens, dict):
        raise _wrong(where, "usage", tokens, "{input: TOKENS, output: TOKENS, cached: TOKENS}")
    for name, count in tokens.items():
        if name not in USAGE:
            raise usage(f"{where}: unknown field 'usage.{name}'", f"usage has {', '.join(USAGE)}")
        if type(count) is not int or count < 0:
            raise _wrong(where, f"usage.{name}", count, "a whole number of tokens")


def _delay(where: str, delay: Any) -> None:
    if isinstance(delay, bool) or not isinstance(delay, (int, float)) or not 0 <= delay <= MOST_DELAY:
        raise _wrong(where, "delay", delay, f"seconds, 0 to {MOST_DELAY:g}")


def _fault(where: str, fault: Any) -> None:
    if fault not in FAULTS:
        raise usage(f"{where}: unknown fault {_brief(fault)}", f"faults: {', '.join(FAULTS)}")


_FIELDS: Final = ("say", "think", "calls", "usage", "delay")
_CHECKS: Final[Mapping[str, Callable[[str, Any], None]]] = {
    "say": _text("say"),
    "think": _text("think"),
    "calls": _calls,
    "usage": _usage,
    "delay": _delay,
    "fault": _fault,
}


def _wrong(where: str, name: str, value: Any, wanted: str) -> AideatorError:
    return usage(f"{where}: {name} is {_brief(value)}; it takes {wanted}")


def _brief(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
